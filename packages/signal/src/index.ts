/** Signals: Ctrl-C and streams of signals. */
export { ctrlC } from "./ctrl-c.ts";
export {
  currentSignalDriver,
  SignalDriver,
  type SignalReactor,
  signalDriverOf,
  signalSlot,
} from "./driver.ts";
export {
  ERR_SIGNAL_CLOSED,
  ERR_SIGNAL_DISABLED,
  ERR_SIGNAL_REFUSED,
  ERR_SIGNAL_SHUTDOWN,
} from "./error.ts";
export { Listener, type ListenerOwner, type SignalWait } from "./listener.ts";
export type { SignalOptions } from "./refusal.ts";
export { SignalKind } from "./signal-kind.ts";
export { SignalStream, signal } from "./signal-stream.ts";
