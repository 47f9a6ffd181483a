/**
 * How participants sleep and are woken.
 *
 * **Layout.** Word PARK of a participant: EMPTY 0, NOTIFIED 1, PARKED_BLOCKED 2, PARKED_HOSTED 3. Word NATIVE: the number of
 * the reactor that wakes it, 0 if it sleeps on the word itself.
 * **Who writes.** The owner goes from EMPTY to PARKED and back to EMPTY; any thread sets NOTIFIED.
 * **Transitions.** EMPTY → PARKED (announce); EMPTY, PARKED → NOTIFIED (unpark); PARKED → NOTIFIED (wake);
 * any → EMPTY (retire; announce uses NOTIFIED up).
 * **Invariants.**
 * 1. An `unpark` is never lost: the announce that comes after it is refused, the sleep that it falls into ends.
 * 2. A `wake` after something was made visible is not lost if the owner announces first and then looks at it: either the one
 *    sees PARKED or the other sees the thing. It costs no write while the owner is awake.
 * 3. A system call is made only by the one that takes the word from PARKED to NOTIFIED.
 */
import { compareExchange, exchange, load, notify, store, wait } from "@treadle/core/shared";
import { NATIVE, PARK } from "./layout.ts";
import type { Participants } from "./participants.ts";

const EMPTY = 0;
const NOTIFIED = 1;
/** The blocked thread itself, and the promise that its last sleep in the event loop may have left on the word. */
const WAITERS = 2;

/** How a thread sleeps. */
export const Parked = {
  /** In `Atomics.wait` or in its reactor: nothing else runs on the thread. */
  BLOCKED: 2,
  /** In Node's event loop. */
  HOSTED: 3,
} as const;
/** One of {@link Parked}. */
export type Parked = (typeof Parked)[keyof typeof Parked];

/** The park words of all participants. */
export class ParkWords {
  private readonly words: Int32Array;
  private readonly participants: Participants;
  /** Wakes the reactor of this number; needed if anybody has announced one. */
  wakeNative: ((reactor: number) => void) | null;

  constructor(words: Int32Array, participants: Participants) {
    this.words = words;
    this.participants = participants;
    this.wakeNative = null;
  }

  /** The address of a participant's word, for `Atomics.waitAsync` while it is {@link Parked.HOSTED}. */
  address(index: number): number {
    return this.participants.block(index) + PARK;
  }

  /** Owner: it sleeps in the reactor of this number from now on, 0 for none. */
  setNative(index: number, reactor: number): void {
    store(this.words, this.participants.block(index) + NATIVE, reactor);
  }

  /**
   * Owner: is about to sleep. False, and the notification used up, if it was unparked since. Then look once more at all that
   * `wake` is called for, and {@link ParkWords.retire} instead of sleeping if there is any.
   */
  announce(index: number, how: Parked): boolean {
    const at = this.address(index);
    if (compareExchange(this.words, at, EMPTY, how) === EMPTY) return true;
    exchange(this.words, at, EMPTY);
    return false;
  }

  /** Owner: sleeps on the word, announced as BLOCKED, until it is notified or the time is over. */
  sleep(index: number, timeoutMs: number): void {
    wait(this.words, this.address(index), Parked.BLOCKED, timeoutMs);
  }

  /** Owner: ends for good: the promise that its last sleep in the event loop may have left settles, and holds nothing more. */
  leave(index: number): void {
    notify(this.words, this.address(index), WAITERS);
  }

  /** Owner: is awake; true if somebody has woken or unparked it since it announced. */
  retire(index: number): boolean {
    return exchange(this.words, this.address(index), EMPTY) === NOTIFIED;
  }

  /** Any thread: whether the participant has announced a sleep that nobody has ended yet; a hint. */
  isAsleep(index: number): boolean {
    return load(this.words, this.address(index)) >= Parked.BLOCKED;
  }

  /** Any thread: the participant's next sleep, or the one it is in, ends at once. */
  unpark(index: number): void {
    const at = this.address(index);
    // NOTIFIED already: the owner takes that away only to look at everything after.
    if (load(this.words, at) === NOTIFIED) return;
    if (exchange(this.words, at, NOTIFIED) >= Parked.BLOCKED) this.call(index, at);
  }

  /** Any thread: ends the participant's sleep if it has announced one (invariant 2). */
  wake(index: number): void {
    const at = this.address(index);
    const seen = load(this.words, at);
    if (seen < Parked.BLOCKED) return;
    // Only one of those that see it asleep makes the call; if it fails the owner is awake or is being woken.
    if (compareExchange(this.words, at, seen, NOTIFIED) === seen) this.call(index, at);
  }

  private call(index: number, at: number): void {
    const reactor = load(this.words, this.participants.block(index) + NATIVE);
    if (reactor === 0 || this.wakeNative === null) notify(this.words, at, WAITERS);
    else this.wakeNative(reactor);
  }
}
