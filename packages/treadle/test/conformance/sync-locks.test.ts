import {
  type Async,
  Barrier,
  fn,
  type Guard,
  interval,
  Mutex,
  Notify,
  RwLock,
  Semaphore,
  spawn,
  timeout,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand } from "../support/hand.ts";
import { currentThread, pausedThread, thrownBy } from "../support/runtimes.ts";

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("a mutex", () => {
  conforms(
    ["sync_mutex::aborted_future_1", "sync_mutex_owned::aborted_future_1"],
    "is free again when the future that held it was dropped",
    () => {
      using rt = pausedThread();
      rt.blockOn(function* () {
        const mutex = new Mutex(0);
        const holder = fn(function* holder(): Async<void> {
          using _ = yield* mutex.lock();
          const ticks = interval(1_000);
          yield* ticks.tick();
          yield* ticks.tick();
        });
        const late = yield* spawn(timeout(1, holder())).outcome();
        expect(late).toMatchObject({ status: "failed", error: { code: "ERR_ELAPSED" } });
        yield* timeout(1, mutex.lock());
      });
    },
  );

  conforms(
    ["sync_mutex::aborted_future_2", "sync_mutex_owned::aborted_future_2"],
    "is not taken by a future that was dropped while it waited",
    () => {
      using rt = pausedThread();
      rt.blockOn(function* () {
        const mutex = new Mutex(0);
        const held = yield* mutex.lock();
        const late = yield* spawn(timeout(1, mutex.lock())).outcome();
        expect(late).toMatchObject({ status: "failed", error: { code: "ERR_ELAPSED" } });
        held.release();
        yield* timeout(1, mutex.lock());
      });
    },
  );
});

describe("a read-write lock", () => {
  conforms("sync_rwlock::exhaust_reading", "lets so many readers in and no more", () => {
    const lock = new RwLock(100, 1_024);
    const readers = upTo(1_024).map(() => lock.tryRead());
    expect(readers.every((reader) => reader?.value === 100)).toBe(true);
    const next = new Hand(lock.read());
    expect(next.isReady()).toBe(false);
    readers.pop()?.release();
    expect([next.wakes, next.isReady()]).toEqual([1, true]);
  });

  conforms(
    ["sync_rwlock::write_uncontested", "sync_rwlock::try_read_try_write"],
    "shows readers what the last writer has written, and lets one kind in at a time",
    () => {
      const lock = new RwLock(15);
      const first = lock.tryRead();
      expect([first?.value, lock.tryWrite(), lock.tryRead()?.release()]).toEqual([
        15,
        undefined,
        undefined,
      ]);
      first?.release();
      const writer = lock.tryWrite();
      if (writer !== undefined) writer.value += 1_500;
      expect([writer?.value, lock.tryRead(), lock.tryWrite()]).toEqual([
        1_515,
        undefined,
        undefined,
      ]);
      writer?.release();
      expect(lock.tryRead()?.value).toBe(1_515);
    },
  );

  conforms(
    "sync_rwlock::write_order",
    "is taken in the order of the first polls, not of the calls",
    () => {
      using rt = currentThread();
      rt.blockOn(function* () {
        const lock = new RwLock<number[]>([]);
        const [second, first] = [lock.write(), lock.write()];
        for (const [future, n] of [
          [first, 1],
          [second, 2],
        ] as const) {
          using guard = yield* future;
          guard.value.push(n);
        }
        expect((yield* lock.read()).value).toEqual([1, 2]);
      });
    },
  );

  conforms("sync_rwlock::multithreaded", "loses nothing of what several tasks write", () => {
    using rt = currentThread();
    rt.blockOn(function* () {
      const lock = new RwLock(0);
      const barrier = new Barrier(5);
      const writer = fn(function* writer(step: number): Async<void> {
        for (let i = 0; i < 1_000; i++) {
          using guard = yield* lock.write();
          guard.value += step;
        }
        yield* barrier.wait();
      });
      for (const step of [2, 3, 5, 7]) spawn(writer, step);
      yield* barrier.wait();
      expect((yield* lock.read()).value).toBe(17_000);
    });
  });
});

