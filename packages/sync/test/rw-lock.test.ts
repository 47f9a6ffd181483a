import { type ReadGuard, RwLock, type WriteGuard } from "@treadle/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { costOf, type Manual, manual, polled } from "./manual.ts";

describe("RwLock", () => {
  conforms(
    ["sync_rwlock::read_shared", "sync_rwlock::read_uncontested"],
    "readers share, and see the same value",
    () => {
      const lock = new RwLock({ n: 1 });
      const [a, b] = [polled(lock.read()), polled(lock.read())];
      expect(a.value?.value).toBe(b.value?.value);
      expect(lock.tryWrite()).toBeUndefined();
    },
  );

  conforms(
    ["sync_rwlock::write_shared_pending", "sync_rwlock::write_shared_drop"],
    "a writer waits for all readers and is woken once",
    () => {
      const lock = new RwLock(0);
      const [a, b] = [polled(lock.read()), polled(lock.read())];
      const writer = polled(lock.write());
      a.value?.release();
      expect(writer.wakes).toBe(0);
      b.value?.release();
      expect([writer.wakes, writer.poll()]).toEqual([1, "ok"]);
      expect(lock.tryRead()).toBeUndefined();
    },
  );

  conforms(
    [
      "sync_rwlock::write_read_shared_pending",
      "sync_rwlock::write_read_shared_drop_pending",
      "sync_rwlock::try_write",
    ],
    "a waiting writer holds back the readers that come later",
    () => {
      const lock = new RwLock(0);
      const reader = polled(lock.read());
      const writer = polled(lock.write());
      const later = polled(lock.read());
      expect([later.status, lock.tryRead()]).toEqual(["pending", undefined]);
      writer.drop();
      expect([later.wakes, later.poll()]).toEqual([1, "ok"]);
      reader.value?.release();
      later.value?.release();
      expect(lock.tryWrite()).toBeDefined();
    },
  );

  conforms(
    ["sync_rwlock::read_exclusive_pending", "sync_rwlock::write_exclusive_pending"],
    "a writer's release lets all readers up to the next writer in",
    () => {
      const lock = new RwLock(0);
      const writer = lock.tryWrite() as WriteGuard<number>;
      const waits = [lock.read(), lock.read(), lock.write(), lock.read()].map((w) =>
        polled(w as never),
      );
      writer.value = 5;
      writer.release();
      expect(waits.map((w) => w.poll())).toEqual(["ok", "ok", "pending", "pending"]);
      const first = waits[0]?.value as unknown as ReadGuard<number> | undefined;
      expect(first?.value).toBe(5);
    },
  );

  test("downgrading lets readers in and no writer between", () => {
    const lock = new RwLock(0);
    const writer = lock.tryWrite() as WriteGuard<number>;
    const reader = polled(lock.read());
    const other = polled(lock.write());
    writer.value = 1;
    const shared = writer.downgrade();
    expect([reader.poll(), other.poll()]).toEqual(["ok", "pending"]);
    expect([shared.value, reader.value?.value]).toEqual([1, 1]);
    expect(() => writer.value).toThrow(/write guard of a RwLock/);
    expect(() => writer.downgrade()).toThrow(/after its release/);
    writer.release();
    shared.release();
    shared.release();
    expect(other.wakes).toBe(0);
    reader.value?.release();
    expect(other.poll()).toBe("ok");
    expect(() => shared.value).toThrow(expect.objectContaining({ code: "ERR_GUARD_RELEASED" }));
  });

  conforms(
    [
      "sync_rwlock::zero_max_readers",
      "sync_panic::rwlock_with_max_readers_panic_caller",
      "sync_rwlock::zero_max_readers_const",
    ],
    "no more readers than it was made for",
    () => {
      const lock = new RwLock(0, 2);
      using a = lock.tryRead();
      {
        using b = lock.tryRead();
        expect([a !== undefined, b !== undefined, lock.tryRead()]).toEqual([true, true, undefined]);
      }
      expect(lock.tryRead()).toBeDefined();
      for (const bad of [0, -1, 1.5, 2 ** 29, Number.NaN]) {
        expect(() => new RwLock(0, bad)).toThrow(
          expect.objectContaining({ code: "ERR_INVALID_ARG" }),
        );
      }
    },
  );

  test("access costs a unit of the budget, waiting none", () => {
    const lock = new RwLock(0);
    expect([costOf(lock.read()), costOf(lock.write()), costOf(lock.read())]).toEqual([1, 0, 0]);
  });
});

test("random use agrees with a queue of readers and writers", () => {
  type Task = { kind: "r" | "w"; task: Manual<ReadGuard<number> | WriteGuard<number>> };
  const command = fc.record({
    do: fc.constantFrom("read", "write", "poll", "poll", "drop", "release", "release", "downgrade"),
    n: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const lock = new RwLock(0);
      const tasks: Task[] = [];
      let waiting: number[] = [];
      let active: number[] = [];
      const kinds = new Map<number, "r" | "w">();
      const open = (id: number): boolean =>
        active.length === 0 ||
        (kinds.get(id) === "r" && active.every((other) => kinds.get(other) === "r"));
      const admit = (): void => {
        while (waiting.length > 0 && open(waiting[0] as number))
          active.push(waiting.shift() as number);
      };
      const guards = new Map<number, ReadGuard<number> | WriteGuard<number>>();
      for (const { do: what, n } of commands) {
        if (what === "read" || what === "write") {
          kinds.set(tasks.length, what === "read" ? "r" : "w");
          const task = manual<ReadGuard<number> | WriteGuard<number>>(
            what === "read" ? lock.read() : lock.write(),
          );
          tasks.push({ kind: what === "read" ? "r" : "w", task });
          continue;
        }
        const id = n % Math.max(1, tasks.length);
        const task = tasks[id]?.task;
        const guard = guards.get(id);
        if (what === "release" && guard !== undefined) {
          guard.release();
          guards.delete(id);
          active = active.filter((other) => other !== id);
          admit();
        } else if (what === "downgrade" && guard !== undefined && kinds.get(id) === "w") {
          guards.set(id, (guard as WriteGuard<number>).downgrade());
          kinds.set(id, "r");
          admit();
        } else if (task?.status === "pending" && what === "drop") {
          task.drop();
          waiting = waiting.filter((other) => other !== id);
          active = active.filter((other) => other !== id);
          admit();
        } else if (task?.status === "pending" && what === "poll") {
          if (!waiting.includes(id) && !active.includes(id)) waiting.push(id);
          if (waiting.length === 1) admit();
          const expected = active.includes(id) ? "ok" : "pending";
          expect(task.poll()).toBe(expected);
          if (task.value !== undefined) guards.set(id, task.value);
        }
        const writable = lock.tryWrite();
        expect(writable !== undefined).toBe(active.length === 0 && waiting.length === 0);
        writable?.release();
      }
    }),
    { numRuns: 500 },
  );
});
