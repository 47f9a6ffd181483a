/** A hand-driven runtime for the tests of this package: the test executor, a frozen clock and a time driver. */
import { cx, type IntoFuture, type Poll, type Waker } from "@treadle/core";
import { Clock, type ClockOptions, TimeDriver, timeSlot } from "@treadle/time";
import { TestExecutor, type TestTask } from "../../../tools/test-executor.ts";

export class Rig extends TestExecutor {
  readonly clock: Clock;
  readonly driver: TimeDriver;
  unparks = 0;
  private yielded: Waker[] = [];

  constructor(options: ClockOptions & { currentThread?: boolean } = {}) {
    super();
    this.clock = new Clock({ startPaused: true, ...options });
    this.driver = new TimeDriver({
      clock: this.clock,
      unpark: () => this.unparks++,
      currentThread: options.currentThread ?? true,
    });
    timeSlot.put(this, this.driver);
  }

  /** As a scheduler: deferred wakers wait for the drivers' next turn. */
  override defer(waker: Waker): void {
    this.yielded.push(waker);
  }

  /** One busy turn of the driver. */
  turn(): void {
    this.driver.beforePark(false);
    this.driver.afterPark(false);
    const yielded = this.yielded;
    this.yielded = [];
    for (const waker of yielded.reverse()) waker.wake();
  }

  /** Runs tasks until all wait, time standing still. */
  settle(): void {
    do {
      this.run();
      this.turn();
    } while (this.queue.length > 0);
  }

  /** Runs until nothing can happen any more, moving time as an idle runtime does; answers the idle turns made. */
  toEnd(): number {
    for (let turns = 0; ; turns++) {
      this.settle();
      if (this.driver.beforePark(true) === Infinity) return turns;
      this.driver.afterPark(false);
    }
  }

  /** Moves time and fires what is due, without running tasks. */
  pass(ms: number): void {
    this.driver.advance(ms);
    this.turn();
  }

  /** Runs a future to its end, moving time as an idle runtime does. */
  block<T>(f: IntoFuture<T>): T {
    const task: TestTask<T> = this.spawn(f);
    this.toEnd();
    if (task.status === "failed") throw task.error;
    if (task.status !== "ok") throw new Error(`the future is ${task.status}`);
    return task.value as T;
  }

  /** What the frozen clock shows, in milliseconds since the start. */
  get time(): number {
    return Math.round((this.clock.now() - this.driver.source.start) * 1e6) / 1e6;
  }
}

/** A future polled by hand, with its own counting waker. */
export class Hand<T> implements Waker {
  wakes = 0;
  /** The budget that the last poll left. */
  left = -1;
  private readonly rig: Rig;
  private readonly future: { next(): Poll<T> };

  constructor(rig: Rig, make: () => { next(): Poll<T> }) {
    this.rig = rig;
    this.future = rig.enter(make);
  }

  wake(): void {
    this.wakes++;
  }

  poll(budget = -1): Poll<T> {
    return this.rig.enter(() => {
      cx.waker = this;
      cx.budget = budget;
      try {
        return this.future.next();
      } finally {
        this.left = cx.budget;
        cx.waker = null;
        cx.budget = -1;
      }
    });
  }
}
