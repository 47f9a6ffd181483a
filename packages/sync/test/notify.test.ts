import { Notify } from "@treadle/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { costOf, type Manual, manual, polled } from "./manual.ts";

const wakes = (tasks: Manual<unknown>[]): number[] => tasks.map((task) => task.wakes);
const waiters = (notify: Notify, n: number): Manual<void>[] =>
  Array.from({ length: n }, () => polled(notify.notified()));

describe("Notify", () => {
  conforms(
    [
      "sync_notify::notify_notified_one",
      "sync_notify::notify_notified_multi",
      "sync_notify_owned::notify_notified_one",
      "sync_notify_owned::notify_notified_multi",
      "sync_notify::test_notify_one_not_enabled",
      "sync_notify_owned::test_notify_one_not_enabled",
    ],
    "a notification with nobody waiting is kept, but only one",
    () => {
      const notify = new Notify();
      notify.notifyOne();
      notify.notifyOne();
      expect(polled(notify.notified()).status).toBe("ok");
      expect(polled(notify.notified()).status).toBe("pending");
    },
  );

  conforms(
    [
      "sync_notify::notify_multi_notified_one",
      "sync_notify::notify_multi_notified_last",
      "sync_notify::notified_one_notify",
      "sync_notify::notified_multi_notify",
      "sync_notify_owned::notify_multi_notified_one",
      "sync_notify_owned::notify_multi_notified_last",
      "sync_notify_owned::notified_one_notify",
      "sync_notify_owned::notified_multi_notify",
    ],
    "notifyOne wakes the first in line, notifyLast the last",
    () => {
      const notify = new Notify();
      const tasks = waiters(notify, 3);
      notify.notifyOne();
      expect(wakes(tasks)).toEqual([1, 0, 0]);
      notify.notifyLast();
      expect(wakes(tasks)).toEqual([1, 0, 1]);
      expect(tasks.map((t) => t.poll())).toEqual(["ok", "pending", "ok"]);
    },
  );

  conforms("sync/tests/notify::notify_simple", "notifyWaiters wakes all and keeps nothing", () => {
    const notify = new Notify();
    const tasks = waiters(notify, 2);
    notify.notifyWaiters();
    expect(wakes(tasks)).toEqual([1, 1]);
    expect(tasks.map((t) => t.poll())).toEqual(["ok", "ok"]);
    expect(polled(notify.notified()).status).toBe("pending");
  });

  conforms(
    "sync_notify::unpolled_future_completed_by_notify_waiters_preserves_notify_one_permit",
    "a future made before notifyWaiters receives it, and leaves a kept permit to others",
    () => {
      const notify = new Notify();
      const before = manual(notify.notified());
      notify.notifyWaiters();
      notify.notifyOne();
      expect(before.poll()).toBe("ok");
      expect(polled(notify.notified()).status).toBe("ok");
    },
  );

  conforms(
    [
      "sync_notify::test_notify_one_after_enable",
      "sync_notify::test_poll_after_enable",
      "sync_notify::test_enable_after_poll",
      "sync_notify_owned::test_notify_one_after_enable",
      "sync_notify_owned::test_poll_after_enable",
      "sync_notify_owned::test_enable_after_poll",
    ],
    "a future that was not polled or enabled gets no notifyOne",
    () => {
      const notify = new Notify();
      const asleep = notify.notified();
      const awake = notify.notified();
      expect(awake.enable()).toBe(false);
      notify.notifyOne();
      expect([polled(awake).status, polled(asleep).status]).toEqual(["ok", "pending"]);
    },
  );

  conforms(
    ["sync_notify::test_enable_consumes_permit", "sync_notify_owned::test_enable_consumes_permit"],
    "enable takes a kept permit, and tells so",
    () => {
      const notify = new Notify();
      notify.notifyOne();
      const future = notify.notified();
      expect([future.enable(), future.enable()]).toEqual([true, true]);
      expect(polled(notify.notified()).status).toBe("pending");
      expect(polled(future).status).toBe("ok");
    },
  );

  conforms(
    [
      "sync_notify::notified_multi_notify_drop_one",
      "sync_notify::notified_multi_notify_one_drop",
      "sync_notify_owned::notified_multi_notify_drop_one",
      "sync_notify_owned::notified_multi_notify_one_drop",
      "sync_notify::notified_drop_notified_notify",
      "sync_notify_owned::notified_drop_notified_notify",
    ],
    "a wait dropped after notifyOne hands it to the next, after notifyWaiters it does not",
    () => {
      const notify = new Notify();
      const [a, b, c] = waiters(notify, 3) as [Manual<void>, Manual<void>, Manual<void>];
      notify.notifyOne();
      a.drop();
      expect(wakes([a, b, c])).toEqual([1, 1, 0]);
      expect(b.poll()).toBe("ok");
      notify.notifyWaiters();
      c.drop();
      expect(polled(notify.notified()).status).toBe("pending");
    },
  );

  conforms(
    [
      "sync_notify::notified_multi_notify_last_drop",
      "sync_notify_owned::notified_multi_notify_last_drop",
    ],
    "a wait dropped after notifyLast hands it to the one before",
    () => {
      const notify = new Notify();
      const tasks = waiters(notify, 3);
      notify.notifyLast();
      tasks[2]?.drop();
      expect(wakes(tasks)).toEqual([0, 1, 1]);
    },
  );

  test("with nobody left a handed-on notification is kept", () => {
    const notify = new Notify();
    const [only] = waiters(notify, 1);
    notify.notifyOne();
    only?.drop();
    expect(polled(notify.notified()).status).toBe("ok");
  });

  test("a future that has answered and is dropped afterwards hands nothing on", () => {
    const notify = new Notify();
    const future = notify.notified();
    const first = polled(future);
    notify.notifyOne();
    expect(first.poll()).toBe("ok");
    future.return();
    expect(polled(notify.notified()).status).toBe("pending");
  });

  conforms(
    ["sync_notify::test_waker_update", "sync_notify_owned::test_waker_update"],
    "a re-poll by another task wakes that one",
    () => {
      const notify = new Notify();
      const future = notify.notified();
      const [a, b] = [polled(future), polled(future)];
      notify.notifyOne();
      expect(wakes([a, b])).toEqual([0, 1]);
    },
  );

  test("a wake that comes back in is safe", () => {
    const notify = new Notify();
    const [a, b] = waiters(notify, 2) as [Manual<void>, Manual<void>];
    a.wake = () => b.drop();
    notify.notifyWaiters();
    expect([b.wakes, b.status]).toEqual([0, "dropped"]);
  });

  test("it uses no budget", () => {
    const notify = new Notify();
    notify.notifyOne();
    expect(costOf(notify.notified())).toBe(0);
    notify.notifyOne();
    expect(manual(notify.notified()).poll(0)).toBe("ok");
  });
});

