/** The asynchronous mutex: a lock that may be held across waits. */
import {
  type Async,
  type Awaitable,
  callOf,
  type Future,
  fn,
  type Poll,
  readyPoll,
} from "@treadle/core";
import { AcquireError, guardReleased } from "./error.ts";
import { PermitPool, PermitWait } from "./permit-pool.ts";

/**
 * A value that one task at a time may use, in the order in which they asked.
 *
 * @remarks There is no poisoning: a task that fails releases the lock in its `finally` or `using` block, and the value
 * stays as it left it.
 * @example
 * ```ts
 * import { type Async, type Future, Builder, fn, Mutex } from "treadle";
 *
 * const main = fn(function* main(): Async<number> {
 *   const count = new Mutex(1);
 *   const guard = yield* count.lock();
 *   try {
 *     guard.value += 1;
 *   } finally {
 *     guard.release();
 *   }
 *   return (yield* count.lock()).value;
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => 2
 * ```
 */
export class Mutex<T> {
  private readonly pool: PermitPool;
  /** @internal What the guard reads and writes. */
  held: T;

  /** Makes an unlocked mutex around `value`. */
  constructor(value: T) {
    this.pool = new PermitPool(1);
    this.held = value;
  }

  /**
   * Waits for the lock.
   *
   * @remarks **Cancel safety**: safe; dropping the wait loses the place in the queue, and a lock it already had goes to
   * the next. Uses the budget.
   */
  lock(): Awaitable<Guard<T>> {
    return new Lock(this.pool, this);
  }

  /** Takes the lock if it is free now; undefined otherwise. */
  tryLock(): Guard<T> | undefined {
    return this.pool.tryTake(1) ? new Guard(this, this.pool) : undefined;
  }

  /** Whether somebody holds the lock. */
  get isLocked(): boolean {
    return this.pool.free === 0;
  }

  /**
   * Runs `f` with the lock and releases it afterwards, also when `f` fails or is dropped.
   *
   * @remarks **Errors**: what `f` throws. **Cancel safety**: that of `f`; the lock is released when its clean-up has
   * ended.
   */
  withLock<R>(f: (guard: Guard<T>) => Async<R> | Future<R>): Awaitable<R> {
    return runLocked(this as Mutex<unknown>, f as never) as Awaitable<R>;
  }
}

const runLocked = fn(function* withLock(
  mutex: Mutex<unknown>,
  f: (guard: Guard<unknown>) => Future<unknown>,
): Async<unknown> {
  const guard = yield* mutex.lock();
  try {
    return yield* callOf(f, [guard]);
  } finally {
    guard.release();
  }
});

/** The lock of a {@link Mutex}, held; `release()` or the end of a `using` block gives it to the next. */
export class Guard<T> implements Disposable {
  private mutex: Mutex<T> | null;
  private readonly pool: PermitPool;

  /** @internal */
  constructor(mutex: Mutex<T>, pool: PermitPool) {
    this.mutex = mutex;
    this.pool = pool;
  }

  /**
   * The value behind the lock.
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

  /** Gives the lock to the next; a second call does nothing. */
  release(): void {
    if (this.mutex === null) return;
    this.mutex = null;
    this.pool.release(1);
  }

  /** As `release()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }

  private locked(): Mutex<T> {
    if (this.mutex === null) throw guardReleased("the guard of a Mutex");
    return this.mutex;
  }
}

class Lock<T> extends PermitWait<Guard<T>> {
  private readonly mutex: Mutex<T>;

  constructor(pool: PermitPool, mutex: Mutex<T>) {
    super(pool, 1);
    this.mutex = mutex;
  }

  protected override granted(): Poll<Guard<T>> {
    return readyPoll(new Guard(this.mutex, this.pool));
  }

  protected override refused(): Error {
    return new AcquireError();
  }
}
