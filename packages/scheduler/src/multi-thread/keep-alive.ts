/** Keeps the process, or a thread, alive while something that Node does not know of is waited for. */

/** As long as timers may be. */
const LONG_MS = 2 ** 31 - 1;

/** A referenced timer, or none. */
export class KeepAlive {
  private timer: NodeJS.Timeout | null = null;
  private held = false;

  /** Whether to keep it alive from now on. */
  hold(on: boolean): void {
    if (on === this.held) return;
    this.held = on;
    if (!on) this.timer?.unref();
    else if (this.timer === null) this.timer = setInterval(nothing, LONG_MS);
    else this.timer.ref();
  }

  /** How many timers it has set that keep the event loop alive. */
  get timers(): number {
    return this.held ? 1 : 0;
  }

  /** Lets everything go. */
  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.held = false;
  }
}

function nothing(): void {}
