/** Wakers that fire after the drivers have been polled: how a yielding task lets everything else go first. */
import type { Waker } from "@treadle/core";

/** The defer list; it is emptied from its end, so the order reverses from round to round. */
export class Defer {
  // A stack with a count of its own: an array's own pop would give its memory back each time.
  private readonly wakers: (Waker | null)[] = [];
  private count = 0;

  /** Keeps a waker; the same one twice in a row counts once. */
  push(waker: Waker): void {
    const { count } = this;
    if (count > 0 && this.wakers[count - 1] === waker) return;
    this.wakers[count] = waker;
    this.count = count + 1;
  }

  isEmpty(): boolean {
    return this.count === 0;
  }

  /** Wakes all, last first. */
  wakeAll(): void {
    while (this.count > 0) {
      const last = this.count - 1;
      const waker = this.wakers[last] as Waker;
      this.wakers[last] = null;
      this.count = last;
      waker.wake();
    }
  }
}
