import type { Async } from "@treadle/core";
import { watch } from "@treadle/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { costOf, finishAsync, manual, polled } from "./manual.ts";

describe("watch", () => {
  conforms(
    "sync_watch::single_rx_recv",
    "the first value is no news, each change is news once",
    () => {
      const [tx, rx] = watch.channel("a");
      const task = polled(rx.changed());
      expect([task.status, rx.value, rx.hasChanged()]).toEqual(["pending", "a", false]);
      tx.send("b");
      tx.send("c");
      expect([task.wakes, rx.hasChanged(), task.poll()]).toEqual([1, true, "ok"]);
      expect([rx.value, tx.value, rx.hasChanged(), polled(rx.changed()).status]).toEqual([
        "c",
        "c",
        false,
        "pending",
      ]);
    },
  );

  test("looking at the value leaves the news, borrowAndUpdate and markUnchanged take it, markChanged makes it", () => {
    const [tx, rx] = watch.channel(0);
    tx.send(1);
    expect([rx.borrow(), rx.hasChanged(), rx.borrowAndUpdate(), rx.hasChanged()]).toEqual([
      1,
      true,
      1,
      false,
    ]);
    rx.markChanged();
    expect(polled(rx.changed()).status).toBe("ok");
    tx.send(2);
    rx.markUnchanged();
    expect(rx.hasChanged()).toBe(false);
  });

  conforms(
    "sync_watch::multi_rx",
    "every receiver is woken once by a change; a clone has seen what its origin has",
    () => {
      const [tx, rx] = watch.channel(0);
      const tasks = [
        polled(rx.changed()),
        polled(tx.subscribe().changed()),
        polled(rx.clone().changed()),
      ];
      tx.send(1);
      expect(tasks.map((t) => [t.wakes, t.poll()])).toEqual(tasks.map(() => [1, "ok"]));
      tx.send(2);
      expect([rx.clone().hasChanged(), tx.subscribe().hasChanged(), tx.receiverCount]).toEqual([
        true,
        false,
        5,
      ]);
    },
  );

  test("a dropped changed() is not woken and marks nothing", () => {
    const [tx, rx] = watch.channel(0);
    const task = polled(rx.changed());
    task.drop();
    tx.send(1);
    expect([task.wakes, rx.hasChanged()]).toEqual([0, true]);
  });

  conforms(
    [
      "sync_watch::rx_observes_final_value",
      "sync_watch::changed_succeeds_on_closed_channel_with_unseen_value",
      "sync_watch::changed_errors_on_closed_channel_with_seen_value",
      "sync_watch::has_changed_errors_on_closed_channel_with_unseen_value",
    ],
    "news comes before the end",
    () => {
      const [tx, rx] = watch.channel(0);
      const other = tx.clone();
      tx.send(1);
      tx.close();
      tx.close();
      expect([rx.isClosed, other.senderCount, other.sameChannel(tx)]).toEqual([false, 1, true]);
      other[Symbol.dispose]();
      expect(() => rx.hasChanged()).toThrow(
        expect.objectContaining({ code: "ERR_CHANNEL_CLOSED" }),
      );
      expect([polled(rx.changed()).status, rx.value]).toEqual(["ok", 1]);
      expect(polled(rx.changed()).error.code).toBe("ERR_CHANNEL_CLOSED");
      for (const use of [
        () => tx.send(1),
        () => tx.sendReplace(1),
        () => tx.clone(),
        () => tx.sendIfModified(() => true),
      ]) {
        expect(use).toThrow(/this sender was closed/);
      }
    },
  );

  test("the last sender's close wakes those who wait", () => {
    const [tx, rx] = watch.channel(0);
    const [changed, waitFor] = [polled(rx.changed()), polled(rx.waitFor((n) => n > 5))];
    tx.close();
    expect([changed.wakes, waitFor.wakes, changed.poll(), waitFor.poll()]).toEqual([
      1,
      1,
      "failed",
      "failed",
    ]);
  });

  conforms(
    ["sync_watch::poll_close", "sync_watch::reopened_after_subscribe"],
    "without receivers send keeps the old value and gives the new one back, sendReplace does not care",
    () => {
      const [tx, rx] = watch.channel(0);
      const closed = polled(tx.closed());
      rx.close();
      rx.close();
      expect([closed.wakes, closed.poll(), tx.isClosed, tx.receiverCount]).toEqual([
        1,
        "ok",
        true,
        0,
      ]);
      expect(() => tx.send(1)).toThrow(
        expect.objectContaining({ code: "ERR_CHANNEL_CLOSED", value: 1 }),
      );
      expect([tx.value, tx.sendReplace(2), tx.value]).toEqual([0, 0, 2]);
      const again = tx.subscribe();
      expect([tx.isClosed, again.value, polled(tx.closed()).status, again.sameChannel(rx)]).toEqual(
        [false, 2, "pending", true],
      );
      expect(polled(rx.changed()).error.code).toBe("ERR_CHANNEL_CLOSED");
    },
  );

  test("sendModify and sendIfModified change in place and tell only of changes", () => {
    const [tx, rx] = watch.channel(1);
    const task = polled(rx.changed());
    expect(tx.sendIfModified(() => false)).toBe(false);
    expect(() =>
      tx.sendModify(() => {
        throw new Error("no");
      }),
    ).toThrow("no");
    expect([task.wakes, rx.hasChanged()]).toEqual([0, false]);
    tx.sendModify((w) => {
      w.value += 1;
    });
    expect([task.wakes, rx.value]).toEqual([1, 2]);
    expect(
      tx.sendIfModified((w) => {
        w.value = 7;
        return true;
      }),
    ).toBe(true);
    expect(rx.value).toBe(7);
  });

  conforms(
    "sync_watch::wait_for_errors_on_closed_channel_true_predicate",
    "waitFor looks at the current value first, then at each that it meets, and answers the one that fits",
    () => {
      const [tx, rx] = watch.channel(3);
      expect(polled(rx.waitFor((n) => n === 3)).value).toBe(3);
      const seen: number[] = [];
      const task = polled(rx.waitFor((n) => seen.push(n) > 0 && n >= 10));
      tx.send(5);
      expect([task.wakes, task.poll()]).toEqual([1, "pending"]);
      expect(task.poll()).toBe("pending");
      tx.send(6);
      tx.send(12);
      expect([task.wakes, task.poll(), task.value, seen]).toEqual([2, "ok", 12, [3, 5, 12]]);
      expect(rx.hasChanged()).toBe(false);
      tx.send(20);
      tx.close();
      expect(polled(rx.waitFor((n) => n === 20)).value).toBe(20);
      expect(
        polled(
          rx.waitFor(() => {
            throw new Error("bad");
          }),
        ).error.message,
      ).toBe("bad");
    },
  );

  test("news, the end and an abandoned channel cost a unit of the budget, waiting none", () => {
    const [tx, rx] = watch.channel(0);
    expect([costOf(rx.changed()), costOf(rx.waitFor(() => false)), costOf(tx.closed())]).toEqual([
      0, 0, 0,
    ]);
    tx.send(1);
    expect(manual(rx.changed()).poll(0)).toBe("pending");
    expect([costOf(rx.changed()), costOf(rx.waitFor(() => true))]).toEqual([1, 1]);
    rx.close();
    expect(costOf(tx.closed())).toBe(1);
  });

  test("as an async iterable it gives the current value, then the latest after each change", async () => {
    const ex = new TestExecutor();
    const [tx, rx] = watch.channel("a");
    const got: string[] = [];
    await finishAsync(ex, async () => {
      for await (const value of rx) {
        got.push(value);
        if (value === "a") {
          tx.send("skipped");
          tx.send("b");
        } else tx.close();
      }
    });
    expect(got).toEqual(["a", "b"]);
  });

  conforms(
    "sync_watch::receiver_changed_is_cooperative_ok",
    "a fast sender does not starve the others",
    () => {
      const ex = new TestExecutor();
      const [tx, rx] = watch.channel(0);
      const task = ex.spawn(function* (): Async<void> {
        for (let i = 0; i < 200; i++) {
          tx.send(i);
          yield* rx.changed();
        }
      });
      ex.run();
      expect([task.status, task.polls, ex.forcedYields]).toEqual(["ok", 2, 1]);
    },
  );
});

