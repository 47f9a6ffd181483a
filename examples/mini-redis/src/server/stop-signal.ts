/** The signals that ask a server to stop. */
import { type Async, type Awaitable, fn, select, signal } from "treadle";

/** Ends with the first signal that asks the process to stop; a second one ends the process at once. */
export const stopSignal: () => Awaitable<void> = fn(function* stopSignal(): Async<void> {
  // Closed on the way out: from then on a signal does again what it does by itself.
  using interrupt = signal("SIGINT");
  using terminate = signal("SIGTERM");
  yield* select({ interrupt: interrupt.recv(), terminate: terminate.recv() });
});
