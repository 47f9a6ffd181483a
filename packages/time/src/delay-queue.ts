/**
 * A queue whose values come out when their time has come.
 *
 * **Layout.** The values lie in a wheel of the queue's own, so thousands of them are one timer of the driver: the
 * {@link QueueTimer}, registered for the wheel's next expiration, and only while somebody waits in `next()`. So a
 * queue that nobody waits for wakes nothing, keeps no process alive and is garbage once it is let go.
 *
 * **Who writes.** `waiters`: the {@link NextExpired} futures, at each poll and when they end. The wheel's `elapsed`
 * moves in `take` (to now) and when the timer fires (to its tick).
 *
 * **Invariants.**
 * 1. While somebody waits and nothing is due, the timer is registered for the wheel's next expiration, if there is one.
 * 2. When something becomes due the first waiter is woken; a waiter that ends passes what is left on to the next.
 */
import {
  cx,
  invalidArg,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
  type Waker,
} from "@treadle/core";
import { currentTimeDriver, type TimeDriver } from "./driver.ts";
import type { TimerEntry } from "./entry.ts";
import { checkDuration, timeShutdown } from "./error.ts";
import { Instant, instantTime } from "./instant.ts";
import { UNLINKED, Wheel, type WheelEntry } from "./wheel/index.ts";

/** A value whose time has come. */
export interface Expired<T> {
  readonly value: T;
  /** The moment for which it was inserted. */
  readonly deadline: Instant;
}

/** Names one value in a {@link DelayQueue}, for `remove` and `reset`. */
export class DelayKey<T> {
  /** @internal */
  before: WheelEntry | null;
  /** @internal */
  after: WheelEntry | null;
  /** @internal */
  slot: number;
  /** @internal */
  when: number;
  /** @internal */
  time: number;
  /** @internal */
  value: T;
  /** @internal */
  readonly queue: DelayQueue<T>;

  /** @internal */
  constructor(queue: DelayQueue<T>, value: T) {
    this.before = null;
    this.after = null;
    this.slot = UNLINKED;
    this.when = 0;
    this.time = 0;
    this.value = value;
    this.queue = queue;
  }
}

/** The queue's one entry in the driver. */
class QueueTimer implements TimerEntry {
  before: WheelEntry | null = null;
  after: WheelEntry | null = null;
  slot: number = UNLINKED;
  when = 0;
  private readonly fired: (tick: number) => void;

  constructor(fired: (tick: number) => void) {
    this.fired = fired;
  }

  fire(): void {
    this.fired(this.when);
  }
}

class NextExpired<T> extends Leaf<Expired<T>> {
  waker: Waker | null = null;
  private readonly queue: DelayQueue<T>;

  constructor(queue: DelayQueue<T>) {
    super();
    this.queue = queue;
  }

  override next(): Poll<Expired<T>> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, NextExpired.prototype.next);
    if (!pollProceed()) return PENDING;
    const expired = this.queue.take(this);
    if (expired !== null) return readyPoll(expired);
    refundBudget();
    this.waker = waker;
    return PENDING;
  }

  protected override drop(): void {
    this.queue.leave(this);
  }
}

/**
 * A queue of values with deadlines: `next()` waits for the value that is due first.
 *
 * @remarks Ordered by deadline, in steps of 1 ms; values of the same millisecond come in the order of their insertion.
 * `insert`, `remove` and `reset` take constant time (values inserted after their deadline has passed are sorted among
 * themselves). Belongs to the runtime in which it was made.
 * @example
 * ```ts
 * import { type Async, Builder, DelayQueue, fn } from "treadle";
 *
 * const order = fn(function* order(): Async<string[]> {
 *   const queue = new DelayQueue<string>();
 *   queue.insert("second", 4);
 *   queue.insert("first", 2);
 *   const a = yield* queue.next();
 *   const b = yield* queue.next();
 *   return [a.value, b.value];
 * });
 * Builder.newCurrentThread().enableTime().startPaused(true).build().blockOn(order()); // => ["first", "second"]
 * ```
 */
export class DelayQueue<T> implements AsyncIterable<Expired<T>> {
  private readonly driver: TimeDriver;
  private readonly wheel: Wheel<DelayKey<T>>;
  private readonly timer: QueueTimer;
  private readonly waiters: Set<NextExpired<T>>;
  private count: number;

  /**
   * Makes an empty queue.
   *
   * @throws {@link RuntimeError} `ERR_NO_RUNTIME`; `ERR_TIME_DISABLED`.
   */
  constructor() {
    this.driver = currentTimeDriver("new DelayQueue()");
    this.wheel = new Wheel();
    this.timer = new QueueTimer((tick) => this.expire(tick));
    this.waiters = new Set();
    this.count = 0;
  }

  /** How many values are in it, due or not. */
  get size(): number {
    return this.count;
  }

