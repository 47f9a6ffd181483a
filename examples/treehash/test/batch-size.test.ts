import { expect, test } from "vitest";
import { BatchSize } from "../src/batch-size.ts";

/** The size after many batches in which each file took `ms`. */
function settled(ms: number, size = new BatchSize()): number {
  for (let i = 0; i < 30; i++) size.took(size.files * ms, size.files);
  return size.files;
}

test("begins small, and takes more where files are fast", () => {
  expect(new BatchSize().files).toBe(8);
  expect(settled(0.03)).toBe(100);
  expect(settled(0.0001)).toBe(128);
});

test("takes one at a time where each has to be waited for", () => {
  expect(settled(50)).toBe(1);
});

test("soon takes more again after a single long one", () => {
  const size = new BatchSize();
  settled(0.03, size);
  size.took(60_000, 1);
  let batches = 0;
  for (; size.files < 50; batches++) size.took(size.files * 0.03, size.files);
  expect(batches).toBeLessThan(15);
});
