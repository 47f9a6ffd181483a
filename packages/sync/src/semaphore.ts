/** The counting semaphore and its permits. */
import {
  type Awaitable,
  invalidArg,
  PENDING,
  type Poll,
  readyPoll,
  refundBudget,
  SEND,
  type SendKind,
  sendKind,
  type Waker,
} from "@treadle/core";
import { AcquireError } from "./error.ts";
import { MAX_PERMITS, PermitWait } from "./permit-pool.ts";
import { SemaphorePool } from "./semaphore-pool.ts";
import type { LineWait } from "./shared/shared-line.ts";
import { ASSIGNED, type SharedSemaphore, TAKEN } from "./shared/shared-semaphore.ts";
import { viewSent } from "./shared/view.ts";

/**
 * Counted permits with a fair queue: whoever asks first gets first, also when a later one asks for fewer.
 *
 * @example
 * ```ts
 * import { type Async, Builder, fn, Semaphore } from "treadle";
 *
 * const main = fn(function* main(): Async<number> {
 *   const semaphore = new Semaphore(3);
 *   const permit = yield* semaphore.acquire(2);
 *   const left = semaphore.availablePermits;
 *   permit.release();
 *   return left;
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => 1
 * ```
 */
export class Semaphore {
  /** The largest number of permits a semaphore can have. */
  static readonly MAX_PERMITS: number = MAX_PERMITS;

  private pool: SemaphorePool;

  /**
   * Makes a semaphore with `permits` free permits.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
   */
  constructor(permits: number) {
    this.pool = new SemaphorePool(checkPermits("permits", permits));
  }

  /** @internal The semaphore of threads at `at`, on the thread to which it has come. */
  static came(at: number): Semaphore {
    const semaphore = new Semaphore(0);
    semaphore.pool = SemaphorePool.came(at);
    return semaphore;
  }

  /** @internal */
  shownPool(): SemaphorePool {
    return this.pool;
  }

  /** @internal */
  get [SEND](): SendKind<Semaphore, number> {
    return semaphoreKind;
  }

  /**
   * Waits for `count` permits at once.
   *
   * @remarks **Errors**: {@link AcquireError} (`ERR_SEMAPHORE_CLOSED`) when the semaphore is or gets closed. **Cancel
   * safety**: safe; dropping the wait loses the place in the queue, and permits it already had go to the next. Uses the
   * budget.
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` for a bad `count`.
   */
  acquire(count = 1): Awaitable<Permit> {
    return new Acquire(this.pool, checkPermits("count", count));
  }

  /**
   * Takes `count` permits if they are free now; undefined otherwise.
   *
   * @throws {@link AcquireError} (`ERR_SEMAPHORE_CLOSED`); {@link RuntimeError} `ERR_INVALID_ARG`.
   */
  tryAcquire(count = 1): Permit | undefined {
    checkPermits("count", count);
    const { pool } = this;
    if (pool.isClosed()) throw new AcquireError();
    return pool.tryTake(count) ? new Permit(this.pool, count) : undefined;
  }

  /**
   * Adds `count` new permits; waiters get them first.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG`, also when there would be more than {@link Semaphore.MAX_PERMITS}.
   */
  addPermits(count: number): void {
    checkPermits("count", count);
    const most = this.pool.add(count);
    if (most < MAX_PERMITS + 1)
      throw invalidArg("count", count, `must keep the permits at or below ${most}`);
  }

  /** Takes at most `count` free permits out for good; answers how many there were. */
  forgetPermits(count: number): number {
    return this.pool.forget(checkPermits("count", count));
  }

  /** Permits that nobody has or waits for; 0 while somebody waits. */
  get availablePermits(): number {
    return this.pool.shared === null ? this.pool.free : this.pool.shared.free;
  }

  /** Whether {@link Semaphore.close} was called. */
  get isClosed(): boolean {
    return this.pool.isClosed();
  }

  /** Fails all who wait, and all who will; permits already handed out stay good. */
  close(): void {
    this.pool.close();
  }
}

/** Permits of a semaphore; `release()` or the end of a `using` block gives them back. */
export class Permit implements Disposable {
  private readonly pool: SemaphorePool;
  private count: number;

  /** @internal */
  constructor(pool: SemaphorePool, count: number) {
    this.pool = pool;
    this.count = count;
  }

  /** How many permits this one stands for; 0 once released or forgotten. */
  get permits(): number {
    return this.count;
  }

  /** Gives the permits back; a second call does nothing. */
  release(): void {
    const count = this.count;
    this.count = 0;
    if (count > 0) this.pool.release(count);
  }

  /** Lets the permits go without giving them back: the semaphore has that many fewer for good. */
  forget(): void {
    const count = this.count;
    this.count = 0;
    if (count > 0) this.pool.forgetHeld(count);
  }

  /** Takes `count` of these permits into a new one; undefined when there are not that many. */
  split(count: number): Permit | undefined {
    if (checkPermits("count", count) > this.count) return undefined;
    this.count -= count;
    return new Permit(this.pool, count);
  }

  /**
   * Takes over the permits of `other`, which holds none afterwards.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` when `other` is of another semaphore.
   */
  merge(other: Permit): void {
    if (other.pool !== this.pool) {
      throw invalidArg("other", other, "must be a permit of the same semaphore");
    }
    if (other === this) return;
    this.count += other.count;
    other.count = 0;
  }

  /** As `release()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/** @internal Waits for permits; where the semaphore is one of several threads, in their line. */
export class Acquire extends PermitWait<Permit> implements LineWait {
  declare protected readonly pool: SemaphorePool;
  /** Its place in the line of threads, 0 if it has none. */
  private node: number;

  constructor(pool: SemaphorePool, count: number) {
    super(pool, count);
    this.node = 0;
  }

  protected override turnedAway(waker: Waker): Poll<Permit> {
    const { shared } = this.pool;
    if (shared === null) return super.turnedAway(waker);
    const done = this.isAssigned || this.begin(shared);
    if (shared.isClosed) return super.turnedAway(waker);
    if (done) {
      this.assign(false);
      return this.granted();
    }
    refundBudget();
    this.waker = waker;
    return PENDING;
  }

  private begin(shared: SharedSemaphore): boolean {
    if (this.node !== 0) return false;
    const node = shared.queue(this.count, this);
    if (node > 0) this.node = node;
    // From now on it holds them, until the permit does.
    if (node === TAKEN) this.assign(true);
    return node === TAKEN;
  }

  /** Joins the line of threads in the place of that of this one. */
  move(shared: SharedSemaphore): void {
    if (this.begin(shared)) this.wakeUp();
  }

  ended(state: number): void {
    this.node = 0;
    if (state === ASSIGNED) this.assign(true);
  }

  protected override drop(): void {
    const { node } = this;
    this.node = 0;
    if (node !== 0) this.pool.shared?.giveUp(node);
    super.drop();
  }

  protected override granted(): Poll<Permit> {
    return readyPoll(new Permit(this.pool, this.count));
  }

  protected override refused(): Error {
    return new AcquireError();
  }
}

function checkPermits(name: string, count: number): number {
  if (Number.isInteger(count) && count >= 0 && count <= MAX_PERMITS) return count;
  throw invalidArg(name, count, `must be a whole number from 0 to ${MAX_PERMITS}`);
}

const semaphoreKind = sendKind<Semaphore, number>({
  name: "@treadle/sync/Semaphore",
  encode: (semaphore) => semaphore.shownPool().share(),
  decode: (at) => Semaphore.came(at),
  sent: (semaphore) => viewSent(semaphore.shownPool().shared),
  discard: (at) => void Semaphore.came(at),
});
