/** Ctrl-C, and the other signals that ask a program to stop. */
import { type Async, CancellationToken, type JoinHandle, select, signal, spawn } from "treadle";

/** Signals with the status that a shell shows for a program that they stopped. */
const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type Signal = keyof typeof STATUS;

/** How long the run may take to stop after the first signal, in ms. */
const PATIENCE = 2000;

/**
 * Turns the first signal into a cancelled token. After it nobody listens any more, so that a second one ends the process at
 * once, whatever it is doing; a stop that takes too long ends it likewise.
 */
export class Interrupt implements Disposable {
  readonly token: CancellationToken = new CancellationToken();
  /** The exit status, once a signal has come. */
  status = 0;
  private readonly streams = {
    SIGINT: signal("SIGINT"),
    SIGTERM: signal("SIGTERM"),
    SIGHUP: signal("SIGHUP"),
  };
  private readonly listening: JoinHandle<void> = spawn(this.listen());

  [Symbol.dispose](): void {
    this.listening.abort();
    this.close();
  }

  private *listen(): Async<void> {
    const { SIGINT, SIGTERM, SIGHUP } = this.streams;
    const first = { SIGINT: SIGINT.recv(), SIGTERM: SIGTERM.recv(), SIGHUP: SIGHUP.recv() };
    this.stop((yield* select(first)).key);
  }

  private stop(by: Signal): void {
    this.status = STATUS[by];
    this.token.cancel();
    this.close();
    // By the signal itself: `process.exit` would wait for threads that hang in a read or write.
    setTimeout(() => process.kill(process.pid, by), PATIENCE).unref();
  }

  private close(): void {
    for (const stream of Object.values(this.streams)) stream.close();
  }
}
