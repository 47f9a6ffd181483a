import { Clock } from "@treadle/time";
import { describe, expect, test, vi } from "vitest";

function realTime(start: number): { pass(ms: number): void } {
  let now = start;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  return {
    pass(ms) {
      now += ms;
    },
  };
}

describe("Clock", () => {
  test("a running clock shows real time", () => {
    const real = realTime(12.25);
    const clock = new Clock();
    real.pass(3.5);
    expect(clock.now()).toBe(15.75);
  });

  test("freezes at the next whole millisecond and runs on from there", () => {
    const real = realTime(12.25);
    const clock = new Clock();
    clock.pause();
    expect([clock.isPaused, clock.now()]).toEqual([true, 13]);
    real.pass(1000);
    expect(clock.now()).toBe(13);
    clock.advance(10_000);
    clock.resume();
    expect(clock.now()).toBe(10_013);
    real.pass(5);
    expect(clock.now()).toBe(10_018);
    clock.pause();
    clock.advance(10_000);
    expect(clock.now()).toBe(20_018);
  });

  test("can start frozen", () => {
    const real = realTime(7.1);
    const clock = new Clock({ startPaused: true });
    real.pass(50);
    expect(clock.now()).toBe(8);
  });

  test("sums of fractions are exact to the nanosecond", () => {
    realTime(0);
    const clock = new Clock({ startPaused: true });
    for (let i = 0; i < 10; i++) clock.advance(0.1);
    expect(clock.now()).toBe(1);
    clock.advance(51.592);
    expect(clock.now()).toBe(52.592);
  });

  test("refuses to freeze twice, and to move or resume while it runs", () => {
    const clock = new Clock();
    const refusal = { code: "ERR_TIME_NOT_FROZEN", message: "time is not frozen" };
    expect(() => clock.advance(1)).toThrow(expect.objectContaining(refusal));
    expect(() => clock.resume()).toThrow(expect.objectContaining(refusal));
    clock.pause();
    expect(() => clock.pause()).toThrow(
      expect.objectContaining({ code: "ERR_TIME_FROZEN", message: "time is already frozen" }),
    );
  });

  test("may be moved by an idle runtime only while frozen and not inhibited", () => {
    const clock = new Clock();
    expect(clock.canAutoAdvance()).toBe(false);
    clock.pause();
    expect(clock.canAutoAdvance()).toBe(true);
    clock.inhibitAutoAdvance();
    clock.inhibitAutoAdvance();
    clock.allowAutoAdvance();
    expect(clock.canAutoAdvance()).toBe(false);
    clock.allowAutoAdvance();
    clock.allowAutoAdvance();
    expect(clock.canAutoAdvance()).toBe(true);
  });
});
