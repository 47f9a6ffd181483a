import { type Async, cx, DONE, fn, PENDING, type Waker } from "@treadle/core";
import { Instant, type Sleep, sleep, sleepUntil, timeSlot } from "@treadle/time";
import { describe, expect, test } from "vitest";
import { Hand, Rig } from "./rig.ts";

const elapsedOf = fn(function* elapsedOf(ms: number): Async<number> {
  const start = Instant.now();
  yield* sleep(ms);
  return start.elapsed();
});

/** A sleep and the hand that polls it. */
function held(rig: Rig, make: () => Sleep): { sleep: Sleep; hand: Hand<void> } {
  const made = rig.enter(make);
  return { sleep: made, hand: new Hand(rig, () => made) };
}

describe("sleep", () => {
  test.each([1, 10, 60, 64, 100, 4096, 300_000, 5 * 365 * 86_400_000, 2 ** 40, 2 ** 46])(
    "sleeps %d ms exactly in frozen time",
    (ms) => {
      expect(new Rig().block(() => elapsedOf(ms))).toBe(ms);
    },
  );

  test("rounds up to whole milliseconds", () => {
    const rig = new Rig();
    const times = [0, 0.000001, 0.1, 1, 1.000001, 1.5, 2].map((ms) =>
      rig.block(() => elapsedOf(ms)),
    );
    expect(times).toEqual([0, 1, 1, 1, 2, 2, 2]);
  });

  test("of a passed moment is ready at its first poll", () => {
    const rig = new Rig();
    rig.pass(100);
    const { hand, sleep: past } = held(rig, () => sleepUntil(Instant.now().sub(50)));
    expect(past.isElapsed()).toBe(false);
    expect(hand.poll()).toBe(DONE);
    expect(past.isElapsed()).toBe(true);
  });

  test("of the largest safe number is reached; of Infinity never, and it holds nothing open", () => {
    const rig = new Rig();
    expect(rig.block(() => elapsedOf(Number.MAX_SAFE_INTEGER))).toBe(2 ** 52);
    const other = new Rig();
    const forever = other.spawn(() => sleep(Infinity));
    expect(other.toEnd()).toBe(0);
    other.pass(2 ** 45);
    other.toEnd();
    expect([forever.status, forever.polls, other.driver.hasPending()]).toEqual([
      "pending",
      1,
      false,
    ]);
    other.driver.shutdown();
    other.run();
    expect(forever.error).toMatchObject({ code: "ERR_TIME_SHUTDOWN" });
  });

  test("refuses NaN, negative numbers and what is no number", () => {
    const rig = new Rig();
    for (const ms of [Number.NaN, -1, -Infinity, "5" as never, undefined as never]) {
      expect(() => rig.enter(() => sleep(ms))).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARG" }),
      );
    }
    expect(() => rig.enter(() => sleepUntil(5 as never))).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG" }),
    );
  });

  test("polls twice and wakes once; registers only when polled", () => {
    const rig = new Rig();
    const idle = rig.enter(() => sleep(10));
    expect([rig.driver.hasPending(), idle.isElapsed()]).toEqual([false, false]);
    const task = rig.spawn(() => sleep(10));
    rig.settle();
    expect([task.polls, task.wakes, rig.driver.hasPending()]).toEqual([1, 0, true]);
    rig.pass(9);
    expect(task.wakes).toBe(0);
    rig.pass(1);
    expect(task.wakes).toBe(1);
    rig.run();
    expect([task.status, task.polls, task.wakes]).toEqual(["ok", 2, 1]);
  });

  test("wakes the waker of its last poll only", () => {
    const rig = new Rig();
    const shared = rig.enter(() => sleep(10));
    const first = new Hand(rig, () => shared);
    const second = new Hand(rig, () => shared);
    first.poll();
    second.poll();
    rig.pass(10);
    expect([first.wakes, second.wakes]).toEqual([0, 1]);
  });

  test("a dropped sleep is taken out; polled again it waits for the same deadline", () => {
    const rig = new Rig();
    const { sleep: s, hand } = held(rig, () => sleep(10));
    hand.poll();
    s.return();
    expect(rig.driver.hasPending()).toBe(false);
    rig.pass(4);
    expect(hand.poll()).toBe(PENDING);
    rig.pass(6);
    expect([hand.wakes, hand.poll()]).toEqual([1, DONE]);
  });

  test("stays ready once it has fired", () => {
    const rig = new Rig();
    const { hand } = held(rig, () => sleep(1));
    hand.poll();
    rig.pass(1);
    expect([hand.poll(), hand.poll()]).toEqual([DONE, DONE]);
  });

  test("a hundred sleeps dropped by the first one's waker do no harm", () => {
    const rig = new Rig();
    const sleeps = Array.from({ length: 100 }, () => rig.enter(() => sleep(10)));
    let wakes = 0;
    const waker: Waker = {
      wake() {
        wakes++;
        for (const s of sleeps) s.return();
      },
    };
    cx.waker = waker;
    for (const s of sleeps) s.next();
    cx.waker = null;
    rig.pass(11);
    expect([wakes, rig.driver.hasPending()]).toEqual([1, false]);
  });

  test("takes one unit of budget when it is ready and none when it waits", () => {
    const rig = new Rig();
    const { hand } = held(rig, () => sleep(5));
    expect([hand.poll(10), hand.left]).toEqual([PENDING, 10]);
    rig.pass(5);
    expect([hand.poll(10), hand.left]).toEqual([DONE, 9]);
  });

  test("with no budget left it yields instead of being ready", () => {
    const rig = new Rig();
    const { hand } = held(rig, () => sleepUntil(Instant.now()));
    expect(hand.poll(0)).toBe(PENDING);
    expect(hand.wakes).toBe(0);
    rig.turn();
    expect([hand.wakes, hand.poll(1)]).toEqual([1, DONE]);
  });

  test("once the driver is shut down a poll fails", () => {
    const rig = new Rig();
    const { hand, sleep: s } = held(rig, () => sleep(10));
    hand.poll();
    rig.driver.shutdown();
    expect(hand.wakes).toBe(1);
    const failure = expect.objectContaining({
      code: "ERR_TIME_SHUTDOWN",
      message: "timer error: A Treadle context was found, but it is being shutdown.",
    });
    expect(() => hand.poll()).toThrow(failure);
    s.reset(s.deadline.add(10));
    expect(() => hand.poll()).toThrow(failure);
    expect(rig.driver.hasPending()).toBe(false);
  });

  test("works with await, and outside a poll next() is refused", async () => {
    const rig = new Rig();
    const s = rig.enter(() => sleepUntil(Instant.now()));
    expect(() => s.next()).toThrow(expect.objectContaining({ code: "ERR_OUTSIDE_POLL" }));
    expect(await rig.enter(() => s.then(() => "done"))).toBe("done");
    expect(timeSlot.of(rig)).toBe(rig.driver);
  });
});

