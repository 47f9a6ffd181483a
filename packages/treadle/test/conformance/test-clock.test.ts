import { advance, Instant, pause, resume } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { currentThread, pausedThread, thrownBy } from "../support/runtimes.ts";

const SECOND = 1_000;

/** Lets real time pass. */
function busyFor(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

describe("the test clock", () => {
  conforms(
    "test_clock::resume_lets_time_move_forward_instead_of_resetting_it",
    "runs on from where it stood when it is resumed",
    () => {
      using rt = currentThread();
      rt.blockOn(function* () {
        const start = Instant.now();
        pause();
        yield* advance(10 * SECOND);
        const later = Instant.now();
        expect(later.since(start)).toBeGreaterThanOrEqual(10 * SECOND);
        expect(later.since(start)).toBeLessThan(11 * SECOND);
        resume();
        busyFor(0.1);
        expect(later.elapsed()).toBeGreaterThan(0);
        expect(later.elapsed()).toBeLessThan(SECOND);
      });
    },
  );

  conforms("test_clock::can_pause_after_resume", "can be paused again, and never goes back", () => {
    using rt = currentThread();
    rt.blockOn(function* () {
      const start = Instant.now();
      pause();
      yield* advance(10 * SECOND);
      resume();
      pause();
      yield* advance(10 * SECOND);
      expect(start.elapsed()).toBeGreaterThanOrEqual(20 * SECOND);
      expect(start.elapsed()).toBeLessThan(21 * SECOND);
    });
  });

  conforms(
    [
      "test_clock::freezing_time_while_frozen_panics",
      "test_clock::advancing_time_when_time_is_not_frozen_panics",
      "test_clock::resuming_time_when_not_frozen_panics",
    ],
    "refuses to be paused twice, and to be moved or resumed while it runs",
    () => {
      const rt = currentThread();
      rt.blockOn(function* () {
        pause();
        expect(thrownBy(pause).code).toBe("ERR_TIME_FROZEN");
        resume();
        expect(thrownBy(resume).code).toBe("ERR_TIME_NOT_FROZEN");
        try {
          yield* advance(SECOND);
          expect.unreachable();
        } catch (error) {
          expect(error).toMatchObject({ code: "ERR_TIME_NOT_FROZEN" });
        }
      });
      rt.shutdownBackground();
    },
  );

  conforms(
    "rt_time_start_paused::test_start_paused",
    "stands still from the start where the Builder says so",
    () => {
      using rt = pausedThread();
      rt.blockOn(function* () {
        const now = Instant.now();
        for (let i = 0; i < 5; i++) {
          busyFor(0.5);
          expect(Instant.now().compare(now)).toBe(0);
        }
      });
    },
  );
});
