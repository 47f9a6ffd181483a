import { beforeEach, describe, expect, test, vi } from "vitest";
import { increment, loadPair, loadShared, storePair } from "../src/counters.ts";

/** Runs between the operations on shared memory, as another thread would. */
const interleave = vi.hoisted(() => ({ before: null as null | ((step: number) => void), step: 0 }));

vi.mock("@treadle/core/shared", async (original) => {
  const real = await original<typeof import("@treadle/core/shared")>();
  const tick = () => {
    const other = interleave.before;
    if (other === null) return;
    interleave.before = null;
    other(interleave.step);
    interleave.step += 1;
    interleave.before ??= other;
  };
  const load: typeof real.load = (words, at) => {
    tick();
    return real.load(words, at);
  };
  const add: typeof real.add = (words, at, value) => {
    tick();
    return real.add(words, at, value);
  };
  return { ...real, load, add };
});

beforeEach(() => {
  interleave.before = null;
  interleave.step = 0;
});

const CARRY = 2 ** 30;

function words(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(16));
}

describe("pairs", () => {
  const values = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, 2 ** 52 + 3, 2 ** 53 - 1];

  test.each(values)("%d comes back as it went in, whatever was there before", (value) => {
    for (const before of values) {
      const at = words();
      storePair(at, 1, 0, before);
      storePair(at, 1, before, value);
      expect(loadPair(at, 1)).toBe(value);
      expect([at[0], at[3]]).toEqual([0, 0]);
    }
  });
});

describe("shared counters", () => {
  test("count by one", () => {
    const at = words();
    for (let i = 0; i < 5; i += 1) increment(at, 0);
    expect(loadShared(at, 0)).toBe(5);
  });

  test("count on across the carry, exactly", () => {
    const at = words();
    at[1] = CARRY - 2;
    const seen: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      increment(at, 0);
      seen.push(loadShared(at, 0));
    }
    expect(seen).toEqual([CARRY - 1, CARRY, CARRY + 1, CARRY + 2]);
    expect([...at]).toEqual([1, 2, 1, 0]);
  });

  test("count beyond 2^32", () => {
    const at = words();
    at.set([9, 7, 9]);
    expect(loadShared(at, 0)).toBe(9 * CARRY + 7);
  });

  test("a reader between any two steps of a carry sees the exact count", () => {
    const at = words();
    at[1] = CARRY - 1;
    const seen: number[] = [];
    interleave.before = () => seen.push(loadShared(at, 0));
    increment(at, 0);
    interleave.before = null;
    // Before the addition itself, then before each of the carry's three steps.
    expect(seen).toEqual([CARRY - 1, CARRY, CARRY, CARRY]);
    expect(loadShared(at, 0)).toBe(CARRY);
  });

  test("a whole carry between any two loads of a reader leaves the reading exact", () => {
    for (let when = 0; when < 3; when += 1) {
      const at = words();
      at[1] = CARRY - 1;
      interleave.step = 0;
      interleave.before = (step) => {
        if (step === when) increment(at, 0);
      };
      const reading = loadShared(at, 0);
      interleave.before = null;
      expect([CARRY - 1, CARRY]).toContain(reading);
    }
  });

  test("other threads' additions during a carry are not lost", () => {
    const at = words();
    at[1] = CARRY - 1;
    interleave.before = () => increment(at, 0);
    increment(at, 0);
    interleave.before = null;
    // One interleaved before each of the additions: the first of them meets the carry.
    expect(loadShared(at, 0)).toBe(CARRY - 1 + 1 + interleave.step);
  });
});
