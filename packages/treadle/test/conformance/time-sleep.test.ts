import { type Async, Instant, type Sleep, select, sleep, sleepUntil } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand } from "../support/hand.ts";
import { currentThread, pausedThread, thrownBy } from "../support/runtimes.ts";

const YEAR = 365 * 24 * 3_600_000;

/** Runs `body` on a runtime whose clock is paused. */
function paused<T>(body: () => Async<T>): T {
  using rt = pausedThread();
  return rt.blockOn(body);
}

describe("a sleep", () => {
  conforms(
    "time_sleep::immediate_sleep",
    "until now takes no time, and has elapsed only once it was polled",
    () => {
      paused(function* () {
        const now = Instant.now();
        const nap = sleepUntil(now);
        expect(nap.isElapsed()).toBe(false);
        yield* nap;
        expect(now.elapsed()).toBe(0);
        expect(nap.isElapsed()).toBe(true);
      });
    },
  );

  conforms("time_sleep::is_elapsed", "has elapsed when it has fired, and not before", () => {
    paused(function* () {
      const nap = sleep(10);
      const hand = new Hand(nap);
      expect(nap.isElapsed()).toBe(false);
      expect(hand.isReady()).toBe(false);
      expect(nap.isElapsed()).toBe(false);
      yield* nap;
      expect(nap.isElapsed()).toBe(true);
    });
  });

  conforms(
    ["time_sleep::delayed_sleep_level_0", "time_sleep::delayed_sleep_wrapping_level_0"],
    "takes as long as it says within the wheel's first level, and round its end",
    () => {
      paused(function* () {
        for (const ms of [1, 10, 60, 5, 60, 63, 64]) {
          const now = Instant.now();
          yield* sleepUntil(now.add(ms));
          expect(now.elapsed()).toBe(ms);
        }
      });
    },
  );

  conforms(
    "time_sleep::sub_ms_delayed_sleep",
    "rounds up to the next whole millisecond, and never by more than one",
    () => {
      paused(function* () {
        for (let i = 0; i < 5; i++) {
          const now = Instant.now();
          yield* sleepUntil(now.add(1 + 1e-6));
          expect(now.elapsed()).toBe(2);
        }
        for (const [ms, took] of [
          [0, 0],
          [1e-6, 1],
          [0.1, 1],
          [1.5, 2],
        ] as const) {
          const now = Instant.now();
          yield* sleep(ms);
          expect(now.elapsed()).toBe(took);
        }
      });
    },
  );

  conforms(
    ["time_sleep::greater_than_max", "time_sleep::multi_long_sleeps", "time_sleep::long_sleeps"],
    "for years, beyond the range of the wheel too, ends exactly when it should",
    () => {
      paused(function* () {
        for (const ms of [YEAR, YEAR, YEAR, 5 * YEAR, 10 * YEAR, 2 ** 40]) {
          const deadline = Instant.now().add(ms);
          yield* sleepUntil(deadline);
          expect(Instant.now().compare(deadline)).toBe(0);
        }
      });
    },
  );

  conforms(
    [
      "time_sleep::exactly_max",
      "time_sleep::no_out_of_bounds_close_to_max",
      "runtime/time/tests::instant_to_tick_max",
    ],
    "for the longest time there is comes to its end",
    () => {
      for (const ms of [Number.MAX_SAFE_INTEGER, Number.MAX_VALUE]) {
        paused(function* () {
          const nap = sleep(ms);
          yield* nap;
          expect(nap.isElapsed()).toBe(true);
        });
      }
    },
  );

  conforms(
    "time_sleep::issue_5183",
    "of Infinity never ends and keeps no other from ending",
    () => {
      paused(function* () {
        const first = yield* select(
          { never: sleep(Number.POSITIVE_INFINITY), soon: sleep(1e-6) },
          { biased: true },
        );
        expect(first.key).toBe("soon");
      });
      using rt = pausedThread();
      const error = thrownBy(() => rt.blockOn(() => sleep(Number.POSITIVE_INFINITY)));
      expect(error.code).toBe("ERR_DEADLOCK");
    },
  );

  conforms("time_sleep::short_sleeps", "of 0 ms ends, again and again, in real time", () => {
    using rt = currentThread();
    rt.blockOn(function* () {
      for (let i = 0; i < 100; i++) yield* sleep(0);
    });
  });

  conforms(
    "time_sleep::creating_sleep_outside_of_context",
    "outside a runtime says what to do",
    () => {
      const error = thrownBy(() => sleepUntil(Instant.now().add(500)));
      expect(error.code).toBe("ERR_NO_RUNTIME");
      expect(error.message).toContain("sleepUntil()");
    },
  );

  conforms(
    "time_sleep::drop_from_wake",
    "may be dropped with a hundred others by the waker of the first",
    () => {
      using rt = pausedThread();
      rt.blockOn(function* () {
        const naps: Sleep[] = [];
        let wakes = 0;
        const dropAll = () => {
          wakes++;
          for (const nap of naps) nap.return();
        };
        for (let i = 0; i < 100; i++) {
          const nap = sleep(10);
          new Hand(nap, dropAll).poll();
          naps.push(nap);
        }
        yield* sleep(11);
        expect(wakes).toBe(1);
        expect(naps.filter((nap) => nap.isElapsed())).toHaveLength(1);
      });
    },
  );
});

