/** The bridge from futures to promises. */
import { currentRuntime, cx } from "./context.ts";
import type { Future } from "./poll.ts";

/**
 * The promise of a future: the first call spawns the future on the current runtime, later calls give the same promise.
 *
 * @throws {@link RuntimeError} `ERR_NO_RUNTIME`, when no runtime is current.
 */
export function promiseOf<T>(future: Future<T>): Promise<T> {
  const known = cx.promises.get(future);
  if (known !== undefined) return known as Promise<T>;
  const promise = currentRuntime("await on a future").adopt(future);
  cx.promises.set(future, promise);
  return promise;
}