describe("Sleep.reset", () => {
  test("to later before it fires: sleeps till then, without a second wake", () => {
    const rig = new Rig();
    const { sleep: s, hand } = held(rig, () => sleep(100));
    hand.poll();
    s.reset(s.deadline.add(100));
    rig.pass(150);
    expect([hand.wakes, hand.poll()]).toEqual([0, PENDING]);
    rig.pass(50);
    expect([hand.wakes, hand.poll()]).toEqual([1, DONE]);
  });

  test("to earlier: fires then, and not again at the old deadline", () => {
    const rig = new Rig();
    const { sleep: s, hand } = held(rig, () => sleep(100));
    hand.poll();
    s.reset(s.deadline.sub(20));
    rig.pass(80);
    expect([hand.wakes, hand.poll()]).toEqual([1, DONE]);
    rig.pass(100);
    expect(hand.wakes).toBe(1);
  });

  test("to the past: fires at once", () => {
    const rig = new Rig();
    const { sleep: s, hand } = held(rig, () => sleep(100));
    hand.poll();
    rig.pass(50);
    s.reset(s.deadline.sub(60));
    expect([hand.wakes, s.isElapsed(), hand.poll()]).toEqual([1, true, DONE]);
  });

  test("after it fired: waits again", () => {
    const rig = new Rig();
    const { sleep: s, hand } = held(rig, () => sleep(100));
    hand.poll();
    rig.pass(100);
    expect(hand.poll()).toBe(DONE);
    s.reset(s.deadline.add(10));
    expect([s.isElapsed(), hand.poll(), hand.poll()]).toEqual([false, PENDING, PENDING]);
    rig.pass(10);
    expect(hand.poll()).toBe(DONE);
  });

  test("registers a sleep that was never polled", () => {
    const rig = new Rig();
    const s = rig.enter(() => sleep(100));
    s.reset(s.deadline.sub(90));
    expect(rig.driver.hasPending()).toBe(true);
    rig.pass(10);
    expect(s.isElapsed()).toBe(true);
  });

  test("to a tick other sleeps have, then dropped: nothing is left behind", () => {
    const rig = new Rig();
    const a = held(rig, () => sleep(5));
    const b = held(rig, () => sleep(5));
    const c = held(rig, () => sleep(10));
    for (const { hand } of [a, b, c]) hand.poll();
    b.sleep.reset(c.sleep.deadline);
    rig.pass(5);
    expect([a.hand.wakes, b.hand.wakes]).toEqual([1, 0]);
    b.sleep.return();
    rig.pass(5);
    expect([b.hand.wakes, c.hand.wakes, rig.driver.hasPending()]).toEqual([0, 1, false]);
  });

  test("shows the new deadline and refuses what is no Instant", () => {
    const rig = new Rig();
    const s = rig.enter(() => sleep(100));
    const later = s.deadline.add(7);
    s.reset(later);
    expect(s.deadline.compare(later)).toBe(0);
    expect(() => s.reset(7 as never)).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG" }));
  });
});
