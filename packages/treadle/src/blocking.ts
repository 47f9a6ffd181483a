/** Blocking work on the thread that calls. */
import { cx, RuntimeError } from "@treadle/core";
import type { CurrentThread } from "@treadle/scheduler";

/** Code of the error thrown by `blockInPlace` on a runtime that has only one thread. */
export const ERR_BLOCKING_FLAVOR = "ERR_BLOCKING_FLAVOR";

/**
 * Runs a function that blocks, after the other tasks of this worker were offered to other workers.
 *
 * @remarks Outside a runtime it simply runs `f`.
 *
 * @throws {@link RuntimeError} `ERR_BLOCKING_FLAVOR` on a current-thread runtime: nobody else could take its tasks.
 */
export function blockInPlace<T>(f: () => T): T {
  if (!cx.driving) return f();
  const runtime = cx.runtime as CurrentThread;
  if (runtime.hasOthers) return runtime.blockInPlace(f);
  throw new RuntimeError(
    ERR_BLOCKING_FLAVOR,
    "can call blocking only when running on the multi-threaded runtime: " +
      "here every other task would stand still; move the work to another thread: spawnBlocking(call)",
  );
}
