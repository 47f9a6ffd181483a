import { FastRand } from "@treadle/core";
import {
  type Async,
  advance,
  fn,
  fromPromise,
  Instant,
  intervalAt,
  pause,
  sleep,
  sleepUntil,
  spawn,
  yieldNow,
} from "treadle";
import { describe, expect, test } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand } from "../support/hand.ts";
import { currentThread, pausedThread } from "../support/runtimes.ts";

/** Runs `body` on a runtime whose clock is paused. */
function paused<T>(body: () => Async<T>): T {
  using rt = pausedThread();
  return rt.blockOn(body);
}

describe("pause", () => {
  conforms(
    ["time_pause::pause_time_in_main", "time_pause::pause_time_in_task"],
    "freezes the clock of the runtime, from the root and from a task",
    () => {
      using rt = currentThread();
      using other = currentThread();
      const freeze = fn(function* freeze(): Async<Instant> {
        pause();
        return Instant.now();
      });
      rt.blockOn(function* () {
        const frozen = yield* freeze();
        expect(Instant.now().compare(frozen)).toBe(0);
      });
      other.blockOn(function* () {
        const frozen = yield* spawn(freeze());
        expect(Instant.now().compare(frozen)).toBe(0);
      });
    },
  );

  conforms(
    "time_pause::paused_time_is_deterministic",
    "makes every run of the same program take the same virtual times",
    () => {
      const run = () =>
        paused(function* () {
          const rand = FastRand.fromSeed(1);
          const start = Instant.now();
          const times: number[] = [];
          for (let i = 0; i < 1_000; i++) {
            yield* sleep(rand.nextBelow(1_000_000) / 1_000);
            times.push(start.elapsed());
          }
          return times;
        });
      expect(run()).toEqual(run());
    },
  );

  test("leaves it to the idle runtime to move time to the next timer", () => {
    const began = performance.now();
    paused(function* () {
      const start = Instant.now();
      const naps = [3_600_000, 60_000].map((ms) =>
        spawn(function* () {
          yield* sleep(ms);
          return start.elapsed();
        }),
      );
      for (const nap of naps) expect(yield* nap).toBe(nap === naps[0] ? 3_600_000 : 60_000);
    });
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test("keeps time where it is while no timer waits", async () => {
    await using rt = pausedThread();
    await rt.run(function* () {
      const start = Instant.now();
      yield* fromPromise(new Promise((done) => setTimeout(done, 2)));
      expect(start.elapsed()).toBe(0);
    });
  });

  test("works with await in async functions, several at once", async () => {
    await using rt = pausedThread();
    const began = performance.now();
    const log = await rt.run(async () => {
      const start = Instant.now();
      const log: string[] = [];
      const nap = async (name: string, ...steps: number[]) => {
        for (const ms of steps) {
          await sleep(ms);
          log.push(`${name}${start.elapsed()}`);
        }
      };
      const other = spawn(() => sleepAndTell(3_600_000));
      await Promise.all([nap("a", 1_000, 1_000), nap("b", 1_500, 1_500)]);
      log.push(`${await other} at ${start.elapsed()}`);
      return log;
    });
    expect(log).toEqual(["a1000", "b1500", "a2000", "b3000", "woken at 3600000"]);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

const sleepAndTell = fn(function* sleepAndTell(ms: number): Async<string> {
  yield* sleep(ms);
  return "woken";
});

describe("advance", () => {
  conforms(
    ["time_pause::advance_after_poll", "time_pause::sleep_no_poll"],
    "by less than a sleep needs leaves it waiting, whether or not it was polled before",
    () => {
      for (const first of [true, false]) {
        paused(function* () {
          yield* sleep(1);
          const start = Instant.now();
          const hand = new Hand(sleepUntil(start.add(300)));
          if (first) expect(hand.isReady()).toBe(false);
          yield* advance(100);
          expect(start.elapsed()).toBe(100);
          expect([hand.isReady(), hand.wakes]).toEqual([false, 0]);
          yield* advance(200);
          expect(hand.isReady()).toBe(true);
        });
      }
    },
  );

  conforms(
    ["time_pause::sleep_same_task", "time_pause::sleep_same_task_no_poll"],
    "in the task that also waits for a sleep takes as long as it says",
    () => {
      for (const first of [true, false]) {
        paused(function* () {
          const start = Instant.now();
          const nap = sleepUntil(start.add(300));
          // On this task's own waker.
          if (first) expect(nap.next().done).toBe(false);
          yield* advance(100);
          expect(start.elapsed()).toBe(100);
          expect(nap.next().done).toBe(false);
          yield* nap;
          expect(start.elapsed()).toBe(300);
        });
      }
    },
  );

  conforms("time_pause::interval", "makes each tick due when its time has come", () => {
    paused(function* () {
      const start = Instant.now();
      const ticks = intervalAt(start, 300);
      const hand = new Hand({ next: () => ticks.pollTick() });
      const due = () => {
        const answer = hand.poll();
        return answer.done ? answer.value.since(start) : "not yet";
      };
      expect([due(), due()]).toEqual([0, "not yet"]);
      yield* advance(100);
      expect(due()).toBe("not yet");
      yield* advance(200);
      expect([due(), due()]).toEqual([300, "not yet"]);
      yield* advance(400);
      expect([due(), due()]).toEqual([600, "not yet"]);
      yield* advance(500);
      expect([due(), due(), due()]).toEqual([900, 1_200, "not yet"]);
      expect(start.elapsed()).toBe(1_200);
    });
  });

  conforms(
    [
      "time_pause::test_time_advance_sub_ms",
      "time_pause::test_time_advance_3ms_and_change",
      "time_pause::exact_1ms_advance",
    ],
    "moves time by exactly what it was given, fractions of milliseconds too",
    () => {
      paused(function* () {
        for (const ms of [51.592, 0.001, 3_141.592, 3_123.456, 1, 1, 0.1, 0.2]) {
          const before = Instant.now();
          yield* advance(ms);
          expect(before.elapsed()).toBe(ms);
        }
      });
    },
  );

  conforms(
    "time_pause::regression_3710_with_submillis_advance",
    "by a fraction of a millisecond moves no timer that is far away",
    () => {
      paused(function* () {
        const start = Instant.now();
        yield* advance(1);
        const hand = new Hand(sleepUntil(start.add(60_000)));
        expect(hand.isReady()).toBe(false);
        yield* advance(51.592);
        expect(start.elapsed()).toBe(52.592);
        expect([hand.isReady(), hand.wakes]).toEqual([false, 0]);
      });
    },
  );

  conforms(
    ["time_pause::advance_once_with_timer", "time_pause::advance_multi_with_timer"],
    "by fractions fires a timer when they have added up, and not before",
    () => {
      for (const steps of [
        [0.25, 1.5],
        [0.25, 0.25, 0.25, 0.25],
      ]) {
        paused(function* () {
          const hand = new Hand(sleep(1));
          expect(hand.isReady()).toBe(false);
          for (const [i, ms] of steps.entries()) {
            expect([hand.isReady(), hand.wakes, i]).toEqual([false, 0, i]);
            yield* advance(ms);
          }
          expect([hand.wakes, hand.isReady()]).toEqual([1, true]);
        });
      }
    },
  );

  test("does not wait for those whom it woke, and they see the time it moved to", () => {
    paused(function* () {
      const start = Instant.now();
      const sleeper = spawn(function* () {
        yield* sleep(20);
        return start.elapsed();
      });
      yield* yieldNow();
      yield* advance(50);
      expect(sleeper.isFinished()).toBe(false);
      expect(yield* sleeper).toBe(50);
    });
  });
});
