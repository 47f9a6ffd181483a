/**
 * Binary data as strings with one character per byte ("latin1").
 *
 * V8 keeps such a string in one byte per character, so it is as small as the data, never shares memory with a receive
 * buffer, is its own key in a `Map`, and compares with `<` as the bytes compare. Keys, members and values are all kept so.
 */

/** A string whose characters are bytes, 0 to 255. */
export type ByteString = string;

/** What callers may give where bytes are wanted: text is taken as UTF-8. */
export type BytesLike = string | number | Uint8Array;

const NOT_ASCII = /[^\0-\x7f]/;

/** The bytes of a text, a number's digits, or of an array of bytes. */
export function byteString(from: BytesLike): ByteString {
  if (typeof from === "number") return String(from);
  if (typeof from === "string") {
    return NOT_ASCII.test(from) ? Buffer.from(from, "utf8").toString("latin1") : from;
  }
  return Buffer.from(from.buffer, from.byteOffset, from.byteLength).toString("latin1");
}

/** The text of bytes that are UTF-8. */
export function textOf(bytes: ByteString): string {
  return NOT_ASCII.test(bytes) ? Buffer.from(bytes, "latin1").toString("utf8") : bytes;
}
