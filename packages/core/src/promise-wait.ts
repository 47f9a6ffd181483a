/** Waiting for a native promise inside a task. */
import { cx } from "./context.ts";
import { invalidArg } from "./errors.ts";
import { Leaf, outsidePoll } from "./leaf.ts";
import { PENDING, type Poll, readyPoll } from "./poll.ts";
import type { Waker } from "./waker.ts";

const WAITING = 0;
const FULFILLED = 1;
const REJECTED = 2;

/** The future of a promise; counts itself in `cx.foreignWaits` while a task waits on it. */
export class PromiseWait<T> extends Leaf<T> {
  private state = WAITING;
  private result: unknown = undefined;
  private waker: Waker | null = null;

  constructor(promise: PromiseLike<T>) {
    super();
    promise.then(
      (value) => this.settle(FULFILLED, value),
      (error: unknown) => this.settle(REJECTED, error),
    );
  }

  override next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, PromiseWait.prototype.next);
    if (this.state === FULFILLED) return readyPoll(this.result as T);
    if (this.state === REJECTED) throw this.result;
    if (this.waker === null) cx.foreignWaits++;
    this.waker = cx.waker;
    return PENDING;
  }

  protected override drop(): void {
    if (this.waker !== null) cx.foreignWaits--;
    this.waker = null;
  }

  private settle(state: number, result: unknown): void {
    this.state = state;
    this.result = result;
    const waker = this.waker;
    this.drop();
    waker?.wake();
  }
}

/**
 * The future of a promise: `yield* fromPromise(fetch(url))`.
 *
 * @remarks **Errors**: the promise's rejection, thrown as it is. **Cancel safety**: dropping it stops waiting; the
 * promise goes on, and its result, also a rejection, is no longer looked at. **Blocking**: inside `blockOn` native
 * promises make no progress; waiting for one there is an error, see `Runtime.blockOn`.
 * @example
 * ```ts
 * import { type Async, fn, fromPromise } from "@treadle/core";
 *
 * const body = fn(function* body(): Async<number> {
 *   return yield* fromPromise(Promise.resolve(7));
 * });
 * body.name; // => "body"
 * ```
 */
export function fromPromise<T>(promise: PromiseLike<T>): PromiseWait<T> {
  if (typeof (promise as Partial<PromiseLike<T>> | null | undefined)?.then !== "function") {
    throw invalidArg("the argument of fromPromise()", promise, "must be a promise");
  }
  return new PromiseWait(promise);
}
