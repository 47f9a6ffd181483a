/** Ctrl-C, and the other signals that ask a program to stop. */
import { CancellationToken } from "treadle";

/** Signals with the status that a shell shows for a program that they stopped. */
const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type Signal = keyof typeof STATUS;

const SIGNALS = Object.keys(STATUS) as Signal[];

/** How long the run may take to stop after the first signal, in ms. */
const PATIENCE = 2000;

/** Turns the first signal into a cancelled token; a second one, or a stop that takes too long, ends the process. */
export class Interrupt implements Disposable {
  readonly token: CancellationToken = new CancellationToken();
  /** The exit status, once a signal has come. */
  status = 0;

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.onSignal);
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
  }

  private readonly onSignal = (signal: Signal): void => {
    if (this.token.isCancelled) die(signal);
    this.status = STATUS[signal];
    this.token.cancel();
    setTimeout(die, PATIENCE, signal).unref();
  };
}

/** Ends the process at once by the signal itself: `process.exit` would wait for threads that hang in a read or write. */
function die(signal: Signal): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
