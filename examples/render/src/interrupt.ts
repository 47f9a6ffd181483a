/** Ctrl-C: the first stops the rendering, a second one, or a stop that takes too long, ends the process. */
import { CancellationToken } from "treadle";

/** How long the run may take to stop after the first signal, in ms: a tile that is being rendered is not interrupted. */
const PATIENCE = 2000;

/** Turns the first SIGINT into a cancelled token. */
export class Interrupt implements Disposable {
  readonly token: CancellationToken = new CancellationToken();

  constructor() {
    process.on("SIGINT", this.onSignal);
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.onSignal);
  }

  private readonly onSignal = (): void => {
    if (this.token.isCancelled) die();
    this.token.cancel();
    setTimeout(die, PATIENCE).unref();
  };
}

/** Ends the process at once, by the signal itself. */
function die(): void {
  process.removeAllListeners("SIGINT");
  process.kill(process.pid, "SIGINT");
}
