import { Mutex, mpsc, oneshot, type Runtime, RwLock, Semaphore } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { currentThread, thrownBy } from "../support/runtimes.ts";

describe("blockOn stands for every blocking call: it", () => {
  conforms("sync_mpsc::blocking_recv", "receives what a task sends", () => {
    using rt = currentThread();
    const [tx, rx] = mpsc.channel<number>(1);
    rt.spawn(function* () {
      yield* tx.send(10);
    });
    expect(rt.blockOn(rx.recv())).toBe(10);
  });

  conforms("sync_mpsc::blocking_send", "sends what a task receives", () => {
    using rt = currentThread();
    const [tx, rx] = mpsc.channel<number>(1);
    const received = rt.spawn(function* () {
      return [yield* rx.recv(), yield* rx.recv()];
    });
    rt.blockOn(tx.send(10));
    rt.blockOn(tx.send(11));
    expect(rt.blockOn(received)).toEqual([10, 11]);
  });

  conforms(
    [
      "sync_semaphore::blocking_acquire",
      "sync_semaphore::blocking_acquire_many",
      "sync_semaphore::blocking_acquire_owned",
      "sync_semaphore::blocking_acquire_many_owned",
    ],
    "takes permits that are there",
    () => {
      using rt = currentThread();
      const semaphore = new Semaphore(5);
      for (const count of [1, 3]) {
        const permit = rt.blockOn(semaphore.acquire(count));
        expect(semaphore.availablePermits).toBe(5 - count);
        permit.release();
        expect(semaphore.availablePermits).toBe(5);
      }
    },
  );

  conforms("sync_semaphore::blocking_acquire_waits_for_permit", "waits for a permit", () => {
    using rt = currentThread();
    const semaphore = new Semaphore(0);
    rt.spawn(function* () {
      semaphore.addPermits(1);
    });
    expect(rt.blockOn(semaphore.acquire()).permits).toBe(1);
  });

  conforms("sync_semaphore::blocking_acquire_closed", "throws where the future fails", () => {
    using rt = currentThread();
    const semaphore = new Semaphore(1);
    semaphore.close();
    for (const count of [1, 2]) {
      expect(thrownBy(() => rt.blockOn(semaphore.acquire(count))).code).toBe(
        "ERR_SEMAPHORE_CLOSED",
      );
    }
  });

  conforms(
    [
      "sync_mpsc::blocking_recv_async",
      "sync_mpsc::blocking_send_async",
      "sync_panic::mpsc_bounded_receiver_blocking_recv_panic_caller",
      "sync_panic::mpsc_bounded_receiver_blocking_recv_many_panic_caller",
      "sync_panic::mpsc_bounded_sender_blocking_send_panic_caller",
      "sync_panic::mpsc_unbounded_receiver_blocking_recv_panic_caller",
      "sync_panic::mpsc_unbounded_receiver_blocking_recv_many_panic_caller",
      "sync_panic::mutex_blocking_lock_panic_caller",
      "sync_panic::oneshot_blocking_recv_panic_caller",
      "sync_panic::rwlock_blocking_read_panic_caller",
      "sync_panic::rwlock_blocking_write_panic_caller",
      "sync_semaphore::blocking_acquire_in_async_context",
      "sync_semaphore::blocking_acquire_many_in_async_context",
      "sync_semaphore::blocking_acquire_owned_in_async_context",
      "sync_semaphore::blocking_acquire_many_owned_in_async_context",
    ],
    "is refused inside a runtime, where it was called",
    () => {
      const [tx, rx] = mpsc.channel<number>(1);
      const [, urx] = mpsc.unbounded<number>();
      const futures = (rt: Runtime) => [
        () => rt.blockOn(rx.recv()),
        () => rt.blockOn(rx.recvMany(2)),
        () => rt.blockOn(tx.send(1)),
        () => rt.blockOn(urx.recv()),
        () => rt.blockOn(urx.recvMany(2)),
        () => rt.blockOn(new Mutex(5).lock()),
        () => rt.blockOn(oneshot<number>()[1]),
        () => rt.blockOn(new RwLock(5).read()),
        () => rt.blockOn(new RwLock(5).write()),
        () => rt.blockOn(new Semaphore(1).acquire()),
      ];
      using rt = currentThread();
      using other = currentThread();
      for (const blocking of [...futures(rt), ...futures(other)]) {
        rt.blockOn(function* () {
          const { code, stack } = thrownBy(blocking);
          expect([code, stack?.includes("sync-blocking.test.ts")]).toEqual([
            "ERR_NESTED_RUNTIME",
            true,
          ]);
        });
      }
    },
  );
});
