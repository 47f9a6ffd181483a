/** The guarded base of all futures that are not generators. */
import { cx, type RuntimeContext } from "./context.ts";
import { pushDropError } from "./drop.ts";
import { type Closing, DONE, type Future, type Pending, type Poll } from "./poll.ts";
import { outsidePoll } from "./probe.ts";
import { promiseOf } from "./promise-of.ts";

export { outsidePoll };

/**
 * Base class of futures: its own iterator, awaitable, and safe to drop.
 *
 * @remarks A subclass either overrides `poll()` and `drop()`, or, where each nanosecond counts, `next()` itself; then
 * it begins with `if (cx.waker === null) return outsidePoll(this, TheClass.prototype.next)`. `drop()` may throw: the
 * error goes where the errors of clean-up go.
 */
export abstract class Leaf<T> implements Future<T>, PromiseLike<T> {
  next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, Leaf.prototype.next);
    return this.poll();
  }

  return(): Closing {
    try {
      this.drop();
    } catch (error) {
      pushDropError(error);
    }
    return DONE;
  }

  [Symbol.iterator](): Iterator<Pending, T, void> {
    return this;
  }

  then<A = T, B = never>(
    onReady?: ((value: T) => A | PromiseLike<A>) | null,
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return promiseOf(this, this.home()).then(onReady, onFailed);
  }

  /**
   * Looks for the result; if there is none, keeps the current waker and answers `PENDING`.
   */
  protected poll(): Poll<T> {
    throw new Error(`${this.constructor.name} overrides neither poll() nor next()`);
  }

  /** The runtime to which the future belongs, if it knows: `await` outside of any runs it there. */
  protected home(): RuntimeContext | null {
    return null;
  }

  /** Gives up waiting: removes what `poll()` registered. */
  protected drop(): void {}
}
