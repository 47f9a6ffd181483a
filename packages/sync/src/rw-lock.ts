/** The asynchronous reader-writer lock. */
import { type Awaitable, invalidArg, type Poll, readyPoll } from "@treadle/core";
import { AcquireError, guardReleased } from "./error.ts";
import { PermitPool, PermitWait } from "./permit-pool.ts";

/** How many readers a lock admits unless it is told otherwise. */
const MAX_READERS = 2 ** 29 - 1;

/**
 * A value that many readers or one writer may use.
 *
 * @remarks Fair: a writer that waits holds back the readers that come after it, so writers do not starve. A task that
 * holds a read guard and asks for another one while a writer waits in between therefore waits for ever.
 * @example
 * ```ts
 * import { type Async, Builder, fn, RwLock } from "treadle";
 *
 * const main = fn(function* main(): Async<number> {
 *   const lock = new RwLock(5);
 *   const a = yield* lock.read();
 *   const b = yield* lock.read();
 *   const sum = a.value + b.value;
 *   a.release();
 *   b.release();
 *   const w = yield* lock.write();
 *   w.value += 1;
 *   return sum + w.value;
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => 16
 * ```
 */
export class RwLock<T> {
  private readonly pool: PermitPool;
  private readonly maxReaders: number;
  /** @internal What the guards read and write. */
  held: T;

  /**
   * Makes an unlocked lock around `value` that admits at most `maxReaders` readers at a time.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` for a `maxReaders` outside 1 to 2^29 - 1.
   */
  constructor(value: T, maxReaders: number = MAX_READERS) {
    if (!Number.isInteger(maxReaders) || maxReaders < 1 || maxReaders > MAX_READERS) {
      throw invalidArg("maxReaders", maxReaders, `must be a whole number from 1 to ${MAX_READERS}`);
    }
    this.pool = new PermitPool(maxReaders);
    this.maxReaders = maxReaders;
    this.held = value;
  }

  /**
   * Waits for shared access.
   *
   * @remarks **Cancel safety**: safe; dropping the wait loses the place in the queue. Uses the budget.
   */
  read(): Awaitable<ReadGuard<T>> {
    return new ReadWait(this.pool, 1, this);
  }

  /**
   * Waits for exclusive access.
   *
   * @remarks **Cancel safety**: safe; dropping the wait loses the place in the queue. Uses the budget.
   */
  write(): Awaitable<WriteGuard<T>> {
    return new WriteWait(this.pool, this.maxReaders, this);
  }

  /** Takes shared access if no writer holds or awaits the lock; undefined otherwise. */
  tryRead(): ReadGuard<T> | undefined {
    return this.pool.tryTake(1) ? new ReadGuard(this, this.pool) : undefined;
  }

  /** Takes exclusive access if nobody has any; undefined otherwise. */
  tryWrite(): WriteGuard<T> | undefined {
    if (!this.pool.tryTake(this.maxReaders)) return undefined;
    return new WriteGuard(this, this.pool, this.maxReaders);
  }
}

/** Shared access to the value of a {@link RwLock}; `release()` or the end of a `using` block gives it back. */
export class ReadGuard<T> implements Disposable {
  private lock: RwLock<T> | null;
  private readonly pool: PermitPool;

  /** @internal */
  constructor(lock: RwLock<T>, pool: PermitPool) {
    this.lock = lock;
    this.pool = pool;
  }

  /**
   * The value.
   *
   * @throws {@link RuntimeError} `ERR_GUARD_RELEASED` after the release.
   */
  get value(): T {
    if (this.lock === null) throw guardReleased("the read guard of a RwLock");
    return this.lock.held;
  }

  /** Gives the access back; a second call does nothing. */
  release(): void {
    if (this.lock === null) return;
    this.lock = null;
    this.pool.release(1);
  }

  /** As `release()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/** Exclusive access to the value of a {@link RwLock}; `release()` or the end of a `using` block gives it back. */
export class WriteGuard<T> implements Disposable {
  private lock: RwLock<T> | null;
  private readonly pool: PermitPool;
  private readonly permits: number;

  /** @internal */
  constructor(lock: RwLock<T>, pool: PermitPool, permits: number) {
    this.lock = lock;
    this.pool = pool;
    this.permits = permits;
  }

  /**
   * The value.
   *
   * @throws {@link RuntimeError} `ERR_GUARD_RELEASED` after the release.
   */
  get value(): T {
    return this.locked().held;
  }

  /** Replaces the value behind the lock. */
  set value(value: T) {
    this.locked().held = value;
  }

  /** Turns this into shared access with no writer in between; this guard is released afterwards. */
  downgrade(): ReadGuard<T> {
    const reader = new ReadGuard(this.locked(), this.pool);
    this.lock = null;
    this.pool.release(this.permits - 1);
    return reader;
  }

  /** Gives the access back; a second call does nothing. */
  release(): void {
    if (this.lock === null) return;
    this.lock = null;
    this.pool.release(this.permits);
  }

  /** As `release()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }

  private locked(): RwLock<T> {
    if (this.lock === null) throw guardReleased("the write guard of a RwLock");
    return this.lock;
  }
}

abstract class AccessWait<T, G> extends PermitWait<G> {
  protected readonly lock: RwLock<T>;

  constructor(pool: PermitPool, permits: number, lock: RwLock<T>) {
    super(pool, permits);
    this.lock = lock;
  }

  protected override refused(): Error {
    return new AcquireError();
  }
}

class ReadWait<T> extends AccessWait<T, ReadGuard<T>> {
  protected override granted(): Poll<ReadGuard<T>> {
    return readyPoll(new ReadGuard(this.lock, this.pool));
  }
}

class WriteWait<T> extends AccessWait<T, WriteGuard<T>> {
  protected override granted(): Poll<WriteGuard<T>> {
    return readyPoll(new WriteGuard(this.lock, this.pool, this.count));
  }
}
