/** The waker: how a future that answered pending says that it is worth polling again. */
import { cx, type TaskContext } from "./context.ts";
import { ERR_OUTSIDE_POLL, RuntimeError } from "./errors.ts";

/**
 * Wakes one task; its identity is stable for the task's whole life, so it can be compared and removed.
 *
 * @remarks `wake()` may be called any number of times, from anywhere on its thread, also after the task has ended;
 * N wakes between two polls make one poll.
 */
export interface Waker {
  wake(): void;
  /** The task on whose behalf this waker polls; undefined outside tasks. */
  readonly task?: TaskContext | null | undefined;
}

/** A waker that does nothing. */
export const noopWaker: Waker = { wake() {} };

/**
 * The waker of the task that is being polled now.
 *
 * @throws {@link RuntimeError} `ERR_OUTSIDE_POLL` when nothing is being polled.
 * @example
 * ```ts
 * import { currentWaker, Pending, pollFn } from "@treadle/core";
 *
 * let fired = false;
 * const immediate = pollFn(() => {
 *   if (fired) return "now";
 *   const waker = currentWaker();
 *   setImmediate(() => { fired = true; waker.wake(); });
 *   return Pending;
 * });
 * typeof immediate.next; // => "function"
 * ```
 */
export function currentWaker(): Waker {
  const waker = cx.waker ?? cx.probed;
  if (waker === null) {
    throw new RuntimeError(
      ERR_OUTSIDE_POLL,
      "currentWaker() was called outside a poll: call it inside a future's next() or a function given to pollFn()",
    );
  }
  return waker;
}
