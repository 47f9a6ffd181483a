/** The test clock: freezing the current runtime's time and moving it by hand. */
import {
  cx,
  DONE,
  deferWake,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  tryCurrentRuntime,
} from "@treadle/core";
import { type TimeDriver, timeSlot } from "./driver.ts";
import { checkDuration, frozenOutside, timeDisabled } from "./error.ts";

function driverToFreeze(): TimeDriver {
  const runtime = tryCurrentRuntime();
  if (runtime === null) throw frozenOutside();
  const driver = timeSlot.of(runtime);
  if (driver === undefined) throw timeDisabled();
  return driver;
}

/**
 * Freezes the current runtime's time, at the next whole millisecond.
 *
 * @remarks While time is frozen and all tasks wait, the runtime moves time to its next timer by itself, so that a test
 * that sleeps an hour takes no time and always takes the same virtual time. For one-threaded runtimes only.
 *
 * @throws {@link RuntimeError} `ERR_TIME_FROZEN` when it is frozen already; `ERR_TIME_FLAVOR` in a runtime with several
 * threads; `ERR_NO_RUNTIME`; `ERR_TIME_DISABLED`.
 * @example
 * ```ts
 * import { type Async, Builder, fn, Instant, pause, sleep } from "treadle";
 *
 * const hour = fn(function* hour(): Async<number> {
 *   pause();
 *   const start = Instant.now();
 *   yield* sleep(3_600_000);
 *   return start.elapsed();
 * });
 * Builder.newCurrentThread().enableTime().build().blockOn(hour()); // => 3600000
 * ```
 */
export function pause(): void {
  driverToFreeze().pause();
}

/**
 * Lets frozen time run on from where it stands.
 *
 * @throws {@link RuntimeError} `ERR_TIME_NOT_FROZEN` when it runs; `ERR_NO_RUNTIME`; `ERR_TIME_DISABLED`.
 */
export function resume(): void {
  driverToFreeze().resume();
}

class Advance extends Leaf<void> {
  private readonly driver: TimeDriver;
  private readonly ms: number;
  private advanced: boolean;

  constructor(driver: TimeDriver, ms: number) {
    super();
    this.driver = driver;
    this.ms = ms;
    this.advanced = false;
  }

  override next(): Poll<void> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, Advance.prototype.next);
    if (this.advanced) return DONE;
    this.driver.advance(this.ms);
    this.advanced = true;
    deferWake(waker);
    return PENDING;
  }
}

/**
 * Moves frozen time forward by `ms` milliseconds in one leap, at the first poll, then lets the other tasks run once.
 *
 * @remarks The timers that became due have fired when it is done, but whoever they woke may not have run yet.
 * **Errors**: `ERR_TIME_NOT_FROZEN` when time is not frozen. **Cancel safety**: dropped after its first poll, time
 * has moved.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` for NaN and negative numbers; `ERR_NO_RUNTIME`; `ERR_TIME_DISABLED`.
 */
export function advance(ms: number): Leaf<void> {
  checkDuration("ms of advance()", ms);
  return new Advance(driverToFreeze(), ms);
}
