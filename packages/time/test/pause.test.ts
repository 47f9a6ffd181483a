import { type Async, fn } from "@treadle/core";
import { advance, Instant, pause, resume, sleep } from "@treadle/time";
import { describe, expect, test } from "vitest";
import { Hand, Rig } from "./rig.ts";

describe("pause and resume", () => {
  test("freeze and free the current runtime's clock", () => {
    const rig = new Rig({ startPaused: false });
    rig.enter(() => {
      pause();
      const start = Instant.now();
      expect(rig.clock.isPaused).toBe(true);
      expect(start.elapsed()).toBe(0);
      expect(() => pause()).toThrow(/time is already frozen/);
      resume();
      expect(rig.clock.isPaused).toBe(false);
      expect(() => resume()).toThrow(/time is not frozen/);
    });
  });

  test("are refused outside a runtime, in one without timers and in one with several threads", () => {
    const outside = {
      code: "ERR_NO_RUNTIME",
      message: "time cannot be frozen from outside the Treadle runtime",
    };
    for (const call of [pause, resume, () => advance(1)]) {
      expect(call).toThrow(expect.objectContaining(outside));
    }
    const several = new Rig({ startPaused: false, currentThread: false });
    expect(() => several.enter(pause)).toThrow(
      expect.objectContaining({ code: "ERR_TIME_FLAVOR" }),
    );
    several.slots.length = 0;
    expect(() => several.enter(pause)).toThrow(
      expect.objectContaining({ code: "ERR_TIME_DISABLED" }),
    );
  });
});

describe("advance", () => {
  test("moves time in one leap and yields once, so that due timers have fired", () => {
    const rig = new Rig();
    const sleeper = rig.spawn(
      fn(function* sleeper(): Async<number> {
        const start = Instant.now();
        yield* sleep(10);
        return start.elapsed();
      }),
    );
    rig.settle();
    const task = rig.spawn(
      fn(function* leap(): Async<[number, number]> {
        const start = Instant.now();
        yield* advance(50);
        return [start.elapsed(), sleeper.wakes];
      }),
    );
    rig.settle();
    expect([task.polls, task.value]).toEqual([2, [50, 1]]);
    expect(sleeper.value).toBe(50);
  });

  test("by fractions of a millisecond: a timer fires when they have added up", () => {
    const rig = new Rig();
    const hand = new Hand(rig, () => sleep(1));
    hand.poll();
    const wakes = [0.25, 0.25, 0.25, 0.25].map((ms) => {
      const task = rig.spawn(() => advance(ms));
      rig.settle();
      return [task.status, hand.wakes];
    });
    expect(wakes).toEqual([
      ["ok", 0],
      ["ok", 0],
      ["ok", 0],
      ["ok", 1],
    ]);
  });

  test("does nothing before its first poll and is refused while time runs", () => {
    const rig = new Rig();
    const leap = rig.enter(() => advance(5));
    expect(rig.time).toBe(0);
    const task = rig.spawn(leap);
    rig.clock.resume();
    rig.run();
    expect(task.error).toMatchObject({
      code: "ERR_TIME_NOT_FROZEN",
      message: "time is not frozen",
    });
    expect(() => rig.enter(() => advance(-1))).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG" }),
    );
  });
});

describe("an idle runtime in frozen time", () => {
  test("takes the same virtual times in each run", () => {
    const run = (): number[] =>
      new Rig().block(
        fn(function* walk(): Async<number[]> {
          const start = Instant.now();
          const times: number[] = [];
          for (let i = 0, r = 1; i < 2000; i++) {
            r = (r * 48271) % 2147483647;
            yield* sleep((r % 1_000_000) / 1000);
            times.push(start.elapsed());
          }
          return times;
        }),
      );
    const first = run();
    expect(run()).toEqual(first);
    expect(first.every(Number.isInteger)).toBe(true);
  });
});
