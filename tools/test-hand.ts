/** For unit tests below the scheduler: a future polled by hand, and a leaf that the test opens. */
import {
  type Call,
  cx,
  DropSink,
  type IntoFuture,
  intoFuture,
  Leaf,
  PENDING,
  type Poll,
  readyPoll,
  type Waker,
} from "@treadle/core";

/** One future in the hand of a test: each poll and each step of its drop happens when the test says so. */
export class Hand<T> implements Waker {
  polls = 0;
  wakes = 0;
  status: "pending" | "ok" | "failed" | "dropped" = "pending";
  value: T | undefined;
  error: unknown;
  /** What is left of the budget after the last poll. */
  left = -1;
  readonly sink: DropSink = new DropSink();
  readonly call: Call<T>;

  constructor(f: IntoFuture<T>) {
    this.call = intoFuture(f);
  }

  wake(): void {
    this.wakes++;
  }

  /** Polls once, unconstrained unless a budget is given; answers the status. */
  poll(budget = -1): this["status"] {
    this.polls++;
    return this.within(budget, () => {
      try {
        const answer = this.call.next();
        if (!answer.done) return;
        this.status = "ok";
        this.value = answer.value;
      } catch (error) {
        this.status = "failed";
        this.error = error;
      }
    });
  }

  /** One step of the drop; answers the status. */
  drop(): this["status"] {
    return this.within(-1, () => {
      cx.sink = this.sink;
      if (this.call.return().done) this.status = "dropped";
    });
  }

  /** The errors of its clean-up so far, as codes or messages. */
  get complaints(): string[] {
    return (this.sink.errors ?? []).map(labelOf);
  }

  private within(budget: number, f: () => void): this["status"] {
    const { waker, sink } = cx;
    const before = cx.budget;
    cx.waker = this;
    cx.budget = budget;
    try {
      f();
    } finally {
      this.left = cx.budget;
      cx.waker = waker;
      cx.sink = sink;
      cx.budget = before;
    }
    return this.status;
  }
}

/** A leaf that waits until the test opens or fails it. */
export class Gate<T = void> extends Leaf<T> {
  polls = 0;
  drops = 0;
  waker: Waker | null = null;
  private result: { readonly value: T } | { readonly error: unknown } | null = null;

  /** Makes it ready and wakes whoever waits. */
  open(value: T): void {
    this.settle({ value });
  }

  /** Makes it fail and wakes whoever waits. */
  fail(error: unknown): void {
    this.settle({ error });
  }

  private settle(result: { readonly value: T } | { readonly error: unknown }): void {
    this.result = result;
    this.waker?.wake();
    this.waker = null;
  }

  protected override poll(): Poll<T> {
    this.polls++;
    const { result } = this;
    if (result === null) {
      this.waker = cx.waker;
      return PENDING;
    }
    if ("error" in result) throw result.error;
    return readyPoll(result.value);
  }

  protected override drop(): void {
    this.drops++;
    this.waker = null;
  }
}

/** An error's code, or its message. */
export function labelOf(error: unknown): string {
  return (error as { code?: string }).code ?? (error as Error).message;
}