describe("a sleep that is reset", () => {
  conforms(
    "time_sleep::reset_future_sleep_before_fire",
    "to later, before it fires, ends later",
    () => {
      paused(function* () {
        const now = Instant.now();
        const nap = sleepUntil(now.add(100));
        const hand = new Hand(nap);
        expect(hand.isReady()).toBe(false);
        nap.reset(now.add(200));
        yield* nap;
        expect(now.elapsed()).toBe(200);
        expect(hand.wakes).toBe(0);
      });
    },
  );

  conforms(
    ["time_sleep::reset_past_sleep_before_turn", "time_sleep::reset_past_sleep_before_fire"],
    "to earlier ends earlier, whether or not the driver has turned since",
    () => {
      for (const meanwhile of [0, 10]) {
        paused(function* () {
          const now = Instant.now();
          const nap = sleepUntil(now.add(100));
          expect(new Hand(nap).isReady()).toBe(false);
          if (meanwhile > 0) yield* sleep(meanwhile);
          nap.reset(now.add(80));
          yield* nap;
          expect(now.elapsed()).toBe(80);
        });
      }
    },
  );

  conforms("time_sleep::reset_future_sleep_after_fire", "after it fired waits once more", () => {
    paused(function* () {
      const now = Instant.now();
      const nap = sleepUntil(now.add(100));
      yield* nap;
      expect(now.elapsed()).toBe(100);
      nap.reset(now.add(110));
      yield* nap;
      expect(now.elapsed()).toBe(110);
    });
  });

  conforms("time_sleep::reset_sleep_to_past", "to the past is ready at once", () => {
    paused(function* () {
      const now = Instant.now();
      const nap = sleepUntil(now.add(100));
      const hand = new Hand(nap);
      expect(hand.isReady()).toBe(false);
      yield* sleep(50);
      expect(hand.wakes).toBe(0);
      nap.reset(now.add(40));
      expect(hand.isReady()).toBe(true);
    });
  });

  conforms(
    "time_sleep::reset_after_firing",
    "stays ready once it has fired, until it is reset, and then waits at each poll",
    () => {
      using rt = currentThread();
      rt.blockOn(function* () {
        const nap = sleep(1);
        const { deadline } = nap;
        yield* nap;
        const hand = new Hand(nap);
        expect(hand.isReady()).toBe(true);
        nap.reset(Instant.now().add(600_000));
        expect(nap.deadline.compare(deadline)).toBe(1);
        expect(hand.isReady()).toBe(false);
        expect(hand.isReady()).toBe(false);
      });
    },
  );

  conforms(
    "time_sleep::drop_after_reschedule_at_new_scheduled_time",
    "to the tick of another and then dropped leaves that one as it is",
    () => {
      paused(function* () {
        const start = Instant.now();
        const [a, b, c] = [sleep(5), sleep(5), sleep(10)] as const;
        for (const nap of [a, b, c]) expect(new Hand(nap).isReady()).toBe(false);
        b.reset(start.add(10));
        yield* a;
        expect(start.elapsed()).toBe(5);
        b.return();
        yield* c;
        expect(start.elapsed()).toBe(10);
        expect(b.isElapsed()).toBe(false);
      });
    },
  );
});
