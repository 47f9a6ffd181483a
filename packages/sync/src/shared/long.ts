/**
 * A whole number up to 2^53 in two shared words that is never seen half changed.
 *
 * **Layout.** LOW: its lowest 32 bits. HIGH: the number divided by 2^31, whose lowest bit repeats the highest of LOW.
 * **Who writes.** One at a time; it only goes up, by less than 2^31 at a time.
 * **Transitions.** LOW is written first: that is the moment at which the number changes.
 * **Invariant.** While the two bits differ HIGH is one too low, and readers add it: whether it is about to be written, or whoever
 * should have has died.
 */
import { load, store } from "@treadle/core/shared";

/** Words of a number. */
export const LONG_WORDS = 2;
const LOW = 0;
const HIGH = 1;
const HALF = 2 ** 31;

/** The number at `at`. */
export function readLong(words: Int32Array, at: number): number {
  // In this order: what was written last is read last.
  const high = load(words, at + HIGH);
  const low = load(words, at + LOW);
  const whole = high + ((high ^ (low >>> 31)) & 1);
  return (whole >>> 1) * 2 * HALF + (low >>> 0);
}

/** Writes the number at `at`. */
export function writeLong(words: Int32Array, at: number, value: number): void {
  store(words, at + LOW, value | 0);
  store(words, at + HIGH, Math.floor(value / HALF));
}
