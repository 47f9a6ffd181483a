/** A future polled by hand inside a task: each poll happens when a test says so, and wakes are counted. */
import { cx, type Poll, type Waker } from "@treadle/core";

/** What can be polled by hand. */
export interface Pollable<T> {
  next(): Poll<T>;
}

/** One future and its own waker. */
export class Hand<T> implements Waker {
  wakes = 0;
  readonly future: Pollable<T>;
  private readonly onWake: () => void;

  constructor(future: Pollable<T>, onWake: () => void = () => {}) {
    this.future = future;
    this.onWake = onWake;
  }

  wake(): void {
    this.wakes++;
    this.onWake();
  }

  /** Polls once, on the budget of the task around it. */
  poll(): Poll<T> {
    const { waker } = cx;
    cx.waker = this;
    try {
      return this.future.next();
    } finally {
      cx.waker = waker;
    }
  }

  /** Polls once; whether it was ready. */
  isReady(): boolean {
    return this.poll().done === true;
  }
}
