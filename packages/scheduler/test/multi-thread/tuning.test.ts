/** How often a worker looks at what others offer. */
import { describe, expect, test } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { Spin } from "../../src/multi-thread/spin.ts";
import { Tuning } from "../../src/multi-thread/tuning.ts";

describe("the interval", () => {
  conforms("rt_threaded::test_tuning", "aims at 200 µs by the mean time of a poll", () => {
    const tuning = new Tuning(undefined);
    expect(tuning.interval(0)).toBe(61);
    expect(tuning.interval(0.02)).toBe(10);
    expect(tuning.interval(0.002)).toBe(100);
  });

  test("stays between 2 and 127", () => {
    const tuning = new Tuning(undefined);
    expect(tuning.interval(1000)).toBe(2);
    expect(tuning.interval(1e-9)).toBe(127);
  });

  test("changes only when it differs by more than 2", () => {
    const tuning = new Tuning(undefined);
    expect(tuning.interval(0.02)).toBe(10);
    expect(tuning.interval(0.2 / 12)).toBe(10);
    expect(tuning.interval(0.2 / 13)).toBe(13);
  });

  test("is what the user has set, whatever is measured", () => {
    expect(new Tuning(7).interval(1000)).toBe(7);
  });
});

describe("spinning", () => {
  test("never happens with one CPU", () => {
    let looks = 0;
    expect(new Spin(false).until(() => ++looks > 0)).toBe(false);
    expect(looks).toBe(0);
  });

  test("stops to be tried when it does not pay, but for one sleep in 64", () => {
    const spin = new Spin(true);
    const tried = (): number => {
      let looks = 0;
      spin.until(() => {
        looks++;
        return false;
      });
      return looks;
    };
    let spins = 0;
    for (let i = 0; i < 8; i++) if (tried() > 0) spins++;
    expect(spins).toBe(8);
    let later = 0;
    for (let i = 0; i < 128; i++) if (tried() > 0) later++;
    expect(later).toBe(2);
  });

  test("goes on as long as it finds something", () => {
    const spin = new Spin(true);
    for (let i = 0; i < 100; i++) expect(spin.until(() => true)).toBe(true);
  });
});
