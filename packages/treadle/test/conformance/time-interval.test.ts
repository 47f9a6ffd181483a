import { cx } from "@treadle/core";
import {
  type Async,
  advance,
  Elapsed,
  type Future,
  fn,
  Instant,
  type Interval,
  interval,
  intervalAt,
  type MissedTickBehavior,
  Pending,
  pollFn,
  sleep,
  spawn,
  timeout,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand } from "../support/hand.ts";
import { pausedThread, thrownBy } from "../support/runtimes.ts";

/** The moments for which the ticks were scheduled that are ready now, since `start`. */
function due(ticks: Interval, start: Instant): number[] {
  const hand = new Hand({ next: () => ticks.pollTick() });
  const moments: number[] = [];
  for (;;) {
    const answer = hand.poll();
    if (!answer.done) return moments;
    moments.push(answer.value.since(start));
  }
}

/** One step of a scenario: how much time passes, and which ticks are due then. */
type Step = readonly [ms: number, ...due: number[]];

const walk = fn(function* walk(ticks: Interval, start: Instant, steps: Step[]): Async<void> {
  for (const [ms, ...expected] of steps) {
    if (ms > 0) yield* advance(ms);
    const at = start.elapsed();
    expect({ at, due: due(ticks, start) }).toEqual({ at, due: expected });
  }
});

/** Walks through a scenario with a period of 10 ms on a paused clock. */
function scenario(behavior: MissedTickBehavior, ...steps: Step[]): void {
  using rt = pausedThread();
  rt.blockOn(function* () {
    const start = Instant.now();
    yield* walk(intervalAt(start, 10, { missedTickBehavior: behavior }), start, steps);
  });
}

/** When a task gets its ticks that works for 35 ms after the second: `[scheduled for, got at]`. */
function stalled(behavior: MissedTickBehavior): (readonly [number, number])[] {
  using rt = pausedThread();
  return rt.blockOn(function* () {
    const start = Instant.now();
    const ticks = interval(10, { missedTickBehavior: behavior });
    const seen: [number, number][] = [];
    while (seen.length < 7) {
      const scheduled = yield* ticks.tick();
      seen.push([scheduled.since(start), start.elapsed()]);
      if (seen.length === 2) yield* advance(35);
    }
    return seen;
  });
}

/** Numbers written as in "20@45": scheduled for 20, got at 45. */
function at(text: string): [number, number][] {
  return text.split(" ").map((tick) => {
    const [scheduled, got = scheduled] = tick.split("@").map(Number);
    return [scheduled as number, got as number];
  });
}

describe("an interval", () => {
  conforms(
    "time_interval::burst",
    "in a burst makes up for the ticks it missed and keeps to its schedule",
    () => {
      scenario("burst", [0, 0], [4], [6, 10], [23, 20, 30], [6], [3, 40], [8, 50], [10, 60]);
      expect(stalled("burst")).toEqual(at("0 10 20@45 30@45 40@45 50 60"));
    },
  );

  conforms("time_interval::delay", "with delay begins a new schedule at the late tick", () => {
    scenario("delay", [0, 0], [4], [6, 10], [23, 20], [9], [1, 43], [10, 53], [10, 63]);
    // Up to 5 ms late is not late.
    scenario("delay", [0, 0], [15, 10], [5, 20], [16, 30], [9], [1, 46]);
    expect(stalled("delay")).toEqual(at("0 10 20@45 55 65 75 85"));
  });

  conforms(
    "time_interval::skip",
    "with skip leaves missed ticks out and keeps to its schedule",
    () => {
      scenario("skip", [0, 0], [4], [6, 10], [23, 20], [6], [1, 40], [10, 50], [10, 60]);
      expect(stalled("skip")).toEqual(at("0 10 20@45 50 60 70 80"));
    },
  );

  conforms("time_interval::interval_zero_duration", "refuses a period of zero", () => {
    using rt = pausedThread();
    const error = thrownBy(() =>
      rt.blockOn(function* () {
        intervalAt(Instant.now(), 0);
      }),
    );
    expect(error.message).toBe("`period` must be non-zero.");
  });

  conforms(
    "time_interval::interval_doesnt_panic_max_duration_when_polling",
    "takes the longest period there is, and then ticks once",
    () => {
      for (const period of [Number.POSITIVE_INFINITY, Number.MAX_VALUE]) {
        using rt = pausedThread();
        rt.blockOn(function* () {
          const start = Instant.now();
          const ticks = interval(period);
          expect(due(ticks, start)).toEqual([0]);
          yield* sleep(2 ** 40);
          expect(due(ticks, start)).toEqual([]);
        });
      }
    },
  );
});

describe("an interval that is reset 14 ms after its start", () => {
  /** Two ticks, then the reset, then more steps. */
  function resetBy(reset: (ticks: Interval) => void, ...steps: Step[]): void {
    using rt = pausedThread();
    rt.blockOn(function* () {
      const start = Instant.now();
      const ticks = intervalAt(start, 10);
      yield* walk(ticks, start, [[0, 0], [10, 10], [4]]);
      reset(ticks);
      yield* walk(ticks, start, steps);
    });
  }

  conforms("time_interval::reset", "ticks one period later", () => {
    resetBy((ticks) => ticks.reset(), [0], [9], [1, 24], [10, 34]);
  });

  conforms("time_interval::reset_immediately", "immediately, ticks then", () => {
    resetBy((ticks) => ticks.resetImmediately(), [0, 14], [9], [1, 24], [10, 34]);
  });

  conforms("time_interval::reset_after", "after 2 ms, ticks 2 ms later", () => {
    resetBy((ticks) => ticks.resetAfter(2), [1], [1, 16], [9], [1, 26]);
  });

  conforms("time_interval::reset_at", "at a moment, ticks at that moment", () => {
    resetBy((ticks) => ticks.resetAt(Instant.now().add(4)), [3], [1, 18], [9], [1, 28]);
  });

  conforms(
    "time_interval::reset_at_bigger_than_interval",
    "at a moment more than a period away, does not tick before it",
    () => {
      const reset = (ticks: Interval) => ticks.resetAt(Instant.now().add(33));
      resetBy(reset, [10], [10], [10], [2], [1, 47], [10, 57]);
    },
  );
});

describe("pollTick in a future of one's own", () => {
  /** Every fourth tick of twelve, until they have all come or 150 ms have passed. */
  function everyFourth(wakeOnReady: boolean): number[] {
    using rt = pausedThread();
    return rt.blockOn(function* () {
      const ticks = interval(10);
      let count = 0;
      const fourth: Future<number> = pollFn(() => {
        if (!ticks.pollTick().done) return Pending;
        count++;
        if (count % 4 === 0) return count;
        if (wakeOnReady) cx.waker?.wake();
        return Pending;
      });
      const seen: number[] = [];
      const collect = fn(function* collect(): Async<void> {
        while (count < 12) seen.push(yield* fourth);
      });
      const outcome = yield* spawn(timeout(150, collect())).outcome();
      if (outcome.status === "failed") expect(outcome.error).toBeInstanceOf(Elapsed);
      return seen;
    });
  }

  conforms(
    "time_interval::stream_with_interval_poll_tick_self_waking",
    "works when the future wakes itself after a tick that it kept",
    () => {
      expect(everyFourth(true)).toEqual([4, 8, 12]);
    },
  );

  conforms(
    "time_interval::stream_with_interval_poll_tick_no_waking",
    "keeps no waker when a tick was ready",
    () => {
      expect(everyFourth(false)).toEqual([]);
    },
  );
});
