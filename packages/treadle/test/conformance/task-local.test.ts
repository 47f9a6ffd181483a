import { type Async, fn, oneshot, pollFn, sleep, spawn, taskLocal, yieldNow } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { currentThread, pausedThread, Stuck, thrownBy } from "../support/runtimes.ts";

describe("a task-local value", () => {
  conforms(
    "task_local::local",
    "is each task's own, across waits, and that of other keys beside it",
    () => {
      using rt = pausedThread();
      const id = taskLocal<number>("id");
      const flag = taskLocal<boolean>("flag");
      const check = fn(function* check(expected: number): Async<void> {
        expect(id.get()).toBe(expected);
        yield* sleep(10);
        expect([id.get(), flag.tryGet()]).toEqual([expected, undefined]);
        // Not inherited by what it spawns.
        expect(yield* spawn(pollFn(() => [id.tryGet()]))).toEqual([undefined]);
      });
      const tasks = [
        rt.spawn(id.scope(1, check(1))),
        rt.spawn(id.scope(2, check(2))),
        rt.spawn(
          flag.scope(
            true,
            pollFn(() => expect(flag.get()).toBe(true)),
          ),
        ),
      ];
      rt.blockOn(function* () {
        for (const task of tasks) yield* task;
      });
      expect([id.tryGet(), flag.tryGet()]).toEqual([undefined, undefined]);
    },
  );

  conforms(
    "task_local::task_local_available_on_abort",
    "is there while an aborted task is dropped, polled before or not",
    () => {
      using rt = currentThread();
      const key = taskLocal<number>("key");
      for (const polled of [true, false]) {
        let seen: number | undefined;
        const stuck = new Stuck(() => {
          seen = key.get();
        });
        const handle = rt.spawn(key.scope(42, stuck));
        if (polled) rt.blockOn(yieldNow());
        handle.abort();
        expect(rt.blockOn(handle.outcome()).status).toBe("cancelled");
        expect([seen, key.tryGet()]).toEqual([42, undefined]);
      }
    },
  );

  conforms(
    "task_local::task_local_available_on_completion_drop",
    "is there in the finally block of a task that ends",
    () => {
      using rt = currentThread();
      const key = taskLocal<number>("key");
      const [tx, rx] = oneshot<number>();
      const work = fn(function* work(): Async<void> {
        try {
          yield* yieldNow();
        } finally {
          tx.send(key.get());
        }
      });
      const handle = rt.spawn(key.scope(42, work()));
      expect(rt.blockOn(rx)).toBe(42);
      rt.blockOn(handle);
    },
  );

  conforms(
    ["task_local::get_value", "task_local::poll_after_take_value_should_fail"],
    "is read by get and tryGet, and is not there outside its scope",
    () => {
      using rt = currentThread();
      const key = taskLocal<number>("key");
      const read = () => [key.get(), key.tryGet()];
      expect(rt.blockOn(key.scope(1, pollFn(read)))).toEqual([1, 1]);
      expect(key.syncScope(2, read)).toEqual([2, 2]);
      expect(rt.blockOn(pollFn(() => [key.tryGet()]))).toEqual([undefined]);
    },
  );
});

describe("reading a task-local value that is not set", () => {
  conforms(
    ["task_panic::local_key_get_panic_caller", "task_panic::local_key_with_panic_caller"],
    "throws where it was read",
    () => {
      const key = taskLocal<number>("key");
      const error = thrownBy(() => key.get());
      expect(error.code).toBe("ERR_TASK_LOCAL_UNSET");
      expect(error.message).toContain(
        "cannot access a task-local storage value without setting it first",
      );
      expect(error.stack).toContain("task-local.test.ts");
    },
  );
});

describe("syncScope", () => {
  conforms(
    "task_panic::local_key_sync_scope_panic_caller",
    "nests, and gives the outer value back also when the function throws",
    () => {
      const key = taskLocal<number>("key");
      const log: (number | undefined)[] = [];
      key.syncScope(1, () => {
        key.syncScope(2, () => log.push(key.get()));
        thrownBy(() =>
          key.syncScope(3, () => {
            throw new Error("boom");
          }),
        );
        log.push(key.get());
      });
      log.push(key.tryGet());
      expect(log).toEqual([2, 1, undefined]);
    },
  );
});
