import { expect, test } from "vitest";
import { defaultMaxBlockingThreads, THREAD_BYTES } from "../src/index.ts";

const GIB = 2 ** 30;

test("a quarter of the memory is for threads", () => {
  expect(defaultMaxBlockingThreads(4 * GIB, 2)).toBe(Math.floor(GIB / THREAD_BYTES));
});

test("there are four threads for each CPU however little memory there is, and never more than 512", () => {
  expect(defaultMaxBlockingThreads(0.1 * GIB, 2)).toBe(8);
  expect(defaultMaxBlockingThreads(1024 * GIB, 2)).toBe(512);
});

test("this machine has a cap", () => {
  expect(defaultMaxBlockingThreads()).toBeGreaterThanOrEqual(4);
});
