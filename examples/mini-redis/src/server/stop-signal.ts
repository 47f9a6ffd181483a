/** The signals that ask a server to stop. */
import { type Async, type Awaitable, CancellationToken, fn } from "treadle";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Ends with the first signal that asks the process to stop; a second one ends the process at once. */
export const stopSignal: () => Awaitable<void> = fn(function* stopSignal(): Async<void> {
  const stopped = new CancellationToken();
  const onSignal = (): void => {
    for (const each of SIGNALS) process.off(each, onSignal);
    stopped.cancel();
  };
  for (const each of SIGNALS) process.on(each, onSignal);
  yield* stopped.cancelled();
});
