import { inspect } from "node:util";
import {
  type Async,
  Builder,
  fn,
  JoinError,
  type JoinHandle,
  pending,
  sleep,
  spawn,
  yieldNow,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { currentThread, pausedThread, Stuck, thrownBy } from "../support/runtimes.ts";

function cleanUp(): void {
  throw new Error("Well what did you expect would happen...");
}

/** Sleeps long; its clean-up throws. */
const badCleanUp = fn(function* badCleanUp(): Async<void> {
  try {
    yield* sleep(100_000);
  } finally {
    cleanUp();
  }
});

describe("abort", () => {
  conforms(
    "task_abort::test_abort_without_panic_3157",
    "cancels a sleeping task, whose joiner gets a JoinError",
    () => {
      using rt = pausedThread();
      const outcome = rt.blockOn(function* () {
        const handle = spawn(function* (): Async<void> {
          yield* sleep(100_000);
        });
        yield* sleep(10);
        handle.abort();
        return yield* handle.outcome();
      });
      expect(outcome.status).toBe("cancelled");
    },
  );

  conforms(
    ["task_abort::test_abort_without_panic_3662", "task_abort::remote_abort_local_set_3929"],
    "from outside the runtime drops the future inside it, and the runtime goes on",
    async () => {
      using rt = currentThread();
      const stuck = new Stuck();
      const handle = rt.spawn(stuck);
      rt.blockOn(yieldNow());
      handle.abort();
      expect([stuck.drops, handle.isFinished()]).toEqual([0, false]);
      await expect(rt.run(handle)).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
      expect(stuck.drops).toBe(1);
      expect(rt.blockOn(rt.spawn(yieldNow()))).toBe(undefined);
    },
  );

  conforms(
    "task_abort::test_abort_wakes_task_3964",
    "drops the future of a task whose handle nobody waits for",
    () => {
      using rt = pausedThread();
      const stuck = new Stuck();
      rt.blockOn(function* () {
        const handle = spawn(stuck);
        yield* sleep(10);
        handle.abort();
        handle.detach();
        yield* sleep(10);
      });
      expect([stuck.polls, stuck.drops]).toEqual([1, 1]);
    },
  );

  conforms(
    "task_abort::test_abort_task_that_panics_on_drop_contained",
    "of a task whose clean-up throws is contained: it is reported, and nothing else fails",
    () => {
      const told: unknown[] = [];
      using rt = Builder.newCurrentThread()
        .enableTime()
        .startPaused(true)
        .unhandledFailure((error) => told.push(error))
        .build();
      rt.blockOn(function* () {
        const handle = spawn(badCleanUp);
        yield* sleep(10);
        handle.abort();
        handle.detach();
        yield* sleep(10);
      });
      expect(told).toMatchObject([{ message: "Well what did you expect would happen..." }]);
    },
  );

  conforms(
    "task_abort::test_abort_task_that_panics_on_drop_returned",
    "of a task whose clean-up throws gives that error to the joiner",
    () => {
      using rt = pausedThread();
      const outcome = rt.blockOn(function* () {
        const handle = spawn(badCleanUp);
        yield* sleep(10);
        handle.abort();
        return yield* handle.outcome();
      });
      expect(outcome).toMatchObject({
        status: "failed",
        error: { message: "Well what did you expect would happen..." },
      });
    },
  );
});

describe("what a joiner is thrown", () => {
  conforms(
    ["task_abort::test_join_error_display", "rt_panic::into_panic_panic_caller"],
    "is the task's own error, the same object; only a cancelled task throws a JoinError",
    () => {
      using rt = currentThread();
      for (const thrown of [new Error("Const payload"), `Format-args payload: ${1234}`, 1234]) {
        const handle = rt.spawn(function* (): Async<void> {
          throw thrown;
        });
        expect(thrownBy(() => rt.blockOn(handle))).toBe(thrown);
      }
      const handle: JoinHandle<never> = rt.spawn(pending());
      handle.abort();
      const error = thrownBy(() => rt.blockOn(handle));
      expect(error).toBeInstanceOf(JoinError);
      expect(String(error)).toBe(`JoinError: task ${handle.id} was cancelled`);
    },
  );

  conforms(
    "task_abort::test_join_error_debug",
    "shows the code and the id of the cancelled task when it is inspected",
    () => {
      using rt = currentThread();
      const handle = rt.spawn(pending());
      handle.abort();
      const text = inspect(thrownBy(() => rt.blockOn(handle)));
      expect(text).toContain("ERR_TASK_CANCELLED");
      expect(text).toContain(`id: ${handle.id}`);
    },
  );

  conforms(
    "join_handle_panic::test_panics_do_not_propagate_when_dropping_join_handle",
    "is not thrown where the handle is let go",
    () => {
      const told: unknown[] = [];
      using rt = Builder.newCurrentThread()
        .unhandledFailure((error) => told.push(error))
        .build();
      const boom = new Error("I told you so");
      const handle = rt.spawn(function* (): Async<void> {
        throw boom;
      });
      rt.blockOn(yieldNow());
      handle.detach();
      expect(told).toEqual([boom]);
    },
  );
});
