/** A moment of the runtime's clock. */
import { invalidArg, tryCurrentRuntime } from "@treadle/core";
import { realNow, toNanoGrid } from "./clock.ts";
import { timeSlot } from "./driver.ts";
import { checkDuration } from "./error.ts";

/**
 * A moment on the monotonic clock; inside a runtime whose clock is frozen, a moment of the frozen time.
 *
 * @remarks Immutable, with nanosecond steps. Comparable with `compare`, and with `<` and `>`. Moments of different
 * threads are not comparable.
 * @example
 * ```ts
 * import { Instant } from "@treadle/time";
 *
 * const start = Instant.now();
 * const later = start.add(250);
 * later.since(start); // => 250
 * start.since(later); // => 0
 * start.compare(later); // => -1
 * ```
 */
export class Instant {
  /** @internal */
  readonly ms: number;

  /** @internal */
  constructor(ms: number) {
    this.ms = toNanoGrid(ms);
  }

  /** The present moment; that of the current runtime's clock, where there is one. */
  static now(): Instant {
    const runtime = tryCurrentRuntime();
    const driver = runtime === null ? undefined : timeSlot.of(runtime);
    return new Instant(driver === undefined ? realNow() : driver.now());
  }

  /**
   * The moment `ms` milliseconds later; adding Infinity gives a moment that never comes.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` for NaN and negative numbers.
   */
  add(ms: number): Instant {
    checkDuration("ms of Instant.add()", ms);
    return new Instant(this.ms + ms);
  }

  /**
   * The moment `ms` milliseconds earlier.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` for NaN, Infinity and negative numbers.
   */
  sub(ms: number): Instant {
    checkDuration("ms of Instant.sub()", ms);
    if (ms === Infinity) throw invalidArg("ms of Instant.sub()", ms, "must be finite");
    return new Instant(this.ms - ms);
  }

  /** Milliseconds from this moment to now; 0 when it is still to come. */
  elapsed(): number {
    return Instant.now().since(this);
  }

  /** Milliseconds from `earlier` to this moment; 0 when `earlier` is in fact later. */
  since(earlier: Instant): number {
    const from = instantTime("earlier of Instant.since()", earlier);
    return this.ms > from ? toNanoGrid(this.ms - from) : 0;
  }

  /** -1 when this moment is before `other`, 1 when it is after it, 0 when they are the same. */
  compare(other: Instant): -1 | 0 | 1 {
    const time = instantTime("other of Instant.compare()", other);
    return this.ms < time ? -1 : this.ms > time ? 1 : 0;
  }

  /** Milliseconds since an arbitrary moment, so that `<` and `>` compare moments. */
  valueOf(): number {
    return this.ms;
  }
}

/**
 * The clock's time of a moment.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` when it is none.
 */
export function instantTime(name: string, instant: Instant): number {
  const time: unknown = (instant as Partial<Instant> | null | undefined)?.ms;
  if (typeof time !== "number") throw invalidArg(name, instant, "must be an Instant");
  return time;
}
