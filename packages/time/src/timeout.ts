/** A future with a deadline. */
import {
  type Call,
  type Closing,
  closeStep,
  cx,
  DropSink,
  type IntoFuture,
  intoFuture,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
} from "@treadle/core";
import { currentTimeDriver, type TimeDriver } from "./driver.ts";
import { checkDuration, Elapsed } from "./error.ts";
import { type Instant, instantTime } from "./instant.ts";
import { Sleep } from "./sleep.ts";

/**
 * Polls a future, then a sleep; once the sleep has fired it closes the future and fails. There is no sleep until the
 * future has to wait.
 */
class Timeout<T> extends Leaf<T> {
  private readonly child: Call<T>;
  private readonly driver: TimeDriver;
  /** The clock's time of the deadline. */
  private readonly time: number;
  private sleep: Sleep | null;
  /** Where errors of the child's clean-up go; null until time is up. */
  private sink: DropSink | null;
  /** What is thrown when the child is gone. */
  private reason: unknown;

  constructor(child: Call<T>, driver: TimeDriver, time: number) {
    super();
    this.child = child;
    this.driver = driver;
    this.time = time;
    this.sleep = null;
    this.sink = null;
    this.reason = null;
  }

  override next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, Timeout.prototype.next);
    if (this.sink !== null) return this.close(this.sink);
    const budget = cx.budget;
    let answer: Poll<T>;
    try {
      answer = this.child.next();
    } catch (error) {
      this.sleep?.return();
      throw error;
    }
    if (answer.done) {
      this.sleep?.return();
      return answer;
    }
    if (!this.isTimeUp(budget)) return PENDING;
    this.sink = new DropSink();
    return this.close(this.sink);
  }

  override return(): Closing {
    this.sleep?.return();
    this.sink?.handOver();
    return this.child.return();
  }

  /** Polls the sleep; without a budget when the child has spent it all in this poll, or time would never be up. */
  private isTimeUp(budgetBefore: number): boolean {
    const budget = cx.budget;
    if (budget === 0 && budgetBefore !== 0) cx.budget = -1;
    try {
      this.sleep ??= new Sleep(this.driver, this.time);
      if (!this.sleep.next().done) return false;
      this.reason = new Elapsed();
    } catch (error) {
      this.reason = error;
    } finally {
      cx.budget = budget;
    }
    return true;
  }

  private close(sink: DropSink): Poll<T> {
    if (!closeStep(this.child, sink).done) return PENDING;
    sink.raise();
    throw this.reason;
  }
}

/**
 * Runs a future for at most `ms` milliseconds.
 *
 * @remarks The future is polled before the clock is looked at: one that is ready wins, even against 0 ms. When time is
 * up it is dropped, and its clean-up awaited, before the error is thrown. **Cancel safety**: the future's own.
 *
 * **Errors**: {@link Elapsed} (`ERR_ELAPSED`) when time is up; what the future throws; what its clean-up throws, in
 * place of `Elapsed`.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` when `ms` is NaN or negative, or `f` cannot be run; `ERR_NO_RUNTIME`;
 * `ERR_TIME_DISABLED`.
 * @example
 * ```ts
 * import { type Async, Builder, Elapsed, fn, sleep, timeout } from "treadle";
 *
 * const hurry = fn(function* hurry(): Async<string> {
 *   try {
 *     yield* timeout(5, sleep(60_000));
 *     return "in time";
 *   } catch (error) {
 *     return error instanceof Elapsed ? "too late" : "failed";
 *   }
 * });
 * Builder.newCurrentThread().enableTime().build().blockOn(hurry()); // => "too late"
 * ```
 */
export function timeout<T>(ms: number, f: IntoFuture<T>): Leaf<T> {
  checkDuration("ms of timeout()", ms);
  const driver = currentTimeDriver("timeout()");
  return new Timeout(intoFuture(f), driver, driver.now() + ms);
}

/**
 * As {@link timeout}, with a moment for a deadline.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` when `deadline` is no Instant or `f` cannot be run;
 * `ERR_NO_RUNTIME`; `ERR_TIME_DISABLED`.
 */
export function timeoutAt<T>(deadline: Instant, f: IntoFuture<T>): Leaf<T> {
  const time = instantTime("deadline of timeoutAt()", deadline);
  return new Timeout(intoFuture(f), currentTimeDriver("timeoutAt()"), time);
}
