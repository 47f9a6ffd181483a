/** Tokio's tests of the multi-thread runtime, and those of `rt_common` on four workers and on one. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Builder,
  blockInPlace,
  consumeBudget,
  Handle,
  type JoinHandle,
  JoinSet,
  Mutex,
  Runtime,
  sleep,
  spawn,
  taskId,
  yieldNow,
} from "treadle";
import { afterEach, describe, expect, onTestFinished, vi } from "vitest";
import * as tasks from "../multi-thread/fixtures/tasks.mjs";
import { conforms } from "../support/conforms.ts";

const built: Runtime[] = [];

function threads(workers: number): Runtime {
  const rt = Builder.newMultiThread().workerThreads(workers).enableAll().build();
  built.push(rt);
  return rt;
}

afterEach(async () => {
  for (const rt of built.splice(0)) expect(await rt.shutdownTimeout(10_000)).toBe(true);
});

describe("rt_threaded", () => {
  conforms("rt_threaded::single_thread", "one worker runs everything", async () => {
    const rt = threads(1);
    expect(rt.blockOn(() => spawn(tasks.fan(50)))).toBe(1275);
  });

  conforms("rt_threaded::many_oneshot_futures", "a thousand tasks of one poll all end", () => {
    const rt = threads(4);
    for (let round = 0; round < 3; round++) {
      const ended = rt.blockOn(function* () {
        const handles: JoinHandle<number>[] = [];
        for (let i = 0; i < 1000; i++) handles.push(rt.spawn(tasks.add(i, 1)));
        let count = 0;
        for (const handle of handles) if ((yield* handle) > 0) count++;
        return count;
      });
      expect(ended).toBe(1000);
    }
  });

  conforms("rt_threaded::spawn_two", "a task of a worker spawns another and joins it", () => {
    expect(threads(4).blockOn(() => spawn(tasks.chain(1)))).toBe(1);
  });

  conforms("rt_threaded::many_multishot_futures", "tasks that yield many times all end", () => {
    const rt = threads(4);
    const words = new Int32Array(new SharedArrayBuffer(4));
    rt.blockOn(function* () {
      const handles = Array.from({ length: 20 }, () => spawn(tasks.counter(words.buffer, 100)));
      for (const handle of handles) yield* handle;
    });
    expect(words[0]).toBe(2000);
  });

  conforms("rt_threaded::spawn_shutdown", "a shutdown drops what was spawned", async () => {
    const rt = threads(2);
    const words = new Int32Array(new SharedArrayBuffer(40));
    const handles = Array.from({ length: 10 }, (_, i) => rt.spawn(tasks.watched(words.buffer, i)));
    expect(await rt.shutdownTimeout(10_000)).toBe(true);
    for (const handle of handles) expect(handle.isFinished()).toBe(true);
    for (const word of words) expect([0, 2]).toContain(word);
  });

  conforms(
    "rt_threaded::drop_threadpool_drops_futures",
    "the end of the runtime runs the clean-up of every task that was started",
    async () => {
      const rt = threads(1);
      const words = new Int32Array(new SharedArrayBuffer(8));
      const handles = [
        rt.spawn(tasks.watched(words.buffer, 0)),
        rt.spawn(tasks.watched(words.buffer, 1)),
      ];
      rt.blockOn(function* () {
        while (words.some((_, i) => Atomics.load(words, i) !== 1)) yield* sleep(1);
      });
      expect(await rt.shutdownTimeout(10_000)).toBe(true);
      expect([...words]).toEqual([2, 2]);
      for (const handle of handles) expect(handle.isFinished()).toBe(true);
    },
  );

  conforms("rt_threaded::multi_threadpool", "runtimes use each other's handles", async () => {
    const one = threads(1);
    const two = threads(1);
    // Hosted: one thread cannot be blocked for both.
    expect(await one.run(() => two.spawn(tasks.add(1, 2)))).toBe(3);
  });

  conforms("rt_threaded::coop_and_block_in_place", "what blocks in place has no budget", () => {
    const rt = threads(1);
    const polled = rt.blockOn(function* () {
      return blockInPlace(() => {
        let polls = 0;
        Handle.current().blockOn(function* () {
          for (let i = 0; i < 500; i++) {
            yield* consumeBudget();
            polls++;
          }
        });
        return polls;
      });
    });
    expect(polled).toBe(500);
  });

  conforms(
    ["rt_threaded::test_block_in_place1", "rt_threaded::test_block_in_place4"],
    "blockInPlace runs inline in blockOn, and outside of any runtime",
    () => {
      const rt = threads(1);
      expect(
        rt.blockOn(function* () {
          return blockInPlace(() => 1);
        }),
      ).toBe(1);
      expect(blockInPlace(() => 2)).toBe(2);
    },
  );

  conforms(
    [
      "rt_threaded::test_block_in_place2",
      "rt_threaded::test_nested_block_in_place_with_block_on_between",
      "rt_threaded::yield_now_in_block_in_place",
    ],
    "blockInPlace in a task of a worker, with blockOn in it",
    async () => {
      const rt = threads(2);
      await rt.ready();
      const [parent, child] = await rt.spawn(tasks.inPlace(500));
      expect(child).not.toBe(parent);
    },
  );

  conforms(
    ["rt_threaded::yield_after_block_in_place", "rt_threaded::mutex_in_block_in_place"],
    "after and in a blockInPlace futures work as ever",
    () => {
      const value = threads(1).blockOn(function* () {
        const mutex = new Mutex(5);
        const inside = blockInPlace(() =>
          Handle.current().blockOn(function* () {
            using guard = yield* mutex.lock();
            return guard.value;
          }),
        );
        yield* yieldNow();
        return inside;
      });
      expect(value).toBe(5);
    },
  );

  conforms("rt_threaded::hang_on_shutdown", "a runtime in use ends when told to", async () => {
    const rt = threads(2);
    rt.spawn(tasks.sleeper(60_000)).detach();
    await rt.run(() => sleep(5));
    expect(await rt.shutdownTimeout(10_000)).toBe(true);
  });

  conforms(
    ["rt_threaded::global_queue_interval_set_to_one", "rt_threaded::test_disable_lifo_slot"],
    "the options of the queues change no result",
    async () => {
      const rt = Builder.newMultiThread()
        .workerThreads(2)
        .globalQueueInterval(1)
        .disableLifoSlot()
        .enableAll()
        .build();
      built.push(rt);
      expect(await rt.spawn(tasks.fan(200))).toBe(20_100);
    },
  );

  conforms(
    ["rt_threaded::default_runtime_name_should_be_none", "rt_threaded::different_runtime_names"],
    "a runtime has the name that it was given",
    () => {
      expect(threads(1).handle().name).toBe(undefined);
      const named = Builder.newMultiThread().workerThreads(1).name("one").enableAll().build();
      built.push(named);
      expect(named.handle().name).toBe("one");
    },
  );

  conforms(
    ["rt_threaded::runtime_id_is_same", "rt_threaded::runtime_ids_different"],
    "all threads of a runtime have its id, and another runtime another one",
    async () => {
      const rt = threads(1);
      expect(await rt.spawn(tasks.handle())).toMatchObject({ id: rt.handle().id });
      expect(threads(1).handle().id).not.toBe(rt.handle().id);
    },
  );
});

for (const workers of [4, 1]) {
  describe(`rt_common on ${workers} workers`, () => {
    conforms(
      [
        "rt_common::spawn_one_join",
        "rt_common::spawn_many_from_block_on",
        "rt_common::spawn_many_from_task",
      ],
      "tasks are spawned from blockOn and from tasks",
      () => {
        const rt = threads(workers);
        expect(rt.blockOn(() => spawn(tasks.add(1, 1)))).toBe(2);
        expect(rt.blockOn(() => spawn(tasks.fan(300)))).toBe(45_150);
      },
    );

    conforms("rt_common::spawn_await_chain", "a chain of tasks that await each other ends", () => {
      expect(threads(workers).blockOn(() => spawn(tasks.chain(50)))).toBe(50);
    });

    conforms(
      ["rt_common::sleep_at_root", "rt_common::sleep_in_spawn"],
      "time passes at home and on workers",
      () => {
        const rt = threads(workers);
        rt.blockOn(() => sleep(5));
        expect(rt.blockOn(() => spawn(tasks.sleeper(5)))).toBe(5);
      },
    );

    conforms(
      ["rt_common::panic_in_task", "rt_common::panic_in_block_on"],
      "a failure stays with its task",
      () => {
        const rt = threads(workers);
        expect(() => rt.blockOn(() => spawn(tasks.boom("mine")))).toThrow("mine");
        expect(rt.blockOn(() => spawn(tasks.add(2, 2)))).toBe(4);
      },
    );

    conforms("rt_common::enter_and_spawn", "an entered runtime is spawned on", async () => {
      const rt = threads(workers);
      let handle: JoinHandle<number>;
      {
        using _ = rt.enter();
        handle = spawn(tasks.add(3, 4));
      }
      expect(await handle).toBe(7);
    });

    conforms("rt_common::nested_rt", "blockOn in blockOn is refused", () => {
      const rt = threads(workers);
      expect(() =>
        rt.blockOn(function* () {
          threads(1).blockOn(yieldNow());
        }),
      ).toThrow(expect.objectContaining({ code: "ERR_NESTED_RUNTIME" }));
    });

    conforms(
      ["rt_common::shutdown_timeout", "rt_common::shutdown_timeout_0"],
      "shutdownTimeout returns in time whatever runs",
      async () => {
        const rt = Builder.newMultiThread().workerThreads(workers).enableAll().build();
        await rt.ready();
        const directory = mkdtempSync(join(tmpdir(), "treadle-"));
        onTestFinished(() => rmSync(directory, { recursive: true }));
        const note = join(directory, "begun");
        rt.spawn(tasks.busyNoted(note, 5000)).detach();
        await vi.waitFor(() => expect(existsSync(note)).toBe(true), 10_000);
        const start = performance.now();
        expect(await rt.shutdownTimeout(0)).toBe(false);
        expect(performance.now() - start).toBeLessThan(2000);
      },
    );
  });
}

describe("task_join_set and task_id on many threads", () => {
  conforms("task_join_set::test_with_sleep", "outcomes come in the order of the ends", () => {
    const values = threads(2).blockOn(function* () {
      const set = new JoinSet<number>();
      for (const ms of [60, 30, 1]) set.spawn(tasks.sleeper(ms));
      const order: unknown[] = [];
      for (;;) {
        const outcome = yield* set.joinNext();
        if (outcome === undefined) return order;
        order.push(outcome.status === "ok" ? outcome.value : outcome.status);
      }
    });
    expect(values).toEqual([1, 30, 60]);
  });

  conforms(
    ["task_id::task_id_collision_multi_thread", "task_id::task_ids_match_multi_thread"],
    "each task has an id of its own, which its handle has too",
    async () => {
      const rt = threads(2);
      const a = rt.spawn(tasks.id());
      const b = rt.spawn(tasks.id());
      expect([await a, await b]).toEqual([a.id, b.id]);
      expect(a.id).not.toBe(b.id);
      expect(() =>
        rt.blockOn(function* () {
          return taskId();
        }),
      ).toThrow();
    },
  );
});

conforms("rt_threaded::start_stop_callbacks_called", "threads run their start hook", async () => {
  const rt = Builder.newMultiThread()
    .workerThreads(1)
    .enableAll()
    .onThreadStart(tasks.started)
    .build();
  built.push(rt);
  expect((await rt.spawn(tasks.hooks()))[0]).toBe(1);
});

conforms("rt_basic::spawn_two", "new Runtime() has many threads and everything enabled", () => {
  const rt = new Runtime();
  built.push(rt);
  expect(rt.handle().runtimeFlavor()).toBe("multi_thread");
  expect(rt.blockOn(() => spawn(tasks.add(1, 2)))).toBe(3);
});
