/** The smallest futures: ready, never, and made from a function. */
import { cx } from "./context.ts";
import { invalidArg } from "./errors.ts";
import { Leaf, outsidePoll } from "./leaf.ts";
import { type Awaitable, PENDING, Pending, type Poll, readyPoll } from "./poll.ts";

class PollFn<T> extends Leaf<T> {
  private readonly f: () => T | Pending;

  constructor(f: () => T | Pending) {
    super();
    this.f = f;
  }

  override next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, PollFn.prototype.next);
    const value = this.f();
    return value === Pending ? PENDING : readyPoll(value as T);
  }
}

/**
 * A future from a function that is called at each poll and returns the value, or {@link Pending} for "not yet".
 *
 * @remarks Before it returns `Pending` the function must have kept {@link currentWaker} somewhere that wakes it.
 * @example
 * ```ts
 * import { Pending, pollFn } from "@treadle/core";
 *
 * let left = 3;
 * const countdown = pollFn(() => (left-- > 0 ? Pending : "done"));
 * typeof countdown.next; // => "function"
 * ```
 */
export function pollFn<T>(f: () => T | Pending): Awaitable<T> {
  if (typeof f !== "function")
    throw invalidArg("the argument of pollFn()", f, "must be a function");
  return new PollFn(f);
}

class Ready<T> extends Leaf<T> {
  private readonly value: T;

  constructor(value: T) {
    super();
    this.value = value;
  }

  override next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, Ready.prototype.next);
    return readyPoll(this.value);
  }
}

/** A future that is ready with `value` at its first poll. */
export function ready<T>(value: T): Awaitable<T> {
  return new Ready(value);
}

class Never extends Leaf<never> {
  override next(): Poll<never> {
    if (cx.waker === null) return outsidePoll(this, Never.prototype.next);
    return PENDING;
  }
}

/** A future that is never ready. */
export function pending(): Awaitable<never> {
  return new Never();
}
