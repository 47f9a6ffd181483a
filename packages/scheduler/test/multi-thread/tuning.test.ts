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

  /** Looks until a moment is there, by a clock that goes on by so much with each reading. */
  function spins(spin: Spin, clock: { ms: number }, until = Number.POSITIVE_INFINITY): number {
    let looks = 0;
    spin.until(() => {
      looks++;
      return clock.ms >= until;
    });
    return looks;
  }

  function world(step = 0.001): { spin: Spin; clock: { ms: number } } {
    const clock = { ms: 1 };
    return { clock, spin: new Spin(true, { now: () => (clock.ms += step) }) };
  }

  test("takes 50 µs at most", () => {
    const { spin, clock } = world();
    spins(spin, clock);
    expect(clock.ms).toBeCloseTo(1.051, 2);
  });

  test("stops when it has found nothing 8 times, and is tried after short sleeps, each time after more of them", () => {
    const { spin, clock } = world();
    for (let i = 0; i < 8; i++) expect(spins(spin, clock)).toBeGreaterThan(0);
    const sleeps: number[] = [];
    for (let count = 0; sleeps.length < 9; count++) {
      if (spins(spin, clock) > 0) {
        sleeps.push(count);
        count = 0;
      }
      spin.slept(0.06);
    }
    expect(sleeps).toEqual([4, 8, 16, 32, 64, 128, 256, 256, 256]);
  });

  test("takes 100 µs at most when it is tried", () => {
    const { spin, clock } = world();
    for (let i = 0; i < 8; i++) spins(spin, clock);
    for (let i = 0; i < 4; i++) spin.slept(0.06);
    const before = clock.ms;
    spins(spin, clock);
    expect(clock.ms - before).toBeCloseTo(0.101, 2);
  });

  test("is not tried after long sleeps, however many", () => {
    const { spin, clock } = world();
    for (let i = 0; i < 8; i++) spins(spin, clock);
    for (let i = 0; i < 1000; i++) spin.slept(0.5);
    expect(spin.isWorthwhile).toBe(false);
    expect(spins(spin, clock)).toBe(0);
  });

  test("that has found something is followed by others", () => {
    const { spin, clock } = world();
    for (let i = 0; i < 8; i++) spins(spin, clock);
    for (let i = 0; i < 4; i++) spin.slept(0.06);
    expect(spins(spin, clock, clock.ms + 0.02)).toBeGreaterThan(4);
    for (let i = 0; i < 4; i++) expect(spins(spin, clock)).toBeGreaterThan(0);
    expect(spins(spin, clock)).toBe(0);
  });

  test("does not count what came while another thread had the core", () => {
    const { spin, clock } = world();
    for (let i = 0; i < 8; i++) {
      let looks = 0;
      spin.until(() => {
        // The other one has the core from the tenth look on.
        if (++looks === 10) clock.ms += 0.03;
        return looks === 11;
      });
      expect(looks).toBe(11);
    }
    expect(spin.isWorthwhile).toBe(false);
  });

  test("ends when another thread has taken the core, for then there is somebody to make room for", () => {
    const { spin, clock } = world();
    let looks = 0;
    spin.until(() => {
      if (++looks === 10) clock.ms += 0.03;
      return false;
    });
    expect(looks).toBe(12);
  });

  test("goes on as long as it finds something", () => {
    const { spin } = world();
    for (let i = 0; i < 100; i++) expect(spin.until(() => true)).toBe(true);
  });
});
