/** Which signals are not listened to. */
import { constants } from "node:os";
import { binding } from "@treadle/io";
import { signalRefused, signalTooLarge } from "./error.ts";
import type { SignalKind } from "./signal-kind.ts";

/** Options of `signal()`. */
export interface SignalOptions {
  /**
   * Takes SIGUSR1 over from Node, which otherwise starts its inspector at it; false by default. When the last stream is
   * closed, the inspector has it again.
   */
  readonly replaceInspector?: boolean;
}

const UNCAUGHT = "the system lets nobody catch it";
const FAULT =
  "the processor raises it where code has a fault, and no task can run before that is mended";

const { SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGUSR1 } = constants.signals;

const FORBIDDEN = new Map<number, string>([
  [SIGKILL, UNCAUGHT],
  [SIGSTOP, UNCAUGHT],
  [SIGSEGV, FAULT],
  [SIGBUS, FAULT],
  [SIGFPE, FAULT],
  [SIGILL, FAULT],
]);

/** The last signal that is not a real-time one. */
const LAST_STANDARD = 31;

/**
 * Refuses what must not be listened to; knows this without the native addon.
 *
 * @throws {@link RuntimeError} `ERR_SIGNAL_REFUSED`.
 */
export function checkAllowed(kind: SignalKind, options: SignalOptions): void {
  const signum = kind.asRawValue();
  if (signum <= 0) throw signalRefused(signum, "signals are numbered from 1 on");
  const why = FORBIDDEN.get(signum);
  if (why !== undefined) throw signalRefused(signum, `${kind.name}: ${why}`);
  if (signum !== SIGUSR1 || options.replaceInspector === true) return;
  throw signalRefused(
    signum,
    "SIGUSR1 starts Node's inspector; to have it instead of that, pass { replaceInspector: true }",
  );
}

/** Refuses what the platform does not have, which the native addon knows. */
export function checkExists(kind: SignalKind): void {
  const signum = kind.asRawValue();
  if (signum <= LAST_STANDARD) return;
  const native = binding();
  const max = Math.max(native.sigrtmax(), LAST_STANDARD);
  if (signum > max) throw signalTooLarge(signum, max);
  if (signum < native.sigrtmin()) throw signalRefused(signum, "the C library keeps it for itself");
}
