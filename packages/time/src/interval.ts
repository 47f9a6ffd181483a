/** Ticks at a fixed period. */
import {
  cx,
  ERR_INVALID_ARG,
  invalidArg,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  RuntimeError,
  readyPoll,
} from "@treadle/core";
import { toNanoGrid } from "./clock.ts";
import { currentTimeDriver, type TimeDriver } from "./driver.ts";
import { checkDuration } from "./error.ts";
import { Instant, instantTime } from "./instant.ts";
import { Sleep } from "./sleep.ts";

/** A tick up to so many milliseconds late does not count as missed. */
const LATE_THRESHOLD = 5;

/**
 * What an interval does after it was more than 5 ms late:
 * - `"burst"`: it ticks as fast as it can until it has caught up with its schedule;
 * - `"delay"`: it ticks one period after the late tick, and goes on from there;
 * - `"skip"`: it ticks at the next multiple of its period.
 */
export type MissedTickBehavior = "burst" | "delay" | "skip";

/** Options of {@link interval} and {@link intervalAt}. */
export interface IntervalOptions {
  /** Default `"burst"`. */
  readonly missedTickBehavior?: MissedTickBehavior;
}

class Tick extends Leaf<Instant> {
  private readonly interval: Interval;

  constructor(interval: Interval) {
    super();
    this.interval = interval;
  }

  override next(): Poll<Instant> {
    if (cx.waker === null) return outsidePoll(this, Tick.prototype.next);
    return this.interval.pollTick();
  }

  protected override drop(): void {
    this.interval.stopWaiting();
  }
}

/** Ticks at a fixed period; made by {@link interval} and {@link intervalAt}. */
export class Interval implements AsyncIterable<Instant> {
  private readonly driver: TimeDriver;
  private readonly sleep: Sleep;
  private readonly length: number;
  private behavior: MissedTickBehavior;

  /** @internal */
  constructor(driver: TimeDriver, start: number, period: number, behavior: MissedTickBehavior) {
    this.driver = driver;
    this.sleep = new Sleep(driver, start);
    this.length = period;
    this.behavior = behavior;
  }

  /** Milliseconds between two ticks. */
  get period(): number {
    return this.length;
  }

  /** What happens after a tick was missed. */
  get missedTickBehavior(): MissedTickBehavior {
    return this.behavior;
  }

  set missedTickBehavior(behavior: MissedTickBehavior) {
    this.behavior = checkBehavior(behavior);
  }

  /**
   * Waits for the next tick and answers the moment for which it was scheduled.
   *
   * @remarks One task waits at a time. **Cancel safety**: safe, no tick is lost.
   */
  tick(): Leaf<Instant> {
    return new Tick(this);
  }

  /** Polls for the next tick; for futures of your own. */
  pollTick(): Poll<Instant> {
    if (!this.sleep.next().done) return PENDING;
    const scheduled = this.sleep.time;
    this.sleep.resetUnregistered(this.nextAfter(scheduled, this.driver.now()));
    return readyPoll(new Instant(scheduled));
  }

  /** Schedules the next tick one period from now. */
  reset(): void {
    this.sleep.resetTo(toNanoGrid(this.driver.now() + this.length));
  }

  /** Schedules the next tick now. */
  resetImmediately(): void {
    this.sleep.resetTo(this.driver.now());
  }

  /**
   * Schedules the next tick `ms` milliseconds from now.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` for NaN and negative numbers.
   */
  resetAfter(ms: number): void {
    checkDuration("ms of Interval.resetAfter()", ms);
    this.sleep.resetTo(toNanoGrid(this.driver.now() + ms));
  }

  /**
   * Schedules the next tick at a moment.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` when `deadline` is no Instant.
   */
  resetAt(deadline: Instant): void {
    this.sleep.resetTo(instantTime("deadline of Interval.resetAt()", deadline));
  }

  /** Ticks for ever: `for await (const moment of interval(100))` in an async function. */
  [Symbol.asyncIterator](): AsyncIterator<Instant, undefined> {
    return {
      next: () => this.tick().then((value) => ({ done: false, value })),
      return: async () => ({ done: true, value: undefined }),
    };
  }

  /** @internal */
  stopWaiting(): void {
    this.sleep.return();
  }

  private nextAfter(scheduled: number, now: number): number {
    if (now <= scheduled + LATE_THRESHOLD || this.behavior === "burst") {
      return toNanoGrid(scheduled + this.length);
    }
    if (this.behavior === "delay") return toNanoGrid(now + this.length);
    const late = Math.round((now - scheduled) * 1e6) % Math.round(this.length * 1e6);
    return toNanoGrid(now + this.length - late / 1e6);
  }
}

/**
 * Ticks every `period` milliseconds, for the first time at once.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` when `period` is not greater than 0 or the behavior is unknown;
 * `ERR_NO_RUNTIME`; `ERR_TIME_DISABLED`.
 * @example
 * ```ts
 * import { type Async, Builder, fn, interval } from "treadle";
 *
 * const twoPeriods = fn(function* twoPeriods(): Async<number> {
 *   const ticks = interval(10);
 *   const first = yield* ticks.tick();
 *   yield* ticks.tick();
 *   const third = yield* ticks.tick();
 *   return third.since(first);
 * });
 * Builder.newCurrentThread().enableTime().build().blockOn(twoPeriods()); // => 20
 * ```
 */
export function interval(period: number, options?: IntervalOptions): Interval {
  checkPeriod(period);
  const behavior = checkBehavior(options?.missedTickBehavior ?? "burst");
  const driver = currentTimeDriver("interval()");
  return new Interval(driver, driver.now(), period, behavior);
}

/**
 * Ticks every `period` milliseconds, for the first time at `start`.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` when `period` is not greater than 0, `start` is no Instant or the
 * behavior is unknown; `ERR_NO_RUNTIME`; `ERR_TIME_DISABLED`.
 */
export function intervalAt(start: Instant, period: number, options?: IntervalOptions): Interval {
  const time = instantTime("start of intervalAt()", start);
  checkPeriod(period);
  const behavior = checkBehavior(options?.missedTickBehavior ?? "burst");
  return new Interval(currentTimeDriver("intervalAt()"), time, period, behavior);
}

function checkPeriod(period: number): void {
  checkDuration("`period`", period);
  if (period === 0) throw new RuntimeError(ERR_INVALID_ARG, "`period` must be non-zero.");
}

function checkBehavior(behavior: MissedTickBehavior): MissedTickBehavior {
  if (behavior === "burst" || behavior === "delay" || behavior === "skip") return behavior;
  throw invalidArg("missedTickBehavior", behavior, 'must be "burst", "delay" or "skip"');
}
