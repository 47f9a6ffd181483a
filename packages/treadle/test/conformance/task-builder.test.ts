import { cx } from "@treadle/core";
import { pending, spawn, timeout, yieldNow } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { currentThread, thrownBy } from "../support/runtimes.ts";

describe("a task's name", () => {
  conforms(
    ["task_builder::spawn_with_name", "task_builder::spawn_local_with_name"],
    "is that of its function",
    () => {
      using rt = currentThread();
      for (const start of ["spawn", "spawnLocal"] as const) {
        const handle = rt[start](function* named() {
          return "task executed";
        });
        expect([handle.name, rt.blockOn(handle)]).toEqual(["named", "task executed"]);
      }
    },
  );

  conforms(
    ["task_builder::spawn_without_name", "task_builder::spawn_local_without_name"],
    "is 'anonymous' when its function has none",
    () => {
      using rt = currentThread();
      for (const start of ["spawn", "spawnLocal"] as const) {
        const handle = rt[start](function* () {
          return "task executed";
        });
        expect([handle.name, rt.blockOn(handle)]).toEqual(["anonymous", "task executed"]);
      }
    },
  );
});

describe("without a runtime", () => {
  conforms("task_panic::spawn_panic_caller", "spawn throws where it was called", () => {
    const error = thrownBy(() => spawn(pending()));
    expect(error.code).toBe("ERR_NO_RUNTIME");
    expect(error.message).toContain("there is no reactor running");
    expect(error.stack).toContain("task-builder.test.ts");
  });

  conforms("no_rt::timeout_panics_when_no_tokio_context", "timeout throws", () => {
    const error = thrownBy(() => timeout(10, pending()));
    expect(error.code).toBe("ERR_NO_RUNTIME");
    expect(error.message).toContain("there is no reactor running");
  });
});

describe("yieldNow", () => {
  conforms(
    "task_yield_now::yield_now_outside_of_runtime",
    "wakes at once where no runtime is entered",
    () => {
      // Polled as an executor of somebody else would: a waker, and no runtime.
      let wakes = 0;
      const future = yieldNow();
      cx.waker = { wake: () => wakes++ };
      const first = future.next().done;
      const second = future.next().done;
      cx.waker = null;
      expect([first, wakes, second]).toEqual([false, 1, true]);
    },
  );
});
