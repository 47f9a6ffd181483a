import {
  Builder,
  blockInPlace,
  type JoinHandle,
  mpsc,
  pollFn,
  type Runtime,
  ready,
  taskId,
  yieldNow,
} from "treadle";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { currentThread, Stuck, thrownBy } from "../support/runtimes.ts";

const text = "can call blocking only when running on the multi-threaded runtime";

describe("blockInPlace on a current-thread runtime", () => {
  conforms(
    [
      "task_blocking::no_block_in_current_thread_scheduler",
      "task_blocking::no_block_in_current_thread_block_on",
      "task_panic::block_in_place_panic_caller",
      "task_local_set::local_threadpool_blocking_in_place",
      "task_local_set::block_in_place_in_run_until_ct",
      "task_local_set::block_in_place_in_spawn_local_ct",
    ],
    "throws where it was called, in roots, tasks and local tasks, and runs nothing",
    () => {
      using rt = Builder.newCurrentThread().buildLocal();
      let ran = false;
      const block = () =>
        pollFn(() =>
          blockInPlace(() => {
            ran = true;
          }),
        );
      for (const call of [
        () => rt.blockOn(block()),
        () => rt.blockOn(rt.spawn(block())),
        () => rt.blockOn(rt.spawnLocal(block())),
      ]) {
        const error = thrownBy(call);
        expect(error.message).toContain(text);
        expect(error.code).toBe("ERR_BLOCKING_FLAVOR");
        expect(error.stack).toContain("task-blocking.test.ts");
      }
      expect(ran).toBe(false);
    },
  );

  conforms(
    "task_local_set::block_in_place_in_spawn_local_drop_ct",
    "throws in the clean-up of a task too, and the joiner gets the error",
    async () => {
      const rt = Builder.newCurrentThread().unhandledFailure("ignore").buildLocal();
      const handle: JoinHandle<never> = rt.spawnLocal(new Stuck(() => blockInPlace(() => {})));
      rt.blockOn(yieldNow());
      rt.shutdownBackground();
      await expect(handle.then()).rejects.toMatchObject({ code: "ERR_BLOCKING_FLAVOR" });
    },
  );
});

describe("a runtime inside another", () => {
  conforms(
    [
      "task_blocking::can_shutdown_now_in_runtime",
      "task_blocking::can_shutdown_with_zero_timeout_in_runtime",
    ],
    "can be shut down without waiting",
    () => {
      using outer = currentThread();
      const inner = currentThread();
      const stuck = new Stuck();
      inner.blockOn(pollFn(() => void inner.spawn(stuck)));
      outer.blockOn(
        pollFn(() => {
          inner.shutdownBackground();
        }),
      );
      expect([stuck.drops, inner.metrics().numAliveTasks()]).toEqual([1, 0]);
    },
  );

  conforms(
    "task_panic::local_set_block_on_panic_caller",
    "refuses to block, and says so where it was asked to",
    () => {
      using outer = currentThread();
      using inner = Builder.newCurrentThread().buildLocal();
      const error = thrownBy(() => outer.blockOn(pollFn(() => inner.blockOn(yieldNow()))));
      expect(error.code).toBe("ERR_NESTED_RUNTIME");
      expect(error.stack).toContain("task-blocking.test.ts");
    },
  );
});

describe("blockInPlace on a multi-thread runtime", () => {
  let rt: Runtime;

  beforeAll(() => {
    rt = Builder.newMultiThread().workerThreads(1).enableAll().build() as Runtime;
  });

  afterAll(async () => {
    expect(await rt.shutdownTimeout(15_000)).toBe(true);
  });

  conforms(
    ["task_blocking::block_in_block", "task_blocking::yes_block_in_threaded_block_on"],
    "runs in a root, and inside of another one",
    () => {
      expect(rt.blockOn(pollFn(() => blockInPlace(() => blockInPlace(() => 5))))).toBe(5);
    },
  );

  conforms(
    "task_blocking::can_enter_current_thread_rt_from_within_block_in_place",
    "may drive another runtime",
    () => {
      using inner = currentThread();
      expect(rt.blockOn(pollFn(() => blockInPlace(() => inner.blockOn(ready(7)))))).toBe(7);
    },
  );

  conforms(
    [
      "task_blocking::coop_disabled_in_block_in_place",
      "task_blocking::coop_disabled_in_block_in_place_in_block_on",
    ],
    "takes from the budget of no task what runs in it",
    () => {
      const [tx, rx] = mpsc.unbounded<number>();
      for (let i = 0; i < 200; i++) tx.send(i);
      const count = pollFn(() =>
        blockInPlace(() =>
          rt.handle().blockOn(function* () {
            let received = 0;
            while (received < 200) {
              yield* rx.recv();
              received++;
            }
            return received;
          }),
        ),
      );
      expect(rt.blockOn(count)).toBe(200);
    },
  );

  conforms(
    "task_id::task_id_block_in_place_block_on_spawn",
    "leaves the id of its task as it was",
    () => {
      const ids = rt.blockOn(() =>
        rt.spawnLocal(function* () {
          const before = taskId();
          const inner = blockInPlace(() =>
            rt.handle().blockOn(function* () {
              return yield* rt.spawnLocal(function* () {
                return taskId();
              });
            }),
          );
          return [before, inner, taskId()];
        }),
      );
      expect(ids[2]).toBe(ids[0]);
      expect(ids[1]).not.toBe(ids[0]);
    },
  );
});
