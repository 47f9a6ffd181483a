/**
 * Why a thread died, for all whose tasks it had: a short text in the extra words of its place.
 *
 * **Layout.** REF: one more than the reference to the dead, 0 while the text is being written; LENGTH: bytes of the text;
 * TEXT: its UTF-8, four bytes to a word.
 * **Who writes.** Home, before it declares the death; it alone hears how a thread ended.
 * **Transitions.** REF: any → 0 → of the newly dead.
 * **Invariants.** Who finds REF the same before and after reading has the whole text. One that was replaced by the text of a
 * later death in the same place is not found any more.
 */
import { load, store } from "@treadle/core/shared";

const REF = 0;
const LENGTH = 1;
const TEXT = 2;
/** The words that it takes. */
export const OBITUARY_WORDS = 48;
const MOST_BYTES = (OBITUARY_WORDS - TEXT) * 4;
const ELLIPSIS = "…";

/** Writes why the thread that the reference names has died. */
export function writeObituary(words: Int32Array, at: number, ref: number, why: string): void {
  const text = new Int32Array(OBITUARY_WORDS - TEXT);
  const length = encode(why, new Uint8Array(text.buffer));
  store(words, at + REF, 0);
  store(words, at + LENGTH, length);
  for (let i = 0; i * 4 < length; i++) store(words, at + TEXT + i, text[i] as number);
  store(words, at + REF, ref + 1);
}

/** Why the thread that the reference names has died; undefined where nothing is known of it. */
export function readObituary(words: Int32Array, at: number, ref: number): string | undefined {
  if (load(words, at + REF) !== ref + 1) return undefined;
  const length = load(words, at + LENGTH);
  const text = new Int32Array(OBITUARY_WORDS - TEXT);
  for (let i = 0; i * 4 < length; i++) text[i] = load(words, at + TEXT + i);
  if (load(words, at + REF) !== ref + 1) return undefined;
  return new TextDecoder().decode(new Uint8Array(text.buffer, 0, length));
}

/** As much of it as there is room for; answers the bytes. */
function encode(why: string, into: Uint8Array): number {
  const encoder = new TextEncoder();
  const whole = encoder.encodeInto(why, into);
  if (whole.read === why.length) return whole.written;
  const room = into.subarray(0, MOST_BYTES - encoder.encode(ELLIPSIS).length);
  const { written } = encoder.encodeInto(why, room);
  return written + encoder.encodeInto(ELLIPSIS, into.subarray(written)).written;
}
