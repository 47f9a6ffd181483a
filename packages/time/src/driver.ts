/**
 * The time driver: fires the timers of one thread.
 *
 * **Reading the clock** costs as much as the rest of a turn, so a turn reads it as rarely as is right:
 * - no timers: never;
 * - a busy turn (`beforePark(false)`): once, in `beforePark`; nobody slept, so `afterPark` uses the same reading;
 * - an idle turn: before the sleep and after it.
 * A deadline is always computed from a fresh reading.
 *
 * **Transitions.** parked (a new driver) -> running (`afterPark`) -> parked (`beforePark`); any -> shut down, for good.
 *
 * **Invariants.**
 * 1. A timer fires when the clock has reached its deadline, never before.
 * 2. Timers fire in the order of their ticks; those of one tick in the order in which they were registered.
 * 3. `wakeTick` is the tick the parked thread sleeps for, and -1 while it runs: only a timer registered for an earlier
 *    tick than that unparks it, once.
 */
import { currentRuntime, type Driver, type RuntimeContext, Slot } from "@treadle/core";
import type { Clock } from "./clock.ts";
import type { TimerEntry } from "./entry.ts";
import { needsCurrentThread, timeDisabled } from "./error.ts";
import { TimeSource } from "./source.ts";
import { Wheel } from "./wheel/index.ts";

const NOT_PARKED = -1;
const NO_READING = -1;

/** What a {@link TimeDriver} is made of. */
export interface TimeDriverOptions {
  /** The runtime's clock. */
  readonly clock: Clock;
  /** Wakes the thread: called when a timer was registered that is due before the parked thread would wake. */
  readonly unpark: () => void;
  /** Whether the runtime has one thread only, so that its clock may be frozen; default true. */
  readonly currentThread?: boolean;
}

/** Fires the timers of one thread; its scheduler drives it. */
export class TimeDriver implements Driver {
  /** The clock it goes by. */
  readonly clock: Clock;
  /** Between the clock's times and ticks. */
  readonly source: TimeSource;
  /** Whether {@link shutdown} was called. */
  isShutdown: boolean;
  /** @internal The runtime that it belongs to, set by who puts the two together. */
  runtime: RuntimeContext | null;
  private readonly wheel: Wheel<TimerEntry>;
  private readonly unpark: () => void;
  private readonly currentThread: boolean;
  /** The last reading of the clock; when the wheel is empty it starts from there. */
  private lastRead: number;
  /** The reading that `afterPark` may use, or {@link NO_READING}. */
  private turnRead: number;
  private wakeTick: number;
  /** The tick to which an idle turn moves a frozen clock, or 0. */
  private advanceTick: number;

  constructor(options: TimeDriverOptions) {
    const now = options.clock.now();
    this.clock = options.clock;
    this.source = new TimeSource(now);
    this.isShutdown = false;
    this.runtime = null;
    this.wheel = new Wheel();
    this.unpark = options.unpark;
    this.currentThread = options.currentThread ?? true;
    this.lastRead = now;
    this.turnRead = NO_READING;
    // Until it is driven for the first time it sleeps: whoever registers a timer from outside wakes it.
    this.wakeTick = Infinity;
    this.advanceTick = 0;
  }

  /** A fresh reading of the clock, in milliseconds. */
  now(): number {
    const now = this.clock.now();
    this.lastRead = now;
    return now;
  }

  /**
   * How long the thread may sleep: milliseconds with a fraction, after which the next timer is due; 0 when one is due
   * or when the clock is frozen and will be moved; Infinity when there is none.
   */
  beforePark(mayIdle: boolean): number {
    const tick = this.wheel.nextExpiration();
    this.wakeTick = tick;
    this.advanceTick = 0;
    if (tick === Infinity) return Infinity;
    const now = this.now();
    if (!mayIdle) this.turnRead = now;
    const left = this.source.tickToTime(tick) - now;
    if (left <= 0) return 0;
    if (!mayIdle || !this.clock.canAutoAdvance()) return left;
    this.advanceTick = tick;
    return 0;
  }

