/** The errors of signals. */
import { RuntimeError } from "@treadle/core";

/** Code of the error thrown when a signal is listened to in a runtime that was built without signals. */
export const ERR_SIGNAL_DISABLED = "ERR_SIGNAL_DISABLED";
/** Code of the error thrown for a signal that cannot or should not be listened to. */
export const ERR_SIGNAL_REFUSED = "ERR_SIGNAL_REFUSED";
/** Code of the error of `recv()` on a stream that was closed. */
export const ERR_SIGNAL_CLOSED = "ERR_SIGNAL_CLOSED";
/** Code of the error of `recv()` after the shutdown of its runtime. */
export const ERR_SIGNAL_SHUTDOWN = "ERR_SIGNAL_SHUTDOWN";

/** Makes the error of a listener in a runtime without signals. */
export function signalDisabled(): RuntimeError {
  return new RuntimeError(
    ERR_SIGNAL_DISABLED,
    "there is no signal driver running: a Treadle context was found, but signals are disabled. " +
      "Call `enableSignal` on the runtime builder to enable signals.",
  );
}

/** Makes the error of a signal that is not listened to; `why` says the reason and the way out. */
export function signalRefused(signum: number, why: string): RuntimeError {
  return new RuntimeError(ERR_SIGNAL_REFUSED, `Refusing to register signal ${signum}: ${why}`);
}

/** Makes the error of a number above all signals. */
export function signalTooLarge(signum: number, max: number): RuntimeError {
  return new RuntimeError(
    ERR_SIGNAL_REFUSED,
    `signal too large: ${signum}; signals on this platform end at ${max}`,
  );
}

/** Makes the error of a wait on a stream that was closed. */
export function signalClosed(name: string): RuntimeError {
  return new RuntimeError(
    ERR_SIGNAL_CLOSED,
    `the stream of ${name} is closed: make a new one with signal()`,
  );
}

/** Makes the error of a wait whose driver is shut down. */
export function signalShutdown(): RuntimeError {
  return new RuntimeError(
    ERR_SIGNAL_SHUTDOWN,
    "signal driver gone: the runtime of this stream is shut down",
  );
}
