/** The errors of timers, and the checks of their arguments. */
import { ERR_NO_RUNTIME, invalidArg, RuntimeError, sendErrorClass } from "@treadle/core";

/** Code of {@link Elapsed}. */
export const ERR_ELAPSED = "ERR_ELAPSED";
/** Code of the error thrown when a timer is made in a runtime that was built without timers. */
export const ERR_TIME_DISABLED = "ERR_TIME_DISABLED";
/** Code of the error thrown by timers of a runtime that is being shut down. */
export const ERR_TIME_SHUTDOWN = "ERR_TIME_SHUTDOWN";
/** Code of the error thrown by `pause()` when time is frozen already. */
export const ERR_TIME_FROZEN = "ERR_TIME_FROZEN";
/** Code of the error thrown by `resume()` and `advance()` when time is not frozen. */
export const ERR_TIME_NOT_FROZEN = "ERR_TIME_NOT_FROZEN";
/** Code of the error thrown by `pause()` in a runtime with several threads. */
export const ERR_TIME_FLAVOR = "ERR_TIME_FLAVOR";

/**
 * Thrown by `timeout` and `timeoutAt` when time ran out first: code `ERR_ELAPSED`, name `TimeoutError`.
 *
 * @example
 * ```ts
 * import { Elapsed } from "@treadle/time";
 *
 * const error = new Elapsed();
 * error.message; // => "deadline has elapsed"
 * error.name; // => "TimeoutError"
 * ```
 */
export class Elapsed extends RuntimeError {
  constructor() {
    super(ERR_ELAPSED, "deadline has elapsed");
  }

  /** The name that `AbortSignal.timeout()` gives its errors too. */
  override get name(): string {
    return "TimeoutError";
  }
}
sendErrorClass(Elapsed, "@treadle/time.Elapsed");

/** Makes the error of a timer in a runtime without timers. */
export function timeDisabled(): RuntimeError {
  return new RuntimeError(
    ERR_TIME_DISABLED,
    "A Treadle context was found, but timers are disabled. " +
      "Call `enableTime` on the runtime builder to enable timers.",
  );
}

/** Makes the error of a timer whose driver is shut down. */
export function timeShutdown(): RuntimeError {
  return new RuntimeError(
    ERR_TIME_SHUTDOWN,
    "timer error: A Treadle context was found, but it is being shutdown.",
  );
}

/** Makes the error of the test clock outside a runtime. */
export function frozenOutside(): RuntimeError {
  return new RuntimeError(ERR_NO_RUNTIME, "time cannot be frozen from outside the Treadle runtime");
}

/** Makes the error of the test clock in a runtime with several threads. */
export function needsCurrentThread(): RuntimeError {
  return new RuntimeError(
    ERR_TIME_FLAVOR,
    "`pause()` requires the `current_thread` Treadle runtime: build it with Builder.newCurrentThread()",
  );
}

/** Makes the error of freezing twice. */
export function alreadyFrozen(): RuntimeError {
  return new RuntimeError(ERR_TIME_FROZEN, "time is already frozen");
}

/** Makes the error of moving a clock that runs by itself. */
export function notFrozen(): RuntimeError {
  return new RuntimeError(ERR_TIME_NOT_FROZEN, "time is not frozen");
}

/**
 * Checks that a duration is a number of milliseconds, zero or more, Infinity included.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
 */
export function checkDuration(name: string, ms: number): void {
  if (typeof ms !== "number" || !(ms >= 0)) {
    throw invalidArg(name, ms, "must be a number of milliseconds, zero or more");
  }
}
