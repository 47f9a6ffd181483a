/** Between times of the clock and ticks of the wheel: deadlines round up, the present rounds down. */
import { MAX_TICK } from "./wheel/index.ts";

/** Half the clock's step: what is nearer than this to a whole tick is that tick. */
const HALF_NANOSECOND = 5e-7;

/** Ticks are whole milliseconds since `start`, itself a whole millisecond of the clock. */
export class TimeSource {
  /** The clock's time at tick 0. */
  readonly start: number;

  constructor(now: number) {
    this.start = Math.floor(now);
  }

  /** The first tick at or after a deadline: a timer never fires early. */
  deadlineToTick(time: number): number {
    const tick = Math.ceil(time - this.start - HALF_NANOSECOND);
    if (tick <= 0) return 0;
    return tick > MAX_TICK && tick !== Infinity ? MAX_TICK : tick;
  }

  /** The last tick that has begun at a time. */
  nowToTick(time: number): number {
    return Math.min(Math.floor(time - this.start + HALF_NANOSECOND), MAX_TICK);
  }

  /** The clock's time at which a tick begins. */
  tickToTime(tick: number): number {
    return this.start + tick;
  }
}
