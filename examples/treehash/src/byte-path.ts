/**
 * Paths as the file system has them: bytes.
 *
 * A {@link BytePath} is a string with one character per byte ("latin1"). So names that are no valid UTF-8 stay whole,
 * `<` compares as the kernel's bytes compare, and joining two paths is as cheap as joining two strings.
 */

/** A path whose characters are its bytes, 0 to 255. */
export type BytePath = string;

const NOT_ASCII = /[^\0-\x7f]/;
/** What a terminal would act on: control characters, and marks that turn the direction of the text. */
const UNSAFE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** The path of a directory as a prefix of what is in it. */
export function withSlash(directory: BytePath): BytePath {
  return directory.endsWith("/") ? directory : `${directory}/`;
}

/** The bytes of a text in UTF-8. */
export function bytePath(text: string): BytePath {
  return NOT_ASCII.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

/** A path as the functions of `node:fs` take it; ASCII, which nearly all paths are, needs no copy. */
export function systemPath(path: BytePath): string | Buffer {
  return NOT_ASCII.test(path) ? Buffer.from(path, "latin1") : path;
}

/** A path for people: as UTF-8 where it is that, every byte or character that a terminal must not get as `\x..`. */
export function displayPath(path: BytePath): string {
  return decode(path).replace(UNSAFE, escaped);
}

function decode(path: BytePath): string {
  if (!NOT_ASCII.test(path)) return path;
  const text = Buffer.from(path, "latin1").toString("utf8");
  return text.includes("\ufffd") ? path.replace(/[\x80-\xff]/g, escaped) : text;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) as number;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}
