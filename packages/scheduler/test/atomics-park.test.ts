import { describe, expect, test } from "vitest";
import { AtomicsPark } from "../src/atomics-park.ts";

describe("parking on a word", () => {
  test("returns at once after an unpark that came before, and uses it up", () => {
    const park = new AtomicsPark();
    park.unpark();
    park.unpark();
    const start = performance.now();
    park.park(60_000);
    expect(performance.now() - start).toBeLessThan(30_000);
    const second = performance.now();
    park.park(3);
    expect(performance.now() - second).toBeGreaterThanOrEqual(2.5);
  });

  test("does not sleep for a timeout of 0", () => {
    const park = new AtomicsPark();
    expect(park.park(0)).toBe(undefined);
  });
});
