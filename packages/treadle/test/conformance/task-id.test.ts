import {
  type Async,
  fn,
  join,
  oneshot,
  pollFn,
  spawn,
  spawnLocal,
  taskId,
  tryTaskId,
  yieldNow,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { currentThread, Stuck, thrownBy } from "../support/runtimes.ts";

const ownId = fn(function* ownId(): Async<number> {
  const before = taskId();
  yield* yieldNow();
  expect(taskId()).toBe(before);
  return before;
});

describe("a task's id", () => {
  conforms(
    ["task_id::task_id_spawn", "task_id::task_id_spawn_local"],
    "is the one that its handle shows",
    () => {
      using rt = currentThread();
      for (const start of [spawn, spawnLocal]) {
        const [inside, outside] = rt.blockOn(function* () {
          const handle = start(ownId());
          return [yield* handle, handle.id];
        });
        expect(inside).toBe(outside);
      }
    },
  );

  conforms(
    "task_id::task_ids_match_current_thread",
    "is known to its handle before the task has run",
    () => {
      using rt = currentThread();
      rt.blockOn(function* () {
        const [tx, rx] = oneshot<number>();
        const handle = spawn(function* () {
          expect(yield* rx).toBe(taskId());
        });
        tx.send(handle.id);
        yield* handle;
      });
    },
  );

  conforms("task_id::task_id_collision_current_thread", "differs from every other's", () => {
    using rt = currentThread();
    const [one, two] = rt.blockOn(join(rt.spawn(ownId()), rt.spawn(ownId())));
    expect(one).not.toBe(two);
  });

  conforms(
    "task_id::task_id_nested_spawn_local",
    "is its parent's again when a nested task has run",
    () => {
      using rt = currentThread();
      rt.blockOn(
        rt.spawnLocal(function* () {
          const parent = taskId();
          expect(yield* spawnLocal(ownId())).not.toBe(parent);
          expect(taskId()).toBe(parent);
        }),
      );
    },
  );

  conforms(
    "task_id::task_id_future_destructor_completion",
    "is current in the finally block of a task that ends",
    () => {
      using rt = currentThread();
      let seen: number | undefined;
      const handle = rt.spawn(function* () {
        try {
          yield* yieldNow();
        } finally {
          seen = taskId();
        }
      });
      rt.blockOn(handle);
      expect(seen).toBe(handle.id);
    },
  );

  conforms(
    "task_id::task_id_future_destructor_abort",
    "is current while an aborted task is dropped, polled before or not",
    () => {
      using rt = currentThread();
      for (const polled of [false, true]) {
        let seen: number | undefined;
        const handle = rt.spawn(
          new Stuck(() => {
            seen = taskId();
          }),
        );
        if (polled) rt.blockOn(yieldNow());
        handle.abort();
        expect(thrownBy(() => rt.blockOn(handle)).code).toBe("ERR_TASK_CANCELLED");
        expect(seen).toBe(handle.id);
      }
    },
  );
});

describe("outside a task", () => {
  conforms("task_id::task_try_id_outside_task", "tryTaskId answers undefined", () => {
    expect(tryTaskId()).toBe(undefined);
  });

  conforms(
    "task_id::task_try_id_inside_block_on",
    "tryTaskId answers undefined in a root future too",
    () => {
      using rt = currentThread();
      expect(rt.blockOn(pollFn(() => [tryTaskId()]))).toEqual([undefined]);
    },
  );

  conforms(
    "task_id::task_id_outside_task_panic_caller",
    "taskId throws where it was called",
    () => {
      const error = thrownBy(() => taskId());
      expect(error.message).toBe("Can't get a task id when not inside a task");
      expect(error.code).toBe("ERR_NO_TASK");
      expect(error.stack).toContain("task-id.test.ts");
    },
  );

  conforms(
    "task_id::task_id_inside_block_on_panic_caller",
    "taskId throws in a root future",
    () => {
      using rt = currentThread();
      const error = thrownBy(() => rt.blockOn(pollFn(() => taskId())));
      expect(error.code).toBe("ERR_NO_TASK");
      expect(error.stack).toContain("task-id.test.ts");
    },
  );
});
