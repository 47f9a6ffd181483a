import { type Permit, Semaphore } from "@treadle/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { costOf, type Manual, manual, polled } from "./manual.ts";

const take = (task: Manual<Permit>): Permit => {
  expect(task.status).toBe("ok");
  return task.value as Permit;
};

describe("Semaphore", () => {
  conforms(
    [
      "sync_semaphore::acquire",
      "sync_semaphore_owned::acquire",
      "sync/tests/semaphore_batch::poll_acquire_one_available",
    ],
    "a free permit is taken in the first poll",
    () => {
      const semaphore = new Semaphore(2);
      const task = polled(semaphore.acquire());
      expect(take(task).permits).toBe(1);
      expect(semaphore.availablePermits).toBe(1);
      expect(task.wakes).toBe(0);
    },
  );

  test("nothing is taken before the first poll", () => {
    const semaphore = new Semaphore(1);
    manual(semaphore.acquire());
    expect(semaphore.availablePermits).toBe(1);
  });

  conforms(
    "sync/tests/semaphore_batch::poll_acquire_one_unavailable",
    "a release wakes the first waiter once, and only that one",
    () => {
      const semaphore = new Semaphore(1);
      const held = take(polled(semaphore.acquire()));
      const a = polled(semaphore.acquire());
      const b = polled(semaphore.acquire());
      held.release();
      expect([a.wakes, b.wakes]).toEqual([1, 0]);
      expect([a.poll(), b.poll()]).toEqual(["ok", "pending"]);
      expect(semaphore.availablePermits).toBe(0);
    },
  );

  conforms(
    "sync/tests/semaphore_batch::poll_acquire_many_unavailable",
    "one that asks for many is not overtaken by one that asks for few",
    () => {
      const semaphore = new Semaphore(3);
      const held = take(polled(semaphore.acquire(2)));
      const many = polled(semaphore.acquire(3));
      const few = polled(semaphore.acquire(1));
      expect([few.status, semaphore.tryAcquire()]).toEqual(["pending", undefined]);
      held.release();
      expect([many.poll(), few.poll()]).toEqual(["ok", "pending"]);
      take(many).release();
      expect(few.poll()).toBe("ok");
      expect(semaphore.availablePermits).toBe(2);
    },
  );

  conforms(
    [
      "sync_semaphore::add_permits",
      "sync_semaphore_owned::add_permits",
      "sync/tests/semaphore_batch::poll_acquire_one_zero_permits",
    ],
    "a release of several permits serves several waiters",
    () => {
      const semaphore = new Semaphore(0);
      const waits = [1, 2, 3].map((n) => polled(semaphore.acquire(n)));
      semaphore.addPermits(4);
      expect(waits.map((w) => w.wakes)).toEqual([1, 1, 0]);
      semaphore.addPermits(1);
      expect(waits.map((w) => w.poll())).toEqual(["ok", "ok", "pending"]);
      semaphore.addPermits(3);
      expect(waits[2]?.poll()).toBe("ok");
      expect(semaphore.availablePermits).toBe(2);
    },
  );

  test("a dropped waiter gives the permits it had gathered to the next", () => {
    const semaphore = new Semaphore(2);
    const many = polled(semaphore.acquire(5));
    const few = polled(semaphore.acquire(2));
    expect(semaphore.availablePermits).toBe(0);
    many.drop();
    expect(few.wakes).toBe(1);
    expect(few.poll()).toBe("ok");
  });

  test("a waiter dropped after it was woken gives its permit to the next", () => {
    const semaphore = new Semaphore(1);
    const held = take(polled(semaphore.acquire()));
    const a = polled(semaphore.acquire());
    const b = polled(semaphore.acquire());
    held.release();
    a.drop();
    expect([a.wakes, b.wakes]).toEqual([1, 1]);
    expect(b.poll()).toBe("ok");
    expect(semaphore.availablePermits).toBe(0);
  });

  conforms(
    "sync/tests/semaphore_batch::cancel_acquire_releases_permits",
    "the last waiter to be dropped leaves the permits free",
    () => {
      const semaphore = new Semaphore(2);
      polled(semaphore.acquire(3)).drop();
      expect(semaphore.availablePermits).toBe(2);
    },
  );

  test("acquiring none is always ready", () => {
    const semaphore = new Semaphore(0);
    polled(semaphore.acquire(1));
    expect(polled(semaphore.acquire(0)).status).toBe("ok");
    expect(semaphore.tryAcquire(0)?.permits).toBe(0);
  });

  test("a re-poll by another task wakes that one", () => {
    const semaphore = new Semaphore(0);
    const wait = semaphore.acquire();
    const first = polled(wait);
    const second = polled(wait);
    semaphore.addPermits(1);
    expect([first.wakes, second.wakes]).toEqual([0, 1]);
  });

  conforms(
    [
      "sync/tests/semaphore_batch::close_semaphore_prevents_acquire",
      "sync/tests/semaphore_batch::close_semaphore_notifies_permit1",
    ],
    "close fails those who wait and those who come, and a permit already assigned",
    () => {
      const semaphore = new Semaphore(1);
      const held = take(polled(semaphore.acquire()));
      const assigned = polled(semaphore.acquire());
      const waiting = polled(semaphore.acquire(2));
      held.release();
      semaphore.close();
      expect([assigned.wakes, waiting.wakes]).toEqual([1, 1]);
      expect([assigned.poll(), waiting.poll()]).toEqual(["failed", "failed"]);
      expect(waiting.error.code).toBe("ERR_SEMAPHORE_CLOSED");
      expect(polled(semaphore.acquire()).error.code).toBe("ERR_SEMAPHORE_CLOSED");
      expect(() => semaphore.tryAcquire()).toThrow(/semaphore closed/);
      expect(semaphore.isClosed).toBe(true);
      expect(semaphore.availablePermits).toBe(1);
    },
  );

  conforms(
    "sync/tests/semaphore_batch::close_semaphore_notifies_permit2",
    "permits handed out before the close are still given back",
    () => {
      const semaphore = new Semaphore(3);
      const held = take(polled(semaphore.acquire(2)));
      polled(semaphore.acquire(2));
      semaphore.close();
      held.release();
      expect(semaphore.availablePermits).toBe(3);
    },
  );

  conforms(
    [
      "sync_semaphore::forget",
      "sync_semaphore_owned::forget",
      "sync/tests/semaphore_batch::forget_permits_basic",
    ],
    "forgotten permits never come back",
    () => {
      const semaphore = new Semaphore(3);
      const held = take(polled(semaphore.acquire(1)));
      held.forget();
      held.release();
      expect(semaphore.availablePermits).toBe(2);
      expect(semaphore.forgetPermits(5)).toBe(2);
      expect(semaphore.forgetPermits(5)).toBe(0);
      expect(semaphore.availablePermits).toBe(0);
    },
  );

  test("a permit is released once, by hand or by using", () => {
    const semaphore = new Semaphore(1);
    {
      using permit = semaphore.tryAcquire() as Permit;
      expect(semaphore.availablePermits).toBe(0);
      permit.release();
      permit.release();
    }
    expect(semaphore.availablePermits).toBe(1);
  });

  conforms(
    [
      "sync_semaphore::merge",
      "sync_semaphore::merge_unrelated_permits",
      "sync_semaphore::split",
      "sync_semaphore_owned::merge",
      "sync_semaphore_owned::merge_unrelated_permits",
      "sync_semaphore_owned::split",
      "sync_panic::semaphore_merge_unrelated_permits",
      "sync_panic::semaphore_merge_unrelated_owned_permits",
    ],
    "permits split and merge without changing their sum",
    () => {
      const semaphore = new Semaphore(5);
      const all = take(polled(semaphore.acquire(5)));
      const part = all.split(2) as Permit;
      expect([all.permits, part.permits, all.split(4)]).toEqual([3, 2, undefined]);
      part.release();
      expect(semaphore.availablePermits).toBe(2);
      const other = semaphore.tryAcquire(2) as Permit;
      all.merge(other);
      all.merge(all);
      expect([all.permits, other.permits]).toEqual([5, 0]);
      const foreign = new Semaphore(1).tryAcquire() as Permit;
      expect(() => all.merge(foreign)).toThrow(/same semaphore/);
    },
  );

  conforms(
    [
      "sync_semaphore::no_permits",
      "sync_semaphore::add_more_than_max_amount_permits1",
      "sync_semaphore::panic_when_exceeds_maxpermits",
      "sync_semaphore::no_panic_at_maxpermits",
      "sync/tests/semaphore_batch::max_permits_doesnt_panic",
      "sync/tests/semaphore_batch::validates_max_permits",
    ],
    "counts are checked",
    () => {
      const semaphore = new Semaphore(1);
      for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "1" as never]) {
        expect(() => new Semaphore(bad)).toThrow(
          expect.objectContaining({ code: "ERR_INVALID_ARG" }),
        );
        expect(() => semaphore.acquire(bad)).toThrow(/count must be/);
        expect(() => semaphore.tryAcquire(bad)).toThrow(/count must be/);
        expect(() => semaphore.addPermits(bad)).toThrow(/count must be/);
      }
      expect(() => semaphore.addPermits(Semaphore.MAX_PERMITS)).toThrow(/at or below/);
      expect(new Semaphore(Semaphore.MAX_PERMITS).availablePermits).toBe(Semaphore.MAX_PERMITS);
    },
  );

  test("getting a permit costs a unit of the budget, waiting costs none, and without budget nothing is taken", () => {
    const semaphore = new Semaphore(1);
    expect(manual(semaphore.acquire()).poll(0)).toBe("pending");
    expect(semaphore.availablePermits).toBe(1);
    expect(costOf(semaphore.acquire())).toBe(1);
    expect(costOf(semaphore.acquire())).toBe(0);
  });
});

