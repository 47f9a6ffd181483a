/** The signal of an async function that runs as a task. */
import { currentAsyncContext, RuntimeError } from "@treadle/core";
import { ERR_NO_TASK } from "./id.ts";

/**
 * The signal that fires when the async function that runs now is cancelled: the same that a function without arguments is
 * given as `{ signal }`.
 *
 * @remarks It is found behind any `await`, in the functions that are called too, and on every thread: it is how an async
 * sendable learns that it was aborted. Who has looked at it is waited for; see the guide about cancellation.
 *
 * @throws {@link RuntimeError} `ERR_NO_TASK` elsewhere, also in a generator function: that one needs no signal, for it is
 * dropped where it waits.
 * @example
 * ```ts
 * import { Builder, sendable, taskSignal } from "treadle";
 *
 * const load = sendable(import.meta.url, async function load(url: string): Promise<boolean> {
 *   const signal = taskSignal(); // for fetch(url, { signal }), say
 *   return signal.aborted;
 * });
 * const runtime = Builder.newCurrentThread().build();
 * await runtime.run(load("https://example.org")); // => false
 * ```
 */
export function taskSignal(): AbortSignal {
  const context = currentAsyncContext();
  if (context !== undefined) return context.cancellation.signal;
  throw new RuntimeError(
    ERR_NO_TASK,
    "taskSignal() was called outside an async function that a runtime runs: only those have a signal. " +
      "A generator function is dropped where it waits; its `finally` blocks are told",
  );
}