describe("a semaphore", () => {
  conforms(
    [
      "sync_semaphore::try_acquire",
      "sync_semaphore_owned::try_acquire",
      "sync_semaphore_owned::try_acquire_many",
      "sync/tests/semaphore_batch::try_acquire_one_available",
      "sync/tests/semaphore_batch::try_acquire_many_available",
      "sync/tests/semaphore_batch::try_acquire_one_unavailable",
      "sync/tests/semaphore_batch::try_acquire_many_unavailable",
    ],
    "gives as many permits at once as it has, and none when they are too few",
    () => {
      const semaphore = new Semaphore(10);
      const five = semaphore.tryAcquire(5);
      expect([five?.permits, semaphore.availablePermits]).toEqual([5, 5]);
      const four = semaphore.tryAcquire(4);
      expect([semaphore.availablePermits, semaphore.tryAcquire(2)]).toEqual([1, undefined]);
      const last = semaphore.tryAcquire();
      expect([semaphore.availablePermits, semaphore.tryAcquire()]).toEqual([0, undefined]);
      last?.release();
      four?.release();
      expect([semaphore.availablePermits, semaphore.tryAcquire(6)]).toEqual([5, undefined]);
      five?.release();
      expect(semaphore.tryAcquire(10)?.permits).toBe(10);
    },
  );

  conforms(
    [
      "sync_semaphore_owned::acquire_many",
      "sync/tests/semaphore_batch::poll_acquire_many_available",
    ],
    "gives several permits in one poll when it has them",
    () => {
      const semaphore = new Semaphore(100);
      for (const left of [95, 90]) {
        expect(new Hand(semaphore.acquire(5)).isReady()).toBe(true);
        expect(semaphore.availablePermits).toBe(left);
      }
    },
  );

  conforms(
    [
      "sync_semaphore::add_permits_open",
      "sync_semaphore::add_permits_closed",
      "sync_semaphore::forget_open",
      "sync_semaphore::forget_closed",
    ],
    "gains and loses permits, closed or not, but never has less than none",
    () => {
      const check = (permits: number, count: number, close: boolean) => {
        const semaphore = new Semaphore(permits);
        if (close) semaphore.close();
        semaphore.addPermits(count);
        expect([semaphore.availablePermits, semaphore.isClosed]).toEqual([permits + count, close]);
        expect(semaphore.forgetPermits(2 * count)).toBe(Math.min(2 * count, permits + count));
        expect(semaphore.availablePermits).toBe(Math.max(0, permits - count));
        expect(semaphore.isClosed).toBe(close);
      };
      for (const permits of upTo(4)) {
        for (const count of upTo(4)) {
          check(permits, count, false);
          check(permits, count, true);
        }
      }
    },
  );

  conforms(
    "sync/tests/semaphore_batch::update_permits_many_times",
    "has what is left over when a waiter got more than it missed",
    () => {
      const semaphore = new Semaphore(5);
      const waiting = new Hand(semaphore.acquire(7));
      expect(waiting.isReady()).toBe(false);
      semaphore.addPermits(5);
      expect([waiting.isReady(), semaphore.availablePermits]).toEqual([true, 3]);
      expect([semaphore.forgetPermits(3), semaphore.availablePermits]).toEqual([3, 0]);
    },
  );

  conforms(
    ["sync_semaphore::add_max_amount_permits", "sync_semaphore::add_more_than_max_amount_permits2"],
    "has at most MAX_PERMITS",
    () => {
      const semaphore = new Semaphore(0);
      semaphore.addPermits(Semaphore.MAX_PERMITS);
      expect(semaphore.availablePermits).toBe(Semaphore.MAX_PERMITS);
      const almost = new Semaphore(Semaphore.MAX_PERMITS - 1);
      almost.addPermits(1);
      expect(thrownBy(() => almost.addPermits(1)).code).toBe("ERR_INVALID_ARG");
    },
  );

  conforms(
    ["sync_semaphore::stress_test", "sync_semaphore_owned::stress_test"],
    "has all its permits again after a thousand tasks have used them",
    () => {
      using rt = currentThread();
      const semaphore = new Semaphore(5);
      rt.blockOn(function* () {
        const use = fn(function* use(): Async<void> {
          using _ = yield* semaphore.acquire();
        });
        const tasks = upTo(1_000).map(() => spawn(use));
        for (const task of tasks) yield* task;
      });
      expect(upTo(6).map(() => semaphore.tryAcquire() !== undefined)).toEqual([
        true,
        true,
        true,
        true,
        true,
        false,
      ]);
    },
  );
});

describe("Notify", () => {
  conforms(
    [
      "sync_notify::notify_one_after_dropped_all",
      "sync_notify_owned::notify_one_after_dropped_all",
    ],
    "keeps a notification that came after all were notified, though one of them is dropped",
    () => {
      const notify = new Notify();
      const future = notify.notified();
      expect(new Hand(future).isReady()).toBe(false);
      notify.notifyWaiters();
      notify.notifyOne();
      future.return();
      expect(new Hand(notify.notified()).isReady()).toBe(true);
    },
  );

  conforms(
    "sync/tests/notify::notify_waiters_handles_panicking_waker",
    "has notified all, though the waker of one throws",
    () => {
      const notify = new Notify();
      const boom = new Error("boom");
      const bad = new Hand(notify.notified(), () => {
        throw boom;
      });
      bad.poll();
      const others = upTo(40).map(() => new Hand(notify.notified()));
      for (const hand of others) hand.poll();
      expect(thrownBy(() => notify.notifyWaiters())).toBe(boom);
      expect(others.map((hand) => hand.wakes)).toEqual(others.map(() => 1));
      expect(others.every((hand) => hand.isReady())).toBe(true);
    },
  );
});

describe("a guard", () => {
  conforms(
    "sync_mutex_owned::straight_execution",
    "is not bound to the block in which it was made",
    () => {
      const mutex = new Mutex(100);
      const take = (): Guard<number> => {
        const guard = mutex.tryLock();
        if (guard === undefined) throw new Error("locked");
        return guard;
      };
      for (const n of [100, 99, 98]) {
        const guard = take();
        expect(guard.value--).toBe(n);
        guard.release();
      }
    },
  );
});
