/**
 * Short strings that were made lately, found by their bytes.
 *
 * Clients say the same words again and again: a loop over the bytes of one is cheaper than a call into Node that makes the
 * string anew, and a string that was a key before has its hash at hand. Each place remembers one string; the next one that
 * falls there replaces it.
 */
import type { ByteString } from "./byte-string.ts";

const LONGEST = 40;
const PLACES = 8192;

const strings: ByteString[] = new Array<ByteString>(PLACES).fill("");

/** The bytes from `start` to `end` as a string. */
export function bytesBetween(bytes: Buffer, start: number, end: number): ByteString {
  const length = end - start;
  if (length > LONGEST) return bytes.toString("latin1", start, end);
  let hash = length;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  const place = (hash ^ (hash >>> 13)) & (PLACES - 1);
  const known = strings[place] as ByteString;
  if (known.length === length && isSame(known, bytes, start)) return known;
  const made = bytes.toString("latin1", start, end);
  strings[place] = made;
  return made;
}

function isSame(known: ByteString, bytes: Buffer, start: number): boolean {
  for (let at = 0; at < known.length; at++) {
    if (known.charCodeAt(at) !== bytes[start + at]) return false;
  }
  return true;
}
