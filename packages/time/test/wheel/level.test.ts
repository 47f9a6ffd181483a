import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  LEVELS,
  levelOf,
  lowestBit,
  nextBitAfter,
  slotOf,
  slotStart,
  TOP,
  topSlotStart,
  WHEEL_RANGE,
} from "../../src/wheel/level.ts";

/** The rule in BigInt, where shifts are exact at any size. */
function levelByRule(elapsed: number, when: number): number {
  const bits = (BigInt(elapsed) ^ BigInt(when)) | 63n;
  if (bits >= BigInt(WHEEL_RANGE)) return LEVELS - 1;
  return Math.floor((bits.toString(2).length - 1) / 6);
}

const slotByRule = (when: number, level: number): number =>
  Number((BigInt(when) >> BigInt(6 * level)) & 63n);

const tick = fc
  .tuple(fc.integer({ min: 0, max: 53 }), fc.maxSafeNat())
  .map(([bits, n]) => n % 2 ** bits);

describe("levels and slots", () => {
  test("ticks below 64 lie on level 0, each in its own slot", () => {
    for (let when = 0; when < 64; when++) {
      expect([levelOf(0, when), slotOf(when, 0)]).toEqual([0, when]);
    }
  });

  test("the first tick of each level's second slot lies there", () => {
    for (let level = 0; level < LEVELS; level++) {
      expect([levelOf(0, 64 ** level), slotOf(64 ** level, level)]).toEqual([level, 1]);
      if (level > 0) expect(levelOf(0, 64 ** level - 1)).toBe(level - 1);
    }
  });

  test("level and slot follow the rule for ticks of all magnitudes", () => {
    fc.assert(
      fc.property(tick, tick, (a, b) => {
        const elapsed = Math.min(a, b);
        const when = Math.max(a, b);
        const level = levelOf(elapsed, when);
        expect(level).toBe(levelByRule(elapsed, when));
        expect(slotOf(when, level)).toBe(slotByRule(when, level));
      }),
      { numRuns: 5000 },
    );
  });

  test("a slot below the top begins after elapsed and at or before the ticks in it", () => {
    fc.assert(
      fc.property(tick, tick, (a, b) => {
        const elapsed = Math.min(a, b);
        const when = Math.max(a, b);
        const level = levelOf(elapsed, when);
        fc.pre(when > elapsed && level < TOP);
        const start = slotStart(elapsed, level, slotOf(when, level));
        expect(start).toBeGreaterThan(elapsed);
        expect(start).toBe(when - (when % 64 ** level));
      }),
      { numRuns: 2000 },
    );
  });

  test("a top slot begins within one round", () => {
    expect(topSlotStart(0, 1)).toBe(2 ** 30);
    expect(topSlotStart(0, 0)).toBe(2 ** 36);
    expect(topSlotStart(2 ** 30, 1)).toBe(2 ** 30 + 2 ** 36);
    expect(topSlotStart(2 ** 36 + 5, 63)).toBe(2 ** 36 + 63 * 2 ** 30);
  });
});

describe("bits", () => {
  test("the lowest bit and the next bit round the ring are found in both words", () => {
    const words = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(words, words, fc.nat(63), (low, high, from) => {
        fc.pre((low | high) !== 0);
        const isSet = (i: number): boolean => (((i < 32 ? low : high) >>> (i & 31)) & 1) === 1;
        const ring = Array.from({ length: 64 }, (_, i) => (from + 1 + i) % 64);
        expect(nextBitAfter(low, high, from)).toBe(ring.find(isSet));
        expect(lowestBit(low, high)).toBe(Array.from({ length: 64 }, (_, i) => i).find(isSet));
      }),
      { numRuns: 2000 },
    );
  });
});
