/**
 * A tiny executor for unit tests of packages below the scheduler: runs futures by hand and counts exactly.
 *
 * It has no drivers and no clock: `run()` polls whatever was woken, in FIFO order, until nothing is.
 */
import {
  type Adopted,
  BUDGET,
  type Call,
  cx,
  DropSink,
  type Future,
  type IntoFuture,
  intoFuture,
  type RuntimeContext,
  type Waker,
} from "@treadle/core";

/** One future run by a {@link TestExecutor}. */
export class TestTask<T> implements Waker {
  polls = 0;
  wakes = 0;
  status: "pending" | "ok" | "failed" | "dropped" = "pending";
  value: T | undefined;
  error: unknown;
  /** Errors of clean-up, once dropped. */
  readonly sink: DropSink = new DropSink();
  private readonly executor: TestExecutor;
  private readonly call: Call<T>;
  private queued = false;
  private dropping = false;
  readonly id: number;

  constructor(executor: TestExecutor, call: Call<T>) {
    this.executor = executor;
    this.call = call;
    this.id = cx.nextTaskId++;
    this.enqueue();
  }

  get task(): this {
    return this;
  }

  wake(): void {
    this.wakes++;
    this.enqueue();
  }

  /** Begins the drop; its clean-up goes on in later runs. */
  drop(): void {
    this.dropping = true;
    this.enqueue();
  }

  private enqueue(): void {
    if (this.queued || this.status !== "pending") return;
    this.queued = true;
    this.executor.queue.push(this);
  }

  /** Polls, or steps the drop, once. */
  step(): void {
    this.queued = false;
    if (this.status !== "pending") return;
    cx.waker = this;
    cx.budget = BUDGET;
    try {
      if (this.dropping) {
        cx.sink = this.sink;
        if (this.call.return().done) this.status = "dropped";
        return;
      }
      this.polls++;
      const answer = this.call.next();
      if (!answer.done) return;
      this.status = "ok";
      this.value = answer.value;
    } catch (error) {
      this.status = "failed";
      this.error = error;
    } finally {
      cx.waker = null;
      cx.budget = -1;
      cx.sink = null;
    }
  }
}

/** Runs futures by hand, in FIFO order; also a runtime context, so that slots, `defer` and `adopt` work. */
export class TestExecutor implements RuntimeContext {
  readonly id: number = cx.nextRuntimeId++;
  readonly slots: unknown[] = [];
  readonly queue: TestTask<unknown>[] = [];
  readonly failures: unknown[] = [];
  forcedYields = 0;
  private deferred: Waker[] = [];

  /** Starts a future; nothing of it runs before {@link run}. */
  spawn<T>(f: IntoFuture<T>): TestTask<T> {
    const saved = cx.runtime;
    cx.runtime = this;
    try {
      return new TestTask(this, intoFuture(f));
    } finally {
      cx.runtime = saved;
    }
  }

  /** Runs until nothing is woken any more; answers how many steps were made. */
  run(limit = 1_000_000): number {
    const saved = cx.runtime;
    cx.runtime = this;
    let steps = 0;
    try {
      for (;;) {
        while (this.queue.length > 0) {
          if (++steps > limit) throw new Error(`no rest after ${limit} steps`);
          (this.queue.shift() as TestTask<unknown>).step();
        }
        if (this.deferred.length === 0) return steps;
        const deferred = this.deferred;
        this.deferred = [];
        for (const waker of deferred.reverse()) waker.wake();
      }
    } finally {
      cx.runtime = saved;
    }
  }

  /** Runs a future to its end and answers its value; throws when it fails or can never end. */
  finish<T>(f: IntoFuture<T>): T {
    const task = this.spawn(f);
    this.run();
    if (task.status === "failed") throw task.error;
    if (task.status !== "ok") throw new Error(`the future is ${task.status}`);
    return task.value as T;
  }

  /** Runs `f` with this executor as the entered runtime. */
  enter<T>(f: () => T): T {
    const saved = cx.runtime;
    cx.runtime = this;
    try {
      return f();
    } finally {
      cx.runtime = saved;
    }
  }

  defer(waker: Waker): void {
    this.deferred.push(waker);
  }

  countForcedYield(): void {
    this.forcedYields++;
  }

  adopt<T>(future: Future<T>): Adopted<T> {
    const task = this.spawn(future);
    const promise = new Promise<T>((resolve, reject) => {
      setImmediate(() => {
        this.run();
        if (task.status === "ok") resolve(task.value as T);
        else reject(task.error);
      });
    });
    return Object.assign(promise, { abort: () => task.drop() });
  }

  reportFailure(error: unknown): void {
    this.failures.push(error);
  }
}
