import { type Async, fn, Notify, spawn } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { currentThread } from "../support/runtimes.ts";

describe("an exception", () => {
  const throwing = fn(function* throwing(f: () => void): Async<void> {
    f();
    throw new Error("boom");
  });

  conforms(
    "unwindsafe::notify_is_unwind_safe",
    "thrown through a user of Notify leaves it usable",
    () => {
      using rt = currentThread();
      const notify = new Notify();
      expect(() => rt.blockOn(throwing(() => notify.notifyOne()))).toThrow("boom");
      expect(rt.blockOn(notify.notified())).toBe(undefined);
    },
  );

  conforms(
    "unwindsafe::join_handle_is_unwind_safe",
    "thrown by a task reaches each of its joiners, and its handle stays usable",
    () => {
      using rt = currentThread();
      const handle = rt.spawn(throwing, () => {});
      const outcomes = rt.blockOn(function* () {
        const joiners = [1, 2].map(() =>
          spawn(function* () {
            return yield* handle.outcome();
          }),
        );
        return [yield* joiners[0]!, yield* joiners[1]!, yield* handle.outcome()];
      });
      expect(outcomes.map((outcome) => outcome.status)).toEqual(["failed", "failed", "failed"]);
      expect(() => rt.blockOn(handle)).toThrow("boom");
    },
  );
});
