import { Instant } from "@treadle/time";
import { describe, expect, test } from "vitest";
import { Rig } from "./rig.ts";

describe("Instant", () => {
  test("outside a runtime it is real time", () => {
    const before = performance.now();
    const now = Instant.now().valueOf();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(performance.now());
  });

  test("inside a runtime it is the runtime's clock, frozen or not", () => {
    const rig = new Rig();
    rig.enter(() => {
      const start = Instant.now();
      rig.clock.advance(51.592);
      expect(start.elapsed()).toBe(51.592);
      const next = Instant.now();
      rig.clock.advance(0.001);
      expect(next.elapsed()).toBe(0.001);
    });
  });

  test("adds, subtracts and compares exactly", () => {
    const start = new Rig().enter(() => Instant.now());
    const a = start.add(0.1).add(0.2);
    expect(a.compare(start.add(0.3))).toBe(0);
    expect(a.since(start)).toBe(0.3);
    expect(start.since(a)).toBe(0);
    expect([start.compare(a), a.compare(start)]).toEqual([-1, 1]);
    expect(start < a && a > start).toBe(true);
    expect(a.sub(0.3).compare(start)).toBe(0);
    expect(start.add(Infinity).since(start)).toBe(Infinity);
  });

  test("refuses durations and instants that are none", () => {
    const now = Instant.now();
    const refusal = expect.objectContaining({ code: "ERR_INVALID_ARG" });
    for (const ms of [-1, Number.NaN, "5" as never, 5n as never]) {
      expect(() => now.add(ms)).toThrow(refusal);
      expect(() => now.sub(ms)).toThrow(refusal);
    }
    expect(() => now.sub(Infinity)).toThrow(refusal);
    for (const other of [null, 5, {}] as never[]) {
      expect(() => now.since(other)).toThrow(refusal);
      expect(() => now.compare(other)).toThrow(refusal);
    }
  });
});
