import { describe, expect, test } from "vitest";
import { TimeSource } from "../src/source.ts";

const NANOSECOND = 1e-6;
const NOISE = 1e-7;

describe("TimeSource", () => {
  const source = new TimeSource(100.75);

  test("ticks begin at whole milliseconds of the clock, at or before the start", () => {
    expect([source.start, source.tickToTime(3)]).toEqual([100, 103]);
  });

  test("deadlines round up and the present rounds down", () => {
    expect([100, 101, 101 + NANOSECOND, 101.5, 102].map((t) => source.deadlineToTick(t))).toEqual([
      0, 1, 2, 2, 2,
    ]);
    expect([100.75, 101 - NANOSECOND, 101, 101.5, 102].map((t) => source.nowToTick(t))).toEqual([
      0, 0, 1, 1, 2,
    ]);
  });

  test("what is off by less than half a nanosecond is not", () => {
    expect(source.deadlineToTick(101 + NOISE)).toBe(1);
    expect(source.nowToTick(101 - NOISE)).toBe(1);
  });

  test("the past is tick 0, the far future the last tick, Infinity stays", () => {
    const ends = [-5, 99.5, 2 ** 60, Infinity].map((t) => source.deadlineToTick(t));
    expect(ends).toEqual([0, 0, 2 ** 52, Infinity]);
    expect(source.nowToTick(Infinity)).toBe(2 ** 52);
  });

  test("the time of a tick is that tick, up to the last one and whenever time began", () => {
    for (const start of [0, 1, 2, 3, 2 ** 40 + 1]) {
      const from = new TimeSource(start);
      for (const tick of [1, 2 ** 52 - 1, 2 ** 52]) {
        expect(from.nowToTick(from.tickToTime(tick))).toBe(tick);
      }
    }
  });
});
