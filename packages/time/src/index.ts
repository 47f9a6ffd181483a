/** Timers: a clock that can be frozen, the timer wheel's driver, sleep, timeout, interval and DelayQueue. */
export { Clock, type ClockOptions } from "./clock.ts";
export { DelayKey, DelayQueue, type Expired } from "./delay-queue.ts";
export { TimeDriver, type TimeDriverOptions, timeSlot } from "./driver.ts";
export type { TimerEntry } from "./entry.ts";
export {
  Elapsed,
  ERR_ELAPSED,
  ERR_TIME_DISABLED,
  ERR_TIME_FLAVOR,
  ERR_TIME_FROZEN,
  ERR_TIME_NOT_FROZEN,
  ERR_TIME_SHUTDOWN,
} from "./error.ts";
export { Instant } from "./instant.ts";
export {
  Interval,
  type IntervalOptions,
  interval,
  intervalAt,
  type MissedTickBehavior,
} from "./interval.ts";
export { advance, pause, resume } from "./pause.ts";
export { Sleep, sleep, sleepUntil } from "./sleep.ts";
export type { TimeSource } from "./source.ts";
export { timeout, timeoutAt } from "./timeout.ts";
export type { WheelEntry } from "./wheel/index.ts";
