/** Waiting until a moment. */
import {
  cx,
  DONE,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  type RuntimeContext,
  refundBudget,
  type Waker,
} from "@treadle/core";
import { currentTimeDriver, type TimeDriver } from "./driver.ts";
import { checkDuration, timeShutdown } from "./error.ts";
import { Instant, instantTime } from "./instant.ts";
import { UNLINKED, type WheelEntry } from "./wheel/index.ts";

/** Not registered: never polled, dropped, or its deadline was moved without a poll. */
const IDLE = 0;
const WAITING = 1;
const FIRED = 2;

/**
 * The future of a moment; made by {@link sleep} and {@link sleepUntil}.
 *
 * @remarks Registered with the driver at its first poll. It is done once its deadline, rounded up to a whole
 * millisecond of the driver, has passed, and stays so. **Errors**: `ERR_TIME_SHUTDOWN` when the runtime is being shut
 * down. **Cancel safety**: safe; one that was dropped and is polled again waits for the same deadline. Uses the budget.
 */
export class Sleep extends Leaf<void> {
  /** @internal */
  before: WheelEntry | null;
  /** @internal */
  after: WheelEntry | null;
  /** @internal */
  slot: number;
  /** @internal */
  when: number;
  /** @internal The clock's time of the deadline. */
  time: number;
  private state: number;
  private waker: Waker | null;
  private readonly driver: TimeDriver;

  /** @internal */
  constructor(driver: TimeDriver, time: number) {
    super();
    this.before = null;
    this.after = null;
    this.slot = UNLINKED;
    this.when = 0;
    this.time = time;
    this.state = IDLE;
    this.waker = null;
    this.driver = driver;
  }

  /** The moment it waits for. */
  get deadline(): Instant {
    return new Instant(this.time);
  }

  override next(): Poll<void> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, Sleep.prototype.next);
    if (!pollProceed()) return PENDING;
    const driver = this.driver;
    if (driver.isShutdown) throw timeShutdown();
    if (this.state === IDLE) this.start(driver);
    if (this.state === FIRED) return DONE;
    this.waker = waker;
    refundBudget();
    return PENDING;
  }

  /** Whether it has fired: false before the first poll, even if the deadline has passed. */
  isElapsed(): boolean {
    return this.state === FIRED;
  }

  /**
   * Waits for another moment from now on, also after it has fired; registers it even if it was never polled.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` when `deadline` is no Instant.
   */
  reset(deadline: Instant): void {
    this.resetTo(instantTime("deadline of Sleep.reset()", deadline));
  }

  /** @internal */
  resetTo(time: number): void {
    const driver = this.driver;
    this.time = time;
    this.state = WAITING;
    if (driver.isShutdown || !driver.reregister(this, driver.source.deadlineToTick(time)))
      this.fire();
  }

  /** @internal Makes a sleep that has fired wait for another moment, once it is polled again. */
  resetUnregistered(time: number): void {
    this.time = time;
    this.state = IDLE;
  }

  /** @internal */
  fire(): void {
    const waker = this.waker;
    this.state = FIRED;
    this.waker = null;
    if (waker !== null) waker.wake();
  }

  protected override home(): RuntimeContext | null {
    return this.driver.runtime;
  }

  protected override drop(): void {
    if (this.slot !== UNLINKED) this.driver.cancel(this);
    if (this.state === WAITING) this.state = IDLE;
    this.waker = null;
  }

  private start(driver: TimeDriver): void {
    const registered = driver.register(this, driver.source.deadlineToTick(this.time));
    this.state = registered ? WAITING : FIRED;
  }
}

/**
 * Waits `ms` milliseconds from the call on: at least so long, in steps of 1 ms; Infinity waits for ever.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` for NaN and negative numbers; `ERR_NO_RUNTIME`; `ERR_TIME_DISABLED`.
 * @example
 * ```ts
 * import { type Async, Builder, fn, Instant, sleep } from "treadle";
 *
 * const nap = fn(function* nap(): Async<boolean> {
 *   const start = Instant.now();
 *   yield* sleep(5);
 *   return start.elapsed() >= 5;
 * });
 * Builder.newCurrentThread().enableTime().build().blockOn(nap()); // => true
 * ```
 */
export function sleep(ms: number): Sleep {
  checkDuration("ms of sleep()", ms);
  const driver = currentTimeDriver("sleep()");
  return new Sleep(driver, driver.now() + ms);
}

/**
 * Waits until a moment; one that has passed is waited for at most until the driver's next turn.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` when `deadline` is no Instant; `ERR_NO_RUNTIME`; `ERR_TIME_DISABLED`.
 */
export function sleepUntil(deadline: Instant): Sleep {
  const time = instantTime("deadline of sleepUntil()", deadline);
  return new Sleep(currentTimeDriver("sleepUntil()"), time);
}
