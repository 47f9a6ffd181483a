/** Lines of bytes as text. */
import { isUtf8 } from "node:buffer";
import type { TextEncoding } from "./bytes-mut.ts";
import { invalidUtf8 } from "./error.ts";

const RETURN = 13;

/** Up to this many bytes a loop tells faster than a native call whether they are ASCII. */
const SHORT = 64;

/**
 * The text of `bytes[from, to)`, without one "\r" at its end if `isEnded`.
 *
 * @throws {@link StreamError} `ERR_INVALID_DATA` when it is not UTF-8 and should be.
 */
export function decodeLine(
  bytes: Buffer,
  from: number,
  to: number,
  isEnded: boolean,
  encoding: TextEncoding,
): string {
  const stop = isEnded && to > from && bytes[to - 1] === RETURN ? to - 1 : to;
  if (encoding === "latin1") return bytes.toString("latin1", from, stop);
  if (isAscii(bytes, from, stop)) return bytes.toString("latin1", from, stop);
  if (!isUtf8(bytes.subarray(from, stop))) throw invalidUtf8();
  return bytes.toString("utf8", from, stop);
}

function isAscii(bytes: Buffer, from: number, to: number): boolean {
  if (to - from > SHORT) return false;
  for (let i = from; i < to; i++) if ((bytes[i] as number) > 127) return false;
  return true;
}