test("random use: each notifyOne is consumed once, kept once, or merged into a kept one", () => {
  const command = fc.record({
    do: fc.constantFrom("wait", "poll", "drop", "one", "last"),
    n: fc.nat(9),
  });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const notify = new Notify();
      const tasks: Manual<void>[] = [];
      let line: number[] = [];
      const given = new Map<number, "one" | "last">();
      let kept = false;
      const give = (how: "one" | "last"): void => {
        const id = how === "one" ? line.shift() : line.pop();
        if (id === undefined) kept = true;
        else given.set(id, how);
      };
      for (const { do: what, n } of commands) {
        const id = n % Math.max(1, tasks.length);
        const task = tasks[id];
        if (what === "wait") tasks.push(manual(notify.notified()));
        else if (what === "one" || what === "last") {
          if (what === "one") notify.notifyOne();
          else notify.notifyLast();
          give(what);
        } else if (task?.status === "pending" && what === "poll") {
          const fresh = !line.includes(id) && !given.has(id);
          const ready = given.has(id) || (fresh && kept);
          if (fresh && kept) kept = false;
          else if (fresh) line.push(id);
          given.delete(id);
          expect(task.poll()).toBe(ready ? "ok" : "pending");
        } else if (task?.status === "pending" && what === "drop") {
          task.drop();
          line = line.filter((other) => other !== id);
          const how = given.get(id);
          given.delete(id);
          if (how !== undefined) give(how);
        }
      }
      expect(polled(notify.notified()).status).toBe(kept ? "ok" : "pending");
    }),
    { numRuns: 500 },
  );
});
