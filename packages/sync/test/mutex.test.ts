import { type Async, type Future, fn } from "@treadle/core";
import { type Guard, Mutex, Notify } from "@treadle/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { costOf, type Manual, manual, polled } from "./manual.ts";

const take = <T>(task: Manual<Guard<T>>): Guard<T> => {
  expect(task.status).toBe("ok");
  return task.value as Guard<T>;
};

describe("Mutex", () => {
  conforms(
    [
      "sync_mutex::straight_execution",
      "sync_mutex::readiness",
      "sync_mutex_owned::straight_execution",
      "sync_mutex_owned::readiness",
    ],
    "one holds it, the next is woken by the release, and sees what the first has written",
    () => {
      const mutex = new Mutex(1);
      const first = take(polled(mutex.lock()));
      const next = polled(mutex.lock());
      expect(next.status).toBe("pending");
      first.value += 1;
      first.release();
      expect([next.wakes, next.poll()]).toEqual([1, "ok"]);
      expect(take(next).value).toBe(2);
    },
  );

  test("a released guard gives access to nothing", () => {
    const mutex = new Mutex(1);
    const guard = mutex.tryLock() as Guard<number>;
    guard.release();
    guard.release();
    expect(mutex.isLocked).toBe(false);
    expect(() => guard.value).toThrow(expect.objectContaining({ code: "ERR_GUARD_RELEASED" }));
    expect(() => {
      guard.value = 3;
    }).toThrow(/after its release/);
  });

  conforms(
    ["sync_mutex::try_lock", "sync_mutex_owned::try_lock_owned"],
    "tryLock gets nothing while it is held or awaited",
    () => {
      const mutex = new Mutex(0);
      const guard = mutex.tryLock() as Guard<number>;
      expect(mutex.tryLock()).toBeUndefined();
      const waiting = polled(mutex.lock());
      guard.release();
      expect(mutex.tryLock()).toBeUndefined();
      waiting.drop();
      expect(mutex.tryLock()).toBeDefined();
    },
  );

  test("a wait that was dropped, before or after it was woken, passes the lock on", () => {
    const mutex = new Mutex(0);
    const held = take(polled(mutex.lock()));
    const [a, b, c] = [polled(mutex.lock()), polled(mutex.lock()), polled(mutex.lock())];
    a.drop();
    held.release();
    expect([b.wakes, c.wakes]).toEqual([1, 0]);
    b.drop();
    expect(c.wakes).toBe(1);
    expect(c.poll()).toBe("ok");
  });

  test("withLock releases after a value, after a failure, and after a drop's clean-up", () => {
    const ex = new TestExecutor();
    const mutex = new Mutex(1);
    const cleaned = new Notify();
    const stuck = new Notify();
    const add = fn(function* add(guard: Guard<number>): Async<number> {
      guard.value += 1;
      return guard.value;
    });
    expect(ex.finish(mutex.withLock(add))).toBe(2);
    const fail = (): Future<never> => {
      throw new Error("no");
    };
    expect(() => ex.finish(mutex.withLock(fail))).toThrow("no");
    expect(mutex.isLocked).toBe(false);
    const task = ex.spawn(
      mutex.withLock(function* (): Async<void> {
        try {
          yield* stuck.notified();
        } finally {
          yield* cleaned.notified();
        }
      }),
    );
    ex.run();
    task.drop();
    ex.run();
    expect([task.status, mutex.isLocked]).toEqual(["pending", true]);
    cleaned.notifyOne();
    ex.run();
    expect([task.status, mutex.isLocked]).toEqual(["dropped", false]);
  });

  test("locking costs a unit of the budget, waiting none", () => {
    const mutex = new Mutex(0);
    expect(costOf(mutex.lock())).toBe(1);
    expect(costOf(mutex.lock())).toBe(0);
  });
});

test("random locks, drops and releases: one holder at a time, first come first served, nothing lost", () => {
  const command = fc.record({
    do: fc.constantFrom("lock", "poll", "drop", "release"),
    n: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const mutex = new Mutex(0);
      const tasks: Manual<Guard<number>>[] = [];
      // Who may have the lock, in order: the first owns it, polled or not.
      let line: number[] = [];
      let holder: Guard<number> | undefined;
      for (const { do: what, n } of commands) {
        const id = n % Math.max(1, tasks.length);
        const task = tasks[id];
        if (what === "lock") tasks.push(manual(mutex.lock()));
        else if (what === "release" && holder !== undefined) {
          holder.release();
          holder = undefined;
          line.shift();
        } else if (task?.status === "pending") {
          if (what === "drop") {
            task.drop();
            line = line.filter((other) => other !== id);
          } else if (what === "poll") {
            if (!line.includes(id)) line.push(id);
            const mine = line[0] === id;
            expect(task.poll()).toBe(mine ? "ok" : "pending");
            if (mine) holder = take(task);
          }
        }
        expect(mutex.isLocked).toBe(line.length > 0);
      }
    }),
    { numRuns: 500 },
  );
});
