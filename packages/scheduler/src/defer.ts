/** Wakers that fire after the drivers have been polled: how a yielding task lets everything else go first. */
import type { Waker } from "@treadle/core";

/** The defer list; it is emptied from its end, so the order reverses from round to round. */
export class Defer {
  private readonly wakers: Waker[] = [];

  /** Keeps a waker; the same one twice in a row counts once. */
  push(waker: Waker): void {
    const { wakers } = this;
    if (wakers.length > 0 && wakers[wakers.length - 1] === waker) return;
    wakers.push(waker);
  }

  isEmpty(): boolean {
    return this.wakers.length === 0;
  }

  /** Wakes all, last first. */
  wakeAll(): void {
    for (let waker = this.wakers.pop(); waker !== undefined; waker = this.wakers.pop())
      waker.wake();
  }
}
