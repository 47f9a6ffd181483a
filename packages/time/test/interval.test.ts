import { type Async, fn, PENDING, type Poll } from "@treadle/core";
import {
  Instant,
  type Interval,
  interval,
  intervalAt,
  type MissedTickBehavior,
  sleep,
} from "@treadle/time";
import { describe, expect, test } from "vitest";
import { Hand, Rig } from "./rig.ts";

/** An interval polled by hand; `ready` answers the ticks that are due, in milliseconds since the start. */
class Ticker {
  readonly rig = new Rig();
  readonly interval: Interval;
  private readonly hand: Hand<Instant>;
  private readonly start: Instant;

  constructor(period: number, missedTickBehavior?: MissedTickBehavior) {
    const options = missedTickBehavior === undefined ? {} : { missedTickBehavior };
    this.start = this.rig.enter(() => Instant.now());
    this.rig.pass(1);
    this.interval = this.rig.enter(() => intervalAt(this.start, period, options));
    this.hand = new Hand(this.rig, () => ({
      next: (): Poll<Instant> => this.interval.pollTick(),
    }));
  }

  ready(): number[] {
    const seen: number[] = [];
    for (let answer = this.hand.poll(); answer.done; answer = this.hand.poll()) {
      seen.push(answer.value.since(this.start));
    }
    return seen;
  }

  after(ms: number): number[] {
    this.rig.pass(ms);
    return this.ready();
  }
}

/** Ticks seven times with a period of 10, and is kept from ticking for 25 ms after the third. */
const stalled = fn(function* stalled(behavior: MissedTickBehavior): Async<[number, number][]> {
  const start = Instant.now();
  const ticks = interval(10, { missedTickBehavior: behavior });
  const seen: [number, number][] = [];
  for (let i = 0; i < 7; i++) {
    const at = yield* ticks.tick();
    seen.push([at.since(start), start.elapsed()]);
    if (i === 1) yield* sleep(35);
  }
  return seen;
});

describe("missed ticks", () => {
  test("burst catches up at once and keeps the schedule", () => {
    const t = new Ticker(300);
    expect(t.interval.missedTickBehavior).toBe("burst");
    const seen = [t.ready(), ...[100, 200, 650, 200, 100, 250, 300].map((ms) => t.after(ms))];
    expect(seen).toEqual([[0], [], [300], [600, 900], [], [1200], [1500], [1800]]);
  });

  test("delay starts a new schedule from the late tick", () => {
    const t = new Ticker(300, "delay");
    const seen = [t.ready(), ...[100, 200, 650, 100, 201, 300, 300].map((ms) => t.after(ms))];
    expect(seen).toEqual([[0], [], [300], [600], [], [1251], [1551], [1851]]);
  });

  test("skip leaves missed ticks out and keeps the schedule", () => {
    const t = new Ticker(300, "skip");
    const seen = [t.ready(), ...[100, 200, 650, 250, 300, 300].map((ms) => t.after(ms))];
    expect(seen).toEqual([[0], [], [300], [600], [1200], [1500], [1800]]);
  });

  test.each([
    [
      "burst",
      [
        [0, 0],
        [10, 10],
        [20, 45],
        [30, 45],
        [40, 45],
        [50, 50],
        [60, 60],
      ],
    ],
    [
      "delay",
      [
        [0, 0],
        [10, 10],
        [20, 45],
        [55, 55],
        [65, 65],
        [75, 75],
        [85, 85],
      ],
    ],
    [
      "skip",
      [
        [0, 0],
        [10, 10],
        [20, 45],
        [50, 50],
        [60, 60],
        [70, 70],
        [80, 80],
      ],
    ],
  ] as const)("%s after a stall of 35 ms in a period of 10", (behavior, expected) => {
    expect(new Rig().block(() => stalled(behavior))).toEqual(expected);
  });

  test("five milliseconds late is not missed, more is", () => {
    const late = (ms: number): number[] => {
      const t = new Ticker(10, "delay");
      t.ready();
      t.after(9 + ms);
      return t.after(20);
    };
    expect(late(5)).toEqual([20]);
    expect(late(6)).toEqual([26]);
  });

  test("the behavior can be changed, to one of the three", () => {
    const t = new Ticker(10);
    t.interval.missedTickBehavior = "skip";
    expect(t.interval.missedTickBehavior).toBe("skip");
    expect(() => {
      t.interval.missedTickBehavior = "wait" as never;
    }).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG" }));
  });
});

