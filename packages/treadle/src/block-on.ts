/** `blockOn` of a runtime and of its handle. */
import { type Async, callOf, type IntoFuture, intoFuture } from "@treadle/core";
import type { CurrentThread } from "@treadle/scheduler";
import { SendFuture, spawnBlocking } from "@treadle/task";

/**
 * Blocks this thread until `f` is done.
 *
 * A promise cannot settle on a thread that is blocked, so a call of an async sendable function runs on the blocking pool,
 * which always has a thread for it; a worker may be the very thread that is blocked.
 */
export function blockOn<T>(scheduler: CurrentThread, f: IntoFuture<T>): T {
  const call = intoFuture(f);
  if (!(call instanceof SendFuture) || !call.function.isAsync || !call.isUnstarted())
    return scheduler.blockOn(call);
  return scheduler.blockOn(callOf(onPool<T>, [call as SendFuture<T>]));
}

function* onPool<T>(call: SendFuture<T>): Async<T> {
  return yield* spawnBlocking(call);
}
