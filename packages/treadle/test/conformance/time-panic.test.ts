import {
  Builder,
  Instant,
  interval,
  intervalAt,
  pause,
  pending,
  resume,
  timeout,
  timeoutAt,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { currentThread, thrownBy } from "../support/runtimes.ts";

/** What `f` throws, thrown where it was called: its stack names this file. */
function thrownHere(f: () => void): { code: string | undefined; message: string } {
  const { code, message, stack } = thrownBy(f);
  expect(stack).toContain("time-panic.test.ts");
  return { code, message };
}

/** As {@link thrownHere}, called in a runtime. */
function thrownIn(rt: { blockOn(f: () => Generator<never, void>): void }, f: () => void) {
  return thrownHere(() =>
    rt.blockOn(function* () {
      f();
    }),
  );
}

describe("misuse of time throws where it happens:", () => {
  conforms("time_panic::pause_panic_caller", "pausing a paused clock", () => {
    using rt = currentThread();
    expect(
      thrownIn(rt, () => {
        pause();
        pause();
      }),
    ).toEqual({ code: "ERR_TIME_FROZEN", message: "time is already frozen" });
  });

  conforms("time_panic::resume_panic_caller", "resuming a clock that runs", () => {
    using rt = currentThread();
    expect(thrownIn(rt, resume)).toEqual({
      code: "ERR_TIME_NOT_FROZEN",
      message: "time is not frozen",
    });
  });

  conforms(
    ["time_panic::interval_panic_caller", "time_panic::interval_at_panic_caller"],
    "an interval of no length, outside a runtime too",
    () => {
      const zero = { code: "ERR_INVALID_ARG", message: "`period` must be non-zero." };
      expect(thrownHere(() => interval(0))).toEqual(zero);
      expect(thrownHere(() => intervalAt(Instant.now(), 0))).toEqual(zero);
    },
  );

  conforms(
    ["time_panic::timeout_panic_caller", "time_panic::timeout_at_panic_caller"],
    "a timeout in a runtime without timers",
    () => {
      using rt = Builder.newCurrentThread().build();
      const off = { code: "ERR_TIME_DISABLED", message: expect.stringContaining("enableTime") };
      expect(thrownIn(rt, () => timeout(5, pending()))).toEqual(off);
      expect(thrownIn(rt, () => timeoutAt(Instant.now(), pending()))).toEqual(off);
    },
  );
});