  /** Fires all that is due; first moves a frozen clock to the next timer if the thread was idle and nobody woke it. */
  afterPark(woken: boolean): void {
    const read = this.turnRead;
    const advanceTick = this.advanceTick;
    this.wakeTick = NOT_PARKED;
    this.turnRead = NO_READING;
    this.advanceTick = 0;
    if (this.wheel.size === 0 && !this.clock.isPaused) return;
    if (advanceTick > 0 && !woken && this.clock.canAutoAdvance()) {
      this.clock.advanceTo(this.source.tickToTime(advanceTick));
    }
    const now = read === NO_READING || this.clock.isPaused ? this.now() : read;
    this.process(this.source.nowToTick(now));
  }

  /** Whether a timer is registered that will fire one day. */
  hasPending(): boolean {
    return this.wheel.size > 0;
  }

  /** Fires all timers at once; each poll of one of this driver's timers throws from now on. */
  shutdown(): void {
    if (this.isShutdown) return;
    this.isShutdown = true;
    for (let entry = this.wheel.takeAny(); entry !== null; entry = this.wheel.takeAny()) {
      entry.fire();
    }
  }

  /** The tick of the last reading of the clock. */
  recentTick(): number {
    return this.source.nowToTick(this.lastRead);
  }

  /** Registers an entry that is not registered; false when `tick` is already past, and then it is not. */
  register(entry: TimerEntry, tick: number): boolean {
    const wheel = this.wheel;
    if (wheel.size === 0) wheel.startAt(this.recentTick());
    if (!wheel.insert(entry, tick)) return false;
    if (tick < this.wakeTick) this.wakeThread();
    return true;
  }

  /** Takes an entry out; nothing happens when it is not registered. */
  cancel(entry: TimerEntry): void {
    this.wheel.remove(entry);
  }

  /** Moves an entry to another tick, registered or not; false when that is past, and then it is not registered. */
  reregister(entry: TimerEntry, tick: number): boolean {
    if (this.wheel.extend(entry, tick)) return true;
    this.wheel.remove(entry);
    return this.register(entry, tick);
  }

  /**
   * Freezes the clock.
   *
   * @throws {@link RuntimeError} `ERR_TIME_FLAVOR` in a runtime with several threads; `ERR_TIME_FROZEN`.
   */
  pause(): void {
    if (!this.currentThread) throw needsCurrentThread();
    this.clock.pause();
    this.clockChanged();
  }

  /**
   * Lets the clock run again.
   *
   * @throws {@link RuntimeError} `ERR_TIME_NOT_FROZEN`.
   */
  resume(): void {
    this.clock.resume();
    this.clockChanged();
  }

  /**
   * Moves the frozen clock; the timers that become due fire at the end of the turn.
   *
   * @throws {@link RuntimeError} `ERR_TIME_NOT_FROZEN`.
   */
  advance(ms: number): void {
    this.clock.advance(ms);
    this.clockChanged();
  }

  private process(tick: number): void {
    const wheel = this.wheel;
    for (let entry = wheel.poll(tick); entry !== null; entry = wheel.poll(tick)) entry.fire();
  }

  /** What the parked thread sleeps for is no longer right. */
  private clockChanged(): void {
    if (this.wakeTick !== NOT_PARKED) this.wakeThread();
  }

  private wakeThread(): void {
    this.wakeTick = NOT_PARKED;
    this.unpark();
  }
}

/** Where a runtime keeps the time driver of this thread. */
export const timeSlot: Slot<TimeDriver> = new Slot<TimeDriver>("time");

/**
 * The time driver of the current runtime.
 *
 * @throws {@link RuntimeError} `ERR_NO_RUNTIME`, naming `what` was called; `ERR_TIME_DISABLED` when the runtime was
 * built without timers.
 */
export function currentTimeDriver(what: string): TimeDriver {
  const driver = timeSlot.of(currentRuntime(what));
  if (driver === undefined) throw timeDisabled();
  return driver;
}
