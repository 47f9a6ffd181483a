/**
 * Parking a thread on a word of shared memory, where there is no reactor to park in.
 *
 * **Layout.** One word: EMPTY 0, NOTIFIED 1.
 * **Who writes.** The parked thread takes NOTIFIED back to EMPTY; any thread sets NOTIFIED and notifies.
 * **Invariant.** An `unpark` before the `park` makes that park return at once, and is used up by it.
 */
import type { Park } from "@treadle/core";
import { exchange, notify, wait } from "@treadle/core/shared";

const EMPTY = 0;
const NOTIFIED = 1;
/** Longest single wait: a thread that is to be terminated must enter JavaScript from time to time. */
const SLICE_MS = 100;

/** Sleeps in `Atomics.wait`. */
export class AtomicsPark implements Park {
  private readonly words: Int32Array = new Int32Array(new SharedArrayBuffer(4));

  park(timeoutMs: number): void {
    let left = timeoutMs;
    while (exchange(this.words, 0, EMPTY) !== NOTIFIED && left > 0) {
      const slice = Math.min(left, SLICE_MS);
      wait(this.words, 0, EMPTY, slice);
      left -= slice;
    }
  }

  unpark(): void {
    // Pairs with the exchange in park: a thread that has not begun to wait sees NOTIFIED and does not.
    exchange(this.words, 0, NOTIFIED);
    notify(this.words, 0, 1);
  }
}