/** The same rules on plain arrays. */
class Model {
  free: number;
  queue: { id: number; missing: number; count: number }[] = [];
  assigned = new Map<number, number>();
  held = new Map<number, number>();
  wakes = new Map<number, number>();
  closed = false;

  constructor(free: number) {
    this.free = free;
  }

  poll(id: number, count: number): string {
    const got = this.assigned.get(id);
    if (this.closed) {
      this.assigned.delete(id);
      if (got !== undefined) this.give(got);
      return "failed";
    }
    if (got !== undefined) {
      this.assigned.delete(id);
      this.held.set(id, got);
      return "ok";
    }
    if (this.queue.some((w) => w.id === id)) return "pending";
    if (this.free >= count) {
      this.free -= count;
      this.held.set(id, count);
      return "ok";
    }
    this.queue.push({ id, missing: count - this.free, count });
    this.free = 0;
    return "pending";
  }

  give(count: number): void {
    this.free += count;
    for (;;) {
      const head = this.queue[0];
      if (head === undefined || this.free === 0) return;
      const part = Math.min(head.missing, this.free);
      head.missing -= part;
      this.free -= part;
      if (head.missing > 0) return;
      this.queue.shift();
      this.assigned.set(head.id, head.count);
      this.wakes.set(head.id, 1);
    }
  }

