/**
 * Running a scheduler by slices on Node's event loop.
 *
 * A slice starts from `setImmediate` or a timer, never from a microtask, so promises of others settle between slices.
 * **States.** IDLE (nothing armed), ARMED (a timer for the next deadline), QUEUED (a slice will run in this turn of
 * the loop). Only a queued slice or an armed timer keeps the process alive.
 */
import { performance } from "node:perf_hooks";

/** The longest delay that `setTimeout` takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** What a hosted loop runs. */
export interface Sliced {
  /** Runs for about a millisecond; answers whether there is more to do at once. */
  slice(woken: boolean): boolean;
  /** Prepares to sleep; answers for how long, in ms: 0 for not at all, Infinity for until woken. */
  idle(): number;
}

/** One scheduler's place on the event loop of its thread. */
export class HostedLoop {
  private readonly target: Sliced;
  private immediate: NodeJS.Immediate | null = null;
  private timer: NodeJS.Timeout | null = null;
  private deadline = Number.POSITIVE_INFINITY;
  private woken = false;

  constructor(target: Sliced) {
    this.target = target;
  }

  /** Asks for a slice in this turn of the event loop. */
  wake(): void {
    this.woken = true;
    this.immediate ??= setImmediate(runSlice, this);
  }

  /** Runs a slice now; called by the event loop itself, as when descriptors have become ready. */
  turn(): void {
    if (this.immediate === null) this.run();
  }

  /** Goes back to sleep as the target says, after it was driven by somebody else. */
  rest(): void {
    if (this.immediate !== null) return;
    const timeout = this.target.idle();
    if (timeout <= 0) this.immediate = setImmediate(runSlice, this);
    else this.arm(timeout);
  }

  /** How many timers it has set. */
  get timers(): number {
    return this.timer === null ? 0 : 1;
  }

  /** Forgets everything that is armed. */
  stop(): void {
    if (this.immediate !== null) clearImmediate(this.immediate);
    this.immediate = null;
    this.disarm();
  }

  /** @internal */
  run(): void {
    this.immediate = null;
    const woken = this.woken;
    this.woken = false;
    let more = true;
    try {
      more = this.target.slice(woken);
    } finally {
      // Also when the slice threw: whatever else is queued still has its turn.
      if (more) this.immediate ??= setImmediate(runSlice, this);
    }
    if (!more) this.rest();
  }

  private arm(timeout: number): void {
    if (timeout === Number.POSITIVE_INFINITY) {
      this.disarm();
      return;
    }
    const deadline = performance.now() + timeout;
    if (this.timer !== null && Math.abs(this.deadline - deadline) < 0.5) return;
    this.disarm();
    this.deadline = deadline;
    this.timer = setTimeout(onTimer, Math.min(Math.ceil(timeout), MAX_DELAY_MS), this);
  }

  private disarm(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.deadline = Number.POSITIVE_INFINITY;
  }

  /** @internal */
  expire(): void {
    this.timer = null;
    this.deadline = Number.POSITIVE_INFINITY;
    if (this.immediate === null) this.run();
  }
}

function runSlice(loop: HostedLoop): void {
  loop.run();
}

function onTimer(loop: HostedLoop): void {
  loop.expire();
}
