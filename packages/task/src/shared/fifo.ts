/**
 * What a ring and an outbox have in common: a queue of entries from which other threads take at the head.
 *
 * **Layout.** Two words, head and tail, which count for ever (modulo 2^32); entry `i` stands in slot `i & mask` of the
 * buffer.
 * **Who writes.** The owner writes slots and the tail; any thread moves the head on, by compare-and-swap.
 * **Invariants.**
 * 1. A consumer reads the entries first and takes them by moving the head after: if it dies in between, nothing has happened;
 *    if another one was faster its swap fails, and what it has read (perhaps overwritten meanwhile) is dropped.
 * 2. The owner overwrites a slot only after it has seen the head beyond it.
 * 3. head <= tail <= head + slots, as of any moment; so a head and then a tail that were read one after the other are at most
 *    further apart than that.
 *
 * Go's run queue and crossbeam's FIFO flavour of Chase and Lev's deque, and not Tokio's packed {steal, real} head, whose
 * "somebody is stealing" would be left behind by a thread that is terminated.
 */

/** The consumers' side of a queue; also what shows how long it is. */
export interface Fifo {
  /** The address of the head. */
  readonly headAt: number;
  /** The address of the tail. */
  readonly tailAt: number;
  /** The address of slot 0; read it after the tail. */
  slots(): number;
  /** Slots - 1 of the buffer at `slots`. */
  mask(slots: number): number;
}
