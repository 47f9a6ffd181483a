/** The errors of schedulers. */
import { RuntimeError } from "@treadle/core";

/** Code of the error thrown by a `blockOn` inside a runtime. */
export const ERR_NESTED_RUNTIME = "ERR_NESTED_RUNTIME";
/** Code of the error thrown when nothing can wake what `blockOn` or `run` waits for. */
export const ERR_DEADLOCK = "ERR_DEADLOCK";
/** Code of the error thrown when only a native promise could wake what `blockOn` waits for. */
export const ERR_FOREIGN_PROMISE = "ERR_FOREIGN_PROMISE";
/** Code of the error thrown when a runtime is used after, or was shut down during, a call. */
export const ERR_RUNTIME_SHUTDOWN = "ERR_RUNTIME_SHUTDOWN";
/** Code of the error thrown when enter guards are released in the wrong order. */
export const ERR_GUARD_ORDER = "ERR_GUARD_ORDER";

/** `blockOn` where this thread already drives a runtime. */
export function nestedRuntime(): RuntimeError {
  return new RuntimeError(
    ERR_NESTED_RUNTIME,
    "Cannot start a runtime from within a runtime. This happens because a function (like `blockOn`) attempted to " +
      "block the current thread while the thread is being used to drive asynchronous tasks. " +
      "Await with `yield*` there, or spawn() the work",
  );
}

/** Nothing is left that could wake a waiting future. */
export function deadlock(what: string, name: string, foreign: number): RuntimeError {
  if (foreign > 0) {
    return new RuntimeError(
      ERR_FOREIGN_PROMISE,
      `${what}(${name}) waits for a native promise, which cannot settle while the thread is blocked: ` +
        "use `await runtime.run(...)`, or settle the promise before blocking",
    );
  }
  return new RuntimeError(
    ERR_DEADLOCK,
    `${what}(${name}) can never end: it waits, and no timer, task or other source is left that could wake it`,
  );
}

/** The runtime is gone. */
export function runtimeShutdown(what: string): RuntimeError {
  return new RuntimeError(
    ERR_RUNTIME_SHUTDOWN,
    `A Treadle context was found, but it is being shutdown: ${what}`,
  );
}
