import fc from "fast-check";
import { expect, test } from "vitest";
import { bytes, clock, count, duration, fitEnd, percent, things, width } from "../src/format.ts";

test("counts have commas", () => {
  expect([0, 999, 1000, 1234567].map(count)).toEqual(["0", "999", "1,000", "1,234,567"]);
});

test("things are counted in the right number", () => {
  expect([things(0, "file"), things(1, "file"), things(2000, "file")]).toEqual([
    "0 files",
    "1 file",
    "2,000 files",
  ]);
});

test("bytes have three digits, also next to the larger unit", () => {
  const given = [0, 999, 1000, 1234, 9994, 9995, 99_949, 99_950, 999_499, 999_500, 2e10];
  expect(given.map(bytes)).toEqual([
    "0 B",
    "999 B",
    "1.00 kB",
    "1.23 kB",
    "9.99 kB",
    "10.0 kB",
    "99.9 kB",
    "100 kB",
    "999 kB",
    "1.00 MB",
    "20.0 GB",
  ]);
});

test("times are as exact as they are short", () => {
  expect([1, 9999.4, 9999.5, 59_949, 59_950, 3_725_000].map(duration)).toEqual([
    "0.001 s",
    "9.999 s",
    "10.0 s",
    "59.9 s",
    "1:00",
    "1:02:05",
  ]);
  expect([0.4, 7, 61].map(clock)).toEqual(["0:00", "0:07", "1:01"]);
});

test("nothing is done to 100 % before it is done", () => {
  expect([0, 0.999, 1].map(percent)).toEqual(["0 %", "99 %", "100 %"]);
});

test("a text that is too wide loses its beginning", () => {
  expect(fitEnd("abcdef", 6)).toBe("abcdef");
  expect(fitEnd("abcdef", 4)).toBe("…def");
  expect(fitEnd("日本語", 5)).toBe("…本語");
  expect(fitEnd("日本語", 4)).toBe("…語");
  expect(fitEnd("abc", 0)).toBe("");
});

test("a fitted text is never too wide", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
      expect(width(fitEnd(text, columns))).toBeLessThanOrEqual(columns);
    }),
  );
});
