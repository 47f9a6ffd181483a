import { expect, test } from "vitest";
import { Pace } from "../src/pace.ts";

const FAST = 0.01;
const SLOW = 5;

/** Reads files until one goes by the pool; how many were read in place. */
function inPlaceUntilPool(pace: Pace, time: (n: number) => number, most = 1000): number {
  for (let n = 0; n < most; n++) {
    if (!pace.inPlace()) return n;
    pace.took(time(n), 0);
  }
  return most;
}

function byPoolUntilInPlace(pace: Pace): number {
  let n = 0;
  while (!pace.inPlace()) n++;
  return n;
}

test("files are read in place while that is fast", () => {
  expect(inPlaceUntilPool(new Pace(), () => FAST)).toBe(1000);
});

test("a few slow reads among fast ones change nothing, however slow they are", () => {
  expect(inPlaceUntilPool(new Pace(), (n) => (n % 8 === 0 ? 1000 : FAST))).toBe(1000);
});

test("a long read of many bytes is not slow", () => {
  const pace = new Pace();
  for (let n = 0; n < 100; n++) {
    expect(pace.inPlace()).toBe(true);
    pace.took(0.2, 128 * 1024);
  }
});

test("a cold cache turns to the pool within a few files, for longer and longer", () => {
  const pace = new Pace();
  expect(inPlaceUntilPool(pace, () => SLOW)).toBeLessThan(10);
  const stretches: number[] = [];
  for (let i = 0; i < 7; i++) {
    stretches.push(1 + byPoolUntilInPlace(pace));
    pace.took(SLOW, 0);
    expect(inPlaceUntilPool(pace, () => SLOW)).toBeLessThan(4);
  }
  expect(stretches).toEqual([128, 256, 512, 1024, 2048, 4096, 4096]);
});

test("a cache that got warm is trusted again", () => {
  const pace = new Pace();
  inPlaceUntilPool(pace, () => SLOW);
  byPoolUntilInPlace(pace);
  pace.took(FAST, 0);
  expect(inPlaceUntilPool(pace, () => FAST)).toBe(1000);
});

test("where nothing may be read in place nothing ever is", () => {
  const pace = new Pace("by pool");
  expect([pace.inPlace(), pace.isFast]).toEqual([false, false]);
});

test("where everything is to be read in place it is, however slow", () => {
  expect(inPlaceUntilPool(new Pace("in place"), () => SLOW)).toBe(1000);
});
