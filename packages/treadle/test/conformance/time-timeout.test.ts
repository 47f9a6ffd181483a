import {
  type Async,
  advance,
  consumeBudget,
  Elapsed,
  fn,
  Instant,
  type OneshotReceiver,
  oneshot,
  pending,
  ready,
  sleep,
  timeout,
  timeoutAt,
} from "treadle";
import { describe, expect, test } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand } from "../support/hand.ts";
import { currentThread, pausedThread, thrownBy } from "../support/runtimes.ts";

/** Runs `body` on a runtime whose clock is paused. */
function paused<T>(body: () => Async<T>): T {
  using rt = pausedThread();
  return rt.blockOn(body);
}

describe("a timeout", () => {
  conforms(
    [
      "time_timeout::simultaneous_deadline_future_completion",
      "time_timeout::completed_future_past_deadline",
    ],
    "lets a ready future win, though its deadline is now or has long passed",
    () => {
      using rt = currentThread();
      rt.blockOn(function* () {
        for (const ago of [0, 1_000]) {
          const hand = new Hand(timeoutAt(Instant.now().sub(ago), ready("in time")));
          expect(hand.poll()).toMatchObject({ done: true, value: "in time" });
        }
      });
    },
  );

  conforms(
    ["time_timeout::future_and_deadline_in_future", "time_timeout::future_and_timeout_in_future"],
    "gives the value of a future that ends before the deadline, woken by it",
    () => {
      paused(function* () {
        const limits = [
          (rx: OneshotReceiver<string>) => timeout(100, rx),
          (rx: OneshotReceiver<string>) => timeoutAt(Instant.now().add(100), rx),
        ];
        for (const limit of limits) {
          const [tx, rx] = oneshot<string>();
          const hand = new Hand(limit(rx));
          expect(hand.isReady()).toBe(false);
          yield* advance(90);
          expect(hand.isReady()).toBe(false);
          expect(hand.wakes).toBe(0);
          tx.send("done");
          expect(hand.wakes).toBe(1);
          expect(hand.poll()).toMatchObject({ done: true, value: "done" });
        }
      });
    },
  );

  conforms(
    "time_timeout::very_large_timeout",
    "of the longest time there is does not end before the future",
    () => {
      paused(function* () {
        for (const ms of [Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
          const [tx, rx] = oneshot<string>();
          const hand = new Hand(timeout(ms, rx));
          expect(hand.isReady()).toBe(false);
          yield* advance(10 * 365 * 24 * 3_600_000);
          expect(hand.isReady()).toBe(false);
          tx.send("done");
          expect(hand.poll()).toMatchObject({ done: true, value: "done" });
        }
      });
    },
  );

  conforms("time_timeout::deadline_now_elapses", "until now elapses at its first poll", () => {
    paused(function* () {
      const hand = new Hand(timeoutAt(Instant.now(), pending()));
      expect(thrownBy(() => hand.poll())).toBeInstanceOf(Elapsed);
    });
  });

  conforms(
    "time_timeout::deadline_future_elapses",
    "wakes its task when time is up, and throws then",
    () => {
      paused(function* () {
        const hand = new Hand(timeoutAt(Instant.now().add(300), pending()));
        expect(hand.isReady()).toBe(false);
        yield* advance(299);
        expect([hand.isReady(), hand.wakes]).toEqual([false, 0]);
        yield* advance(1);
        expect(hand.wakes).toBe(1);
        const error = thrownBy(() => hand.poll());
        expect([error.code, error.name, error.message]).toEqual([
          "ERR_ELAPSED",
          "TimeoutError",
          "deadline has elapsed",
        ]);
      });
    },
  );

  conforms(
    "time_timeout::timeout_is_not_exhausted_by_future",
    "ends a future that is always ready to go on and so spends the whole budget",
    () => {
      using rt = currentThread();
      const greedy = fn(function* greedy(): Async<never> {
        for (;;) yield* consumeBudget();
      });
      expect(
        thrownBy(() =>
          rt.blockOn(function* () {
            yield* timeout(1, greedy());
          }),
        ),
      ).toBeInstanceOf(Elapsed);
    },
  );
});

describe("the clean-up of a future that ran out of time", () => {
  test("is awaited before the timeout throws", () => {
    const log: string[] = [];
    const slow = fn(function* slow(start: Instant): Async<void> {
      try {
        yield* pending();
      } finally {
        log.push(`begins at ${start.elapsed()}`);
        yield* sleep(5);
        log.push(`ends at ${start.elapsed()}`);
      }
    });
    paused(function* () {
      const start = Instant.now();
      try {
        yield* timeout(10, slow(start));
      } catch (error) {
        expect(error).toBeInstanceOf(Elapsed);
        log.push(`thrown at ${start.elapsed()}`);
      }
    });
    expect(log).toEqual(["begins at 10", "ends at 15", "thrown at 15"]);
  });

  test("is awaited of an async function that has looked at its signal, too", async () => {
    const log: string[] = [];
    await using rt = pausedThread();
    const error: unknown = await rt
      .run(() =>
        timeout(10, async ({ signal }) => {
          const start = Instant.now();
          try {
            await new Promise((_, reject) => {
              signal.addEventListener("abort", () => reject(signal.reason));
            });
          } finally {
            await sleep(5);
            log.push(`ends at ${start.elapsed()}`);
          }
        }),
      )
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(Elapsed);
    expect(log).toEqual(["ends at 15"]);
  });
});
