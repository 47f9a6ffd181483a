/** A signal driver without a scheduler. */
import { IoDriver } from "@treadle/io";
import { SignalDriver, SignalKind, SignalStream } from "@treadle/signal";

const idlePark = { park() {}, unpark() {} };

/** A driver with the I/O driver that it rides on. */
export interface Rig extends Disposable {
  readonly io: IoDriver;
  readonly driver: SignalDriver;
  /** A stream of a kind that is allowed. */
  stream(kind: NodeJS.Signals): SignalStream;
  /** One turn that does not wait; all that was sent before it is told. */
  turn(): void;
}

/** Makes one. */
export function rig(): Rig {
  const io = new IoDriver({ onReady() {}, idlePark });
  const driver = new SignalDriver(io);
  const stream = (kind: NodeJS.Signals) =>
    new SignalStream(driver.listen(SignalKind.fromName(kind)));
  return {
    io,
    driver,
    stream,
    turn() {
      // The hub answers after it has told of what was there before.
      stream("SIGURG").close();
      for (const part of [io, driver]) part.beforePark(false);
      for (const part of [io, driver]) part.afterPark(true);
    },
    [Symbol.dispose]() {
      io.shutdown();
      driver.shutdown();
    },
  };
}

/** Sends a signal to this process; somebody must listen to it. */
export function send(signal: NodeJS.Signals | number): void {
  process.kill(process.pid, signal);
}
