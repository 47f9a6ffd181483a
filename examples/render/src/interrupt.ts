/** Ctrl-C, and SIGTERM: the first stops the run, the second ends the process. */
import { type Async, CancellationToken, type JoinHandle, select, signal, spawn } from "treadle";

/** Signals with the status that a shell shows for a program that they stopped. */
const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

/** How long the run may take to stop after the first signal, in ms: a tile that is being rendered is not interrupted. */
const PATIENCE = 2000;

/**
 * Turns the first signal into a cancelled token. After it nobody listens any more, so that a second one ends the process at
 * once; a stop that takes too long ends it likewise.
 */
export class Interrupt implements Disposable {
  readonly token: CancellationToken = new CancellationToken();
  /** The exit status, once a signal has come. */
  status = 0;
  private readonly interrupt = signal("SIGINT");
  private readonly terminate = signal("SIGTERM");
  private readonly listening: JoinHandle<void> = spawn(this.listen());

  [Symbol.dispose](): void {
    this.listening.abort();
    this.close();
  }

  private *listen(): Async<void> {
    const first = { SIGINT: this.interrupt.recv(), SIGTERM: this.terminate.recv() };
    const by = (yield* select(first)).key;
    this.status = STATUS[by];
    this.token.cancel();
    this.close();
    setTimeout(() => process.kill(process.pid, by), PATIENCE).unref();
  }

  private close(): void {
    this.interrupt.close();
    this.terminate.close();
  }
}
