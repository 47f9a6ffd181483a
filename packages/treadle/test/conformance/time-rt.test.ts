import { cx } from "@treadle/core";
import {
  type Async,
  Builder,
  Elapsed,
  fn,
  Instant,
  oneshot,
  Pending,
  pending,
  pollFn,
  sleep,
  sleepUntil,
  spawn,
  timeout,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand } from "../support/hand.ts";
import { currentThread, pausedThread, thrownBy } from "../support/runtimes.ts";

const paused = () => Builder.newCurrentThread().enableTime().startPaused(true).build();

describe("timers of a runtime", () => {
  conforms(
    "time_rt::timer_with_current_thread_scheduler",
    "fire in real time, not before their deadline",
    () => {
      using rt = currentThread();
      rt.blockOn(function* () {
        const when = Instant.now().add(3);
        yield* sleepUntil(when);
        expect(Instant.now() >= when).toBe(true);
      });
    },
  );

  conforms("time_rt::starving", "fire under a root that wakes itself at every poll", () => {
    using rt = currentThread();
    rt.blockOn(function* () {
      const when = Instant.now().add(3);
      const nap = sleepUntil(when);
      let polls = 0;
      yield* pollFn(() => {
        if (nap.next().done) return undefined;
        polls++;
        cx.waker?.wake();
        return Pending;
      });
      expect(Instant.now() >= when).toBe(true);
      expect(polls).toBeGreaterThan(1);
    });
  });

  conforms("time_rt::timeout_value", "end what takes longer than a timeout", () => {
    using rt = currentThread();
    const now = Instant.now();
    const [_tx, rx] = oneshot<void>();
    const error = thrownBy(() =>
      rt.blockOn(function* () {
        yield* timeout(3, rx);
      }),
    );
    expect(error).toBeInstanceOf(Elapsed);
    expect(now.elapsed()).toBeGreaterThanOrEqual(3);
  });

  conforms(
    "time_rt::tickspace",
    "go by the clock of the runtime in which they were made, wherever they are reset",
    () => {
      const past = paused();
      // The other runtime's ticks begin at another moment.
      for (const until = performance.now() + 1.5; performance.now() < until; );
      const other = paused();
      const nap = past.sleep(1);
      {
        using _ = past.enter();
        expect(new Hand(nap).isReady()).toBe(false);
      }
      const deadline = nap.deadline.add(1);
      other.blockOn(function* () {
        nap.reset(deadline);
      });
      past.blockOn(function* () {
        const now = Instant.now();
        yield* nap;
        expect(now.elapsed()).toBe(2);
      });
      past.shutdownBackground();
      other.shutdownBackground();
    },
  );

  conforms(
    ["time_alt::reset_should_stay_on_same_runtime", "time_alt::reset_should_stay_on_same_runtime2"],
    "stay with that runtime when they are reset in another, with timers or without",
    () => {
      for (const other of [currentThread(), Builder.newCurrentThread().build()]) {
        const own = currentThread();
        const nap = own.sleep(3_600_000);
        const hand = new Hand(nap);
        {
          using _ = own.enter();
          expect(hand.isReady()).toBe(false);
        }
        other.blockOn(function* () {
          nap.reset(Instant.now().add(3_600_000));
        });
        other.shutdownBackground();
        expect(hand.wakes).toBe(0);
        own.shutdownBackground();
        expect(hand.wakes).toBe(1);
        expect(thrownBy(() => hand.poll()).code).toBe("ERR_TIME_SHUTDOWN");
      }
    },
  );

  const N = 512;

  conforms("time_alt::sleep", "wake each of 512 tasks when its time has come", () => {
    using rt = pausedThread();
    const nap = fn(function* nap(ms: number): Async<number> {
      const now = Instant.now();
      yield* sleep(ms);
      return now.elapsed();
    });
    rt.blockOn(function* () {
      expect(yield* nap(10)).toBe(10);
      const naps = Array.from({ length: N }, (_, i) => spawn(nap, i));
      for (const [i, handle] of naps.entries()) expect(yield* handle).toBe(i);
    });
  });

  conforms("time_alt::timeout", "end each of 512 tasks' timeouts", () => {
    using rt = pausedThread();
    const late = fn(function* late(): Async<number> {
      const now = Instant.now();
      try {
        yield* timeout(10, pending());
      } catch (error) {
        expect(error).toBeInstanceOf(Elapsed);
      }
      return now.elapsed();
    });
    rt.blockOn(function* () {
      expect(yield* late()).toBe(10);
      const tasks = Array.from({ length: N }, () => spawn(late));
      for (const task of tasks) expect(yield* task).toBe(10);
    });
  });
});