test("an end that was closed makes no others", () => {
  const [tx, rx] = watch.channel(1);
  const other = rx.clone();
  rx.close();
  expect(() => rx.clone()).toThrow(
    expect.objectContaining({
      code: "ERR_CHANNEL_CLOSED",
      message: "this receiver was closed or sent to another thread: use a clone() made before that",
    }),
  );
  tx.close();
  expect(() => tx.subscribe()).toThrow(expect.objectContaining({ code: "ERR_CHANNEL_CLOSED" }));
  expect([other.clone().value, tx.receiverCount]).toEqual([1, 2]);
});

test("random use agrees with a version counter", () => {
  const command = fc.record({
    do: fc.constantFrom(
      "send",
      "send",
      "changed",
      "poll",
      "drop",
      "update",
      "mark",
      "subscribe",
      "clone",
    ),
    n: fc.nat(9),
  });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const [tx, first] = watch.channel(0);
      let version = 0;
      const receivers = [{ rx: first, seen: 0 }];
      const waits: { task: ReturnType<typeof manual<void>>; of: (typeof receivers)[number] }[] = [];
      const of = (n: number) => receivers[n % receivers.length] as (typeof receivers)[number];
      const steps: Record<string, (n: number) => void> = {
        send() {
          tx.send(++version);
        },
        changed(n) {
          waits.push({ task: manual(of(n).rx.changed()), of: of(n) });
        },
        poll(n) {
          const wait = waits[n % waits.length];
          if (wait?.task.status !== "pending") return;
          const news = wait.of.seen !== version;
          expect(wait.task.poll()).toBe(news ? "ok" : "pending");
          if (news) wait.of.seen = version;
        },
        drop(n) {
          const wait = waits[n % waits.length];
          if (wait?.task.status === "pending") wait.task.drop();
        },
        update(n) {
          expect(of(n).rx.borrowAndUpdate()).toBe(version);
          of(n).seen = version;
        },
        mark(n) {
          of(n).rx.markChanged();
          of(n).seen = -1;
        },
        subscribe() {
          receivers.push({ rx: tx.subscribe(), seen: version });
        },
        clone(n) {
          receivers.push({ rx: of(n).rx.clone(), seen: of(n).seen });
        },
      };
      for (const { do: what, n } of commands) {
        const idle = waits.filter((w) => w.task.status === "pending" && w.task.polls > 0);
        const before = idle.map((w) => w.task.wakes);
        steps[what]?.(n);
        for (const r of receivers) expect(r.rx.hasChanged()).toBe(r.seen !== version);
        if (what === "send") {
          idle.forEach(({ task }, i) => {
            expect(task.wakes - (before[i] as number)).toBeLessThanOrEqual(1);
            expect(task.wakes).toBeGreaterThan(0);
          });
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("a waker that throws keeps no other from being woken", () => {
  const [tx, rx] = watch.channel(0);
  const tasks = [polled(rx.changed()), polled(rx.clone().changed()), polled(rx.clone().changed())];
  for (const task of tasks.slice(0, 2)) {
    task.wake = () => {
      task.wakes++;
      throw new Error(`waker ${task.wakes}`);
    };
  }
  expect(() => tx.send(1)).toThrow("waker 1");
  expect(tasks.map((task) => [task.wakes, task.poll()])).toEqual(tasks.map(() => [1, "ok"]));
});
