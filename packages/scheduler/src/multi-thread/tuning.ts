/**
 * How often a worker looks at what others offer before its own queues.
 *
 * As Tokio's `stats.rs`: about every 200 µs of running, as far as the moving average of a poll's time tells. Set by the user,
 * the interval stays as it is.
 */

/** How long a worker may run without a look at what others offer, in ms. */
const TARGET_MS = 0.2;
const MIN_INTERVAL = 2;
const MAX_INTERVAL = 127;
/** A new interval is taken only when it differs by more than this. */
const TOLERANCE = 2;

/** Before anything was measured: Tokio's default. */
const INITIAL_INTERVAL = 61;

/** One worker's interval. */
export class Tuning {
  private readonly fixed: number | undefined;
  private current: number;

  constructor(fixed: number | undefined) {
    this.fixed = fixed;
    this.current = fixed ?? INITIAL_INTERVAL;
  }

  /** The interval in ticks, by the moving average of a poll's time, in ms; 0 or less: not known yet. */
  interval(meanPollMs: number): number {
    if (this.fixed !== undefined || meanPollMs <= 0) return this.current;
    const ticks = Math.floor(TARGET_MS / meanPollMs);
    const tuned = Math.max(MIN_INTERVAL, Math.min(MAX_INTERVAL, ticks));
    if (Math.abs(tuned - this.current) > TOLERANCE) this.current = tuned;
    return this.current;
  }
}
