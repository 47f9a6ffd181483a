import {
  type Async,
  advance,
  Instant,
  type Sleep,
  sleep,
  sleepUntil,
  unconstrained,
} from "treadle";
import { describe, expect, test } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand } from "../support/hand.ts";
import { pausedThread } from "../support/runtimes.ts";

/** Runs `body` on a runtime whose clock is paused; polls by hand take no budget. */
function paused<T>(body: () => Async<T>): T {
  using rt = pausedThread();
  return rt.blockOn(unconstrained(body));
}

/** A sleep that was polled once. */
function waiting(nap: Sleep, onWake?: () => void): Hand<void> {
  const hand = new Hand(nap, onWake);
  expect(hand.isReady()).toBe(false);
  return hand;
}

describe("the timer wheel", () => {
  conforms("runtime/time/tests::single_timer", "fires a timer when time leaps past it", () => {
    paused(function* () {
      const hand = waiting(sleep(1_000));
      yield* advance(2_000);
      expect([hand.wakes, hand.isReady()]).toEqual([1, true]);
    });
  });

  conforms("runtime/time/tests::drop_timer", "forgets a timer that was dropped", () => {
    paused(function* () {
      const nap = sleep(1_000);
      const hand = waiting(nap);
      expect(hand.isReady()).toBe(false);
      nap.return();
      yield* advance(2_000);
      expect([hand.wakes, nap.isElapsed()]).toEqual([0, false]);
    });
  });

  conforms("runtime/time/tests::change_waker", "wakes only whom polled the timer last", () => {
    paused(function* () {
      const nap = sleep(1_000);
      const first = waiting(nap);
      const last = waiting(nap);
      yield* advance(2_000);
      expect([first.wakes, last.wakes]).toEqual([0, 1]);
    });
  });

  conforms("runtime/time/tests::reset_future", "fires a timer that was put off only then", () => {
    paused(function* () {
      const start = Instant.now();
      const nap = sleepUntil(start.add(1_000));
      const hand = waiting(nap);
      nap.reset(start.add(2_000));
      yield* advance(1_500);
      expect([hand.wakes, nap.isElapsed()]).toEqual([0, false]);
      yield* advance(1_000);
      expect([hand.wakes, nap.isElapsed()]).toEqual([1, true]);
    });
  });

  conforms(
    "runtime/time/tests::poll_process_levels",
    "fires hundreds of timers of different levels, each in its millisecond",
    () => {
      paused(function* () {
        const hands: Hand<void>[] = [];
        for (let ms = 1; ms <= 320; ms++) hands.push(waiting(sleep(ms)));
        for (let now = 1; now <= 320; now++) {
          yield* advance(1);
          expect(hands.filter((hand) => hand.wakes === 1)).toHaveLength(now);
          expect(hands.filter((hand) => hand.isReady())).toHaveLength(now);
        }
      });
    },
  );

  conforms(
    "runtime/time/tests::poll_process_levels_targeted",
    "fires nothing when time only comes near a slot's end, or does not move",
    () => {
      paused(function* () {
        const hand = waiting(sleep(193));
        yield* advance(62);
        expect(hand.isReady()).toBe(false);
        yield* advance(130);
        yield* advance(0);
        expect([hand.wakes, hand.isReady()]).toEqual([0, false]);
        yield* advance(1);
        expect([hand.wakes, hand.isReady()]).toEqual([1, true]);
      });
    },
  );

  const N = 64;

  conforms(
    "runtime/time_alt/tests::wake_up_in_the_same_thread",
    "wakes each of many timers of one tick once",
    () => {
      paused(function* () {
        const hands = Array.from({ length: N }, () => waiting(sleep(7)));
        yield* advance(7);
        yield* advance(100);
        expect(hands.map((hand) => hand.wakes)).toEqual(hands.map(() => 1));
      });
    },
  );

  conforms(
    "runtime/time_alt/tests::cancel_in_the_same_thread",
    "wakes none of many timers that were dropped",
    () => {
      paused(function* () {
        const naps = Array.from({ length: N }, () => sleep(7));
        const hands = naps.map((nap) => waiting(nap));
        for (const nap of naps) nap.return();
        yield* advance(100);
        expect(hands.map((hand) => hand.wakes)).toEqual(hands.map(() => 0));
      });
    },
  );

  test("fires the timers of one tick in the order of their registration, through its levels too", () => {
    paused(function* () {
      const start = Instant.now();
      const order: number[] = [];
      const register = (i: number) => waiting(sleepUntil(start.add(300_000)), () => order.push(i));
      // 300 s lie on the fourth level, then on the third, the second, the first.
      for (const [i, at] of [0, 0, 1, 262_144, 299_000, 299_000, 299_990, 299_999].entries()) {
        yield* advance(at - start.elapsed());
        register(i);
      }
      yield* advance(1);
      expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    });
  });

  test("fires what one leap made due in the order of time", () => {
    paused(function* () {
      const order: number[] = [];
      for (const ms of [5_000, 70, 64, 63, 1, 70, 4_096, 300_000]) {
        waiting(sleep(ms), () => order.push(ms));
      }
      yield* advance(10_000);
      expect(order).toEqual([1, 63, 64, 70, 70, 4_096, 5_000]);
    });
  });
});
