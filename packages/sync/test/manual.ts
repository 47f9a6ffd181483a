/** Polls one future by hand: each poll and each drop happens when a test says so, and wakes are counted. */
import { type Call, cx, DropSink, type IntoFuture, intoFuture, type Waker } from "@treadle/core";
import type { TestExecutor } from "../../../tools/test-executor.ts";

/** One future and what has become of it. */
export class Manual<T> implements Waker {
  wakes = 0;
  polls = 0;
  status: "pending" | "ok" | "failed" | "dropped" = "pending";
  value: T | undefined;
  error: { code?: string; message: string } & Record<string, unknown> = { message: "none" };
  readonly sink: DropSink = new DropSink();
  private readonly call: Call<T>;

  constructor(f: IntoFuture<T>) {
    this.call = intoFuture(f);
  }

  wake(): void {
    this.wakes++;
  }

  /** Polls once with `budget` (unconstrained unless given); answers the status. */
  poll(budget = -1): this["status"] {
    this.polls++;
    this.within(budget, () => {
      try {
        const answer = this.call.next();
        if (!answer.done) return;
        this.status = "ok";
        this.value = answer.value;
      } catch (error) {
        this.status = "failed";
        this.error = error as typeof this.error;
      }
    });
    return this.status;
  }

  /** One step of the drop; answers whether it is finished. */
  drop(): boolean {
    return this.within(-1, () => {
      cx.sink = this.sink;
      const { done } = this.call.return();
      if (done) this.status = "dropped";
      return done === true;
    });
  }

  private within<R>(budget: number, f: () => R): R {
    const { waker, sink } = cx;
    const before = cx.budget;
    cx.waker = this;
    cx.budget = budget;
    try {
      return f();
    } finally {
      cx.waker = waker;
      cx.budget = before;
      cx.sink = sink;
    }
  }
}

/** Takes a future into the hand; nothing is polled yet. */
export function manual<T>(f: IntoFuture<T>): Manual<T> {
  return new Manual(f);
}

/** Takes a future into the hand and polls it once. */
export function polled<T>(f: IntoFuture<T>): Manual<T> {
  const task = new Manual(f);
  task.poll();
  return task;
}

/** How many units of the budget one poll of `future` costs. */
export function costOf(future: IntoFuture<unknown>): number {
  const { waker, budget } = cx;
  cx.waker = new Manual(future);
  cx.budget = 5;
  try {
    intoFuture(future).next();
  } catch {
    // What fails costs as much as what succeeds.
  } finally {
    cx.waker = waker;
  }
  const cost = 5 - cx.budget;
  cx.budget = budget;
  return cost;
}

/** Runs an async function as a task of `ex` to its end; native promises go on meanwhile. */
export async function finishAsync<T>(ex: TestExecutor, f: () => Promise<T>): Promise<T> {
  const task = ex.spawn(f);
  while (task.status === "pending") {
    ex.run();
    await new Promise(setImmediate);
  }
  if (task.status === "failed") throw task.error;
  return task.value as T;
}