describe("Interval", () => {
  test("the first tick is at once, and fractions of a period do not drift", () => {
    const rig = new Rig();
    const seen = rig.block(
      fn(function* some(): Async<number[]> {
        const start = Instant.now();
        const ticks = interval(0.1);
        const times: number[] = [];
        for (let i = 0; i < 31; i++) times.push((yield* ticks.tick()).since(start));
        return times;
      }),
    );
    expect([seen[0], seen[3], seen[30]]).toEqual([0, 0.3, 3]);
  });

  test("reset: one period from now", () => {
    const t = new Ticker(300);
    const seen = [t.ready(), t.after(100), t.after(200), t.after(100)];
    t.interval.reset();
    seen.push(t.after(250), t.after(50), t.after(300));
    expect(seen).toEqual([[0], [], [300], [], [], [701], [1001]]);
  });

  test("resetImmediately: now", () => {
    const t = new Ticker(300);
    const seen = [t.ready(), t.after(100), t.after(200), t.after(100)];
    t.interval.resetImmediately();
    seen.push(t.ready(), t.after(100), t.after(200));
    expect(seen).toEqual([[0], [], [300], [], [401], [], [701]]);
  });

  test("resetAfter: that much later", () => {
    const t = new Ticker(300);
    const seen = [t.ready(), t.after(100), t.after(200), t.after(100)];
    t.interval.resetAfter(20);
    seen.push(t.after(20), t.after(100), t.after(200));
    expect(seen).toEqual([[0], [], [300], [], [421], [], [721]]);
  });

  test("resetAt: then, also later than the period", () => {
    const t = new Ticker(300);
    const seen = [t.ready(), t.after(100), t.after(200), t.after(100)];
    t.interval.resetAt(t.rig.enter(() => Instant.now()).add(1000));
    seen.push(t.after(300), t.after(300), t.after(300), t.after(100), t.after(300));
    expect(seen).toEqual([[0], [], [300], [], [], [], [], [1401], [1701]]);
  });

  test("a dropped tick takes its timer out and loses no tick", () => {
    const rig = new Rig();
    const ticks = rig.enter(() => intervalAt(Instant.now().add(10), 10));
    const task = rig.spawn(() => ticks.tick());
    rig.run();
    task.drop();
    rig.run();
    expect([task.status, rig.driver.hasPending()]).toEqual(["dropped", false]);
    rig.pass(12);
    expect(rig.block(() => ticks.tick()).since(rig.enter(() => Instant.now()))).toBe(0);
    expect(rig.time).toBe(12);
  });

  test("an infinite period ticks once", () => {
    const rig = new Rig();
    const ticks = rig.enter(() => interval(Infinity));
    const hand = new Hand(rig, () => ({ next: () => ticks.pollTick() }));
    expect(hand.poll().done).toBe(true);
    expect([hand.poll(), rig.driver.hasPending()]).toEqual([PENDING, false]);
  });

  test("can be iterated by for await", async () => {
    const rig = new Rig();
    const start = rig.enter(() => Instant.now());
    const ticks = rig.enter(() => intervalAt(start.sub(20), 10));
    const steps = ticks[Symbol.asyncIterator]();
    const first = await rig.enter(() => steps.next());
    const second = await rig.enter(() => steps.next());
    expect([start.since(first.value as Instant), start.since(second.value as Instant)]).toEqual([
      20, 10,
    ]);
    expect(await steps.return?.()).toEqual({ done: true, value: undefined });
  });

  test("refuses a period of zero, and others that are none", () => {
    const rig = new Rig();
    expect(() => rig.enter(() => interval(0))).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG", message: "`period` must be non-zero." }),
    );
    for (const make of [
      () => interval(-1),
      () => interval(Number.NaN),
      () => intervalAt(Instant.now(), 0),
      () => intervalAt(5 as never, 5),
      () => interval(5, { missedTickBehavior: "wait" as never }),
    ]) {
      expect(() => rig.enter(make)).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG" }));
    }
    expect(() => interval(5)).toThrow(/interval\(\) must be called/);
  });
});
