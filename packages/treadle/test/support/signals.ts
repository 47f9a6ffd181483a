/** Sending signals to the process of the tests. */
import { type Pending, type Runtime, type SignalStream, select, sleep } from "treadle";
import { expect } from "vitest";

/** Sends a signal to this process; somebody must listen to it. */
export function send(signal: NodeJS.Signals | number): void {
  process.kill(process.pid, signal);
}

/** How long a signal that was sent may take, in ms: for ever, unless something is broken. */
const PATIENCE = 10_000;

/** Waits for the next signal of a stream; fails when it does not come. */
export function* received(stream: SignalStream): Generator<Pending, void, void> {
  const { key } = yield* select({ signal: stream.recv(), late: sleep(PATIENCE) });
  expect(key).toBe("signal");
}

/** Whether a stream has a signal, after all that was sent before has been delivered. */
export function* hasSignal(rt: Runtime, stream: SignalStream): Generator<Pending, boolean, void> {
  // A new listener is made only when the hub has told of everything that was there before.
  rt.signal(stream.kind, { replaceInspector: true }).close();
  const { key } = yield* select({ signal: stream.recv(), none: sleep(1) }, { biased: true });
  return key === "signal";
}