  /**
   * Inserts a value that is due `ms` milliseconds from now; Infinity keeps it until it is removed or reset.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` for NaN and negative numbers.
   */
  insert(value: T, ms: number): DelayKey<T> {
    checkDuration("ms of DelayQueue.insert()", ms);
    return this.add(value, this.driver.now() + ms);
  }

  /**
   * Inserts a value that is due at a moment.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` when `deadline` is no Instant.
   */
  insertAt(value: T, deadline: Instant): DelayKey<T> {
    return this.add(value, instantTime("deadline of DelayQueue.insertAt()", deadline));
  }

  /**
   * Takes a value out before its time; undefined when it has come out already.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` when the key is not of this queue.
   */
  remove(key: DelayKey<T>): T | undefined {
    this.checkKey(key);
    if (key.slot === UNLINKED) return undefined;
    this.wheel.remove(key);
    this.count--;
    this.rearm();
    return key.value;
  }

  /**
   * Makes a value due `ms` milliseconds from now instead; false when it has come out already.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` for NaN, negative numbers and keys of other queues.
   */
  reset(key: DelayKey<T>, ms: number): boolean {
    checkDuration("ms of DelayQueue.reset()", ms);
    return this.move(key, this.driver.now() + ms);
  }

  /**
   * Makes a value due at a moment instead; false when it has come out already.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` when `deadline` is no Instant, or the key is of another queue.
   */
  resetAt(key: DelayKey<T>, deadline: Instant): boolean {
    return this.move(key, instantTime("deadline of DelayQueue.resetAt()", deadline));
  }

  /** Removes all values. */
  clear(): void {
    while (this.wheel.takeAny() !== null) this.count--;
    this.rearm();
  }

  /**
   * Waits for the value that is due first, also while the queue is empty.
   *
   * @remarks Several may wait; the one that waits longest gets the first value. **Errors**: `ERR_TIME_SHUTDOWN`.
   * **Cancel safety**: safe, no value is lost. Uses the budget.
   */
  next(): Leaf<Expired<T>> {
    return new NextExpired(this);
  }

  /** Yields values for ever: `for await (const { value } of queue)` in an async function. */
  [Symbol.asyncIterator](): AsyncIterator<Expired<T>, undefined> {
    return {
      next: () => this.next().then((value) => ({ done: false, value })),
      return: async () => ({ done: true, value: undefined }),
    };
  }

  /** @internal One poll of a waiter. */
  take(waiter: NextExpired<T>): Expired<T> | null {
    if (this.driver.isShutdown) throw timeShutdown();
    const key = this.pollWheel();
    if (key === null) {
      this.waiters.add(waiter);
      this.rearm();
      return null;
    }
    this.count--;
    this.leave(waiter);
    return { value: key.value, deadline: new Instant(key.time) };
  }

  /** @internal A waiter ends. */
  leave(waiter: NextExpired<T>): void {
    this.waiters.delete(waiter);
    this.rearm();
  }

  private pollWheel(): DelayKey<T> | null {
    if (this.count === 0) return null;
    // What was found due before needs no look at the clock.
    const wheel = this.wheel;
    return wheel.poll(wheel.elapsed) ?? wheel.poll(this.driver.source.nowToTick(this.driver.now()));
  }

  private add(value: T, time: number): DelayKey<T> {
    const key = new DelayKey(this, value);
    this.count++;
    this.place(key, time);
    return key;
  }

  private move(key: DelayKey<T>, time: number): boolean {
    this.checkKey(key);
    if (key.slot === UNLINKED) return false;
    this.wheel.remove(key);
    this.place(key, time);
    return true;
  }

  private place(key: DelayKey<T>, time: number): void {
    const tick = this.driver.source.deadlineToTick(time);
    key.time = time;
    if (this.wheel.size === 0) this.wheel.startAt(this.driver.recentTick());
    if (!this.wheel.insert(key, tick)) this.wheel.insertDue(key, tick);
    this.rearm();
  }

  /** Sets the timer to what the first waiter waits for; wakes it when that is due. */
  private rearm(): void {
    const tick = this.waiters.size === 0 ? Infinity : this.wheel.nextExpiration();
    if (tick === Infinity) this.driver.cancel(this.timer);
    else if (this.timer.slot === UNLINKED || this.timer.when !== tick) this.setTimer(tick);
  }

  private setTimer(tick: number): void {
    this.driver.cancel(this.timer);
    if (!this.driver.register(this.timer, tick)) this.expire(tick);
  }

  private expire(tick: number): void {
    if (this.driver.isShutdown) this.wakeAll();
    else if (this.wheel.settle(tick)) this.wakeFirst();
    else this.rearm();
  }

  private wakeFirst(): void {
    for (const waiter of this.waiters) {
      waiter.waker?.wake();
      return;
    }
  }

  private wakeAll(): void {
    for (const waiter of this.waiters) waiter.waker?.wake();
  }

  private checkKey(key: DelayKey<T>): void {
    if (key?.queue !== this) throw invalidArg("key", key, "must come from insert() of this queue");
  }
}
