/** Spawning work that blocks. */
import { currentRuntime, invalidArg, RuntimeError } from "@treadle/core";
import type { JoinHandle } from "./join-handle.ts";
import type { TaskRuntime } from "./schedule.ts";
import { SendFuture } from "./send/index.ts";

/** Code of the error thrown where a runtime has no threads for work that blocks. */
export const ERR_NO_BLOCKING_POOL = "ERR_NO_BLOCKING_POOL";

/** How to spawn a job. */
export interface SpawnBlockingOptions {
  /** Whether it is to run even if the runtime shuts down before a thread has begun it; default false. */
  readonly mandatory?: boolean;
}

/**
 * Runs a call of a sendable function on a thread of the blocking pool, where it may block.
 *
 * @remarks A plain function runs outside of any task: it may call `blockOn` and `spawn`. Generator and async functions run to
 * their end on the same thread. `abort()` cancels a job that no thread has begun and does nothing to one that runs. There is
 * no bound on how many jobs wait in line unless the Builder sets one.
 *
 * @throws {@link RuntimeError} `ERR_NO_RUNTIME` outside a runtime's context; `ERR_INVALID_ARG` for anything but a call that has
 * not begun; `ERR_NOT_SEND` for arguments that cannot be sent; `ERR_BLOCKING_QUEUE_FULL` when as many jobs wait as may.
 */
export function spawnBlocking<T>(f: SendFuture<T>, options?: SpawnBlockingOptions): JoinHandle<T> {
  return spawnBlockingOn(currentRuntime("spawnBlocking()") as TaskRuntime, f, options);
}

/** As {@link spawnBlocking}, on the given runtime. */
export function spawnBlockingOn<T>(
  runtime: TaskRuntime,
  f: SendFuture<T>,
  options?: SpawnBlockingOptions,
): JoinHandle<T> {
  checkJob(f);
  if (runtime.spawnBlocking === undefined) throw noPool();
  return runtime.spawnBlocking(f, options?.mandatory === true);
}

/** Checks that `f` is a call that any thread can start. */
export function checkJob(f: unknown): void {
  if (f instanceof SendFuture && f.isUnstarted()) return;
  const rule =
    "must be a call of a sendable function that has not begun: spawnBlocking(work(1, 2))";
  throw invalidArg("spawnBlocking", f, rule);
}

function noPool(): RuntimeError {
  return new RuntimeError(
    ERR_NO_BLOCKING_POOL,
    "this scheduler has no threads for blocking work: build the runtime by treadle's Builder",
  );
}