  drop(id: number): void {
    const at = this.queue.findIndex((w) => w.id === id);
    const [gone] = at >= 0 ? this.queue.splice(at, 1) : [];
    const back = gone ? gone.count - gone.missing : (this.assigned.get(id) ?? 0);
    this.assigned.delete(id);
    this.give(back);
  }

  close(): void {
    this.closed = true;
    for (const { id, count, missing } of this.queue.splice(0)) {
      this.free += count - missing;
      this.wakes.set(id, 1);
    }
  }
}

test("random use agrees with a model on arrays: order, wakes, and the sum of the permits", () => {
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("acquire"), n: fc.nat(4) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("poll"), n: fc.nat(30) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("drop"), n: fc.nat(30) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("release"), n: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("try"), n: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("add"), n: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("forget"), n: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("close"), n: fc.nat(9) }) },
  );
  fc.assert(
    fc.property(fc.nat(5), fc.array(command, { maxLength: 60 }), (start, commands) => {
      const semaphore = new Semaphore(start);
      const model = new Model(start);
      const tasks: { task: Manual<Permit>; count: number }[] = [];
      const permits = new Map<number, Permit>();
      let total = start;
      for (const { do: what, n } of commands) {
        const id = tasks.length === 0 ? -1 : n % tasks.length;
        const chosen = tasks[id];
        if (what === "acquire") tasks.push({ task: manual(semaphore.acquire(n)), count: n });
        else if (what === "poll" && chosen?.task.status === "pending") {
          const status = chosen.task.poll();
          expect(status).toBe(model.poll(id, chosen.count));
          if (status === "ok") permits.set(id, take(chosen.task));
        } else if (what === "drop" && chosen?.task.status === "pending") {
          chosen.task.drop();
          model.drop(id);
        } else if (what === "release" && permits.has(id)) {
          permits.get(id)?.release();
          permits.delete(id);
          const back = model.held.get(id) as number;
          model.held.delete(id);
          model.give(back);
        } else if (what === "try" && !model.closed) {
          const got = semaphore.tryAcquire(n);
          expect(got !== undefined).toBe(model.free >= n);
          if (got !== undefined) {
            got.forget();
            model.free -= n;
            total -= n;
          }
        } else if (what === "add") {
          semaphore.addPermits(n);
          model.give(n);
          total += n;
        } else if (what === "forget") {
          const gone = semaphore.forgetPermits(n);
          expect(gone).toBe(Math.min(n, model.free));
          model.free -= gone;
          total -= gone;
        } else if (what === "close" && n === 0) {
          semaphore.close();
          model.close();
        }
        expect(semaphore.availablePermits).toBe(model.free);
        tasks.forEach(({ task }, i) => {
          expect(task.wakes).toBe(model.wakes.get(i) ?? 0);
        });
      }
      for (const { task } of tasks) if (task.status === "pending") task.drop();
      for (const permit of permits.values()) permit.release();
      expect(semaphore.availablePermits).toBe(total);
    }),
    { numRuns: 500 },
  );
});
