/** One line of the list, byte for byte as GNU `sha256sum` writes it. */
import type { BytePath } from "./byte-path.ts";

const SPECIAL = /[\n\r\\]/;
const ALL_SPECIAL = /[\n\r\\]/g;
const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\\": "\\\\" };

/**
 * The line of a file, newline included: digest, two spaces, path.
 *
 * A path with a newline, a carriage return or a backslash is escaped, and the line then begins with a backslash.
 */
export function checksumLine(digest: string, path: BytePath): BytePath {
  if (!SPECIAL.test(path)) return `${digest}  ${path}\n`;
  return `\\${digest}  ${path.replace(ALL_SPECIAL, (found) => ESCAPES[found] as string)}\n`;
}
