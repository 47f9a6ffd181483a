/** The bridge from futures to promises. */
import { cx, type RuntimeContext, tryCurrentRuntime } from "./context.ts";
import { noRuntime } from "./errors.ts";
import type { Future } from "./poll.ts";

/**
 * The promise of a future: the first call spawns the future on the current runtime, or else on `home`, later calls give the
 * same promise.
 *
 * Inside an async function that is a task, aborting the task aborts the future too: the `await` then throws.
 *
 * @throws {@link RuntimeError} `ERR_NO_RUNTIME`, when no runtime is current and the future names none.
 */
export function promiseOf<T>(future: Future<T>, home: RuntimeContext | null = null): Promise<T> {
  const known = cx.promises.get(future);
  if (known !== undefined) return known as Promise<T>;
  const runtime = tryCurrentRuntime() ?? home;
  if (runtime === null) throw noRuntime("await on a future");
  const adopted = runtime.adopt(future);
  const waits = cx.asyncContext?.getStore()?.waits;
  waits?.add(adopted);
  const promise = new Promise<T>((resolve, reject) => {
    adopted.then(
      (value) => {
        waits?.delete(adopted);
        resolve(value);
      },
      (error: unknown) => {
        waits?.delete(adopted);
        reject(error);
      },
    );
  });
  cx.promises.set(future, promise);
  return promise;
}
