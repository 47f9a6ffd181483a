/** Waiting for a few futures at once, inside one task. */
import { type Awaitable, type Call, type IntoFuture, PENDING } from "@treadle/core";
import { Combinator } from "./children.ts";

/** The outputs of a tuple of futures. */
export type Outputs<F extends readonly IntoFuture<unknown>[]> = {
  -readonly [K in keyof F]: OutputOf<F[K]>;
};

/** The output of one future, or of the function that makes it. */
export type OutputOf<F> = F extends (...args: never[]) => infer R
  ? OutputOf<R>
  : F extends { next(): IteratorResult<unknown, infer T> }
    ? T
    : F extends PromiseLike<infer T>
      ? T
      : never;

class Join extends Combinator<unknown[]> {
  private readonly values: unknown[];
  private left: number;
  private first = 0;

  constructor(futures: readonly IntoFuture<unknown>[]) {
    super(futures);
    this.left = this.children.calls.length;
    this.values = new Array(this.left).fill(undefined);
  }

  protected override pollChildren(): void {
    const { calls } = this.children;
    const count = calls.length;
    // Another child is first each time, or the shared budget would starve the last ones.
    const first = this.first;
    this.first = first + 1 >= count ? 0 : first + 1;
    for (let i = 0; i < count; i++) {
      const at = first + i >= count ? first + i - count : first + i;
      const call = calls[at];
      if (call !== null && call !== undefined && !this.pollChild(call, at)) return;
    }
    if (this.left === 0) this.decide(this.values);
  }

  /** Polls one child; false when it failed. */
  private pollChild(call: Call<unknown>, at: number): boolean {
    try {
      const answer = call.next();
      if (answer === PENDING) return true;
      this.values[at] = answer.value;
    } catch (error) {
      this.children.calls[at] = null;
      this.fail(error);
      return false;
    }
    this.children.calls[at] = null;
    this.left--;
    return true;
  }
}

/**
 * Waits for all of a few futures, polled in turn inside this task.
 *
 * @remarks The first failure drops the others, waits for their clean-up and is thrown. For many futures use
 * {@link joinAll}; to use several tasks, {@link JoinSet} or {@link scope}. **Cancel safety**: dropping it drops all.
 * @example
 * ```ts
 * import { Builder, join, ready } from "treadle";
 *
 * const runtime = Builder.newCurrentThread().build();
 * runtime.blockOn(join(ready(1), ready("two"))); // => [1, "two"]
 * ```
 */
export function join<F extends readonly IntoFuture<unknown>[]>(
  ...futures: F
): Awaitable<Outputs<F>> {
  return new Join(futures) as Awaitable<unknown> as Awaitable<Outputs<F>>;
}
