/** Tokio's tests of single parts (queues, metrics, hooks, time, select) that are about a runtime with many threads. */
import { Builder, Instant, pause, pollFn, type Runtime, spawn } from "treadle";
import { afterEach, describe, expect, test } from "vitest";
import * as queues from "../multi-thread/fixtures/queues.mjs";
import * as tasks from "../multi-thread/fixtures/tasks.mjs";
import { conforms } from "../support/conforms.ts";

const built: Runtime[] = [];

async function threads(
  workers: number,
  set: (builder: Builder) => Builder = (builder) => builder,
): Promise<Runtime> {
  const builder = set(Builder.newMultiThread().workerThreads(workers));
  const rt = builder.unhandledFailure("ignore").enableAll().build();
  built.push(rt);
  await rt.ready();
  return rt;
}

afterEach(async () => {
  for (const rt of built.splice(0)) expect(await rt.shutdownTimeout(15_000)).toBe(true);
});

/** How many there were in all, over the workers; final once the runtime has ended. */
function overWorkers(rt: Runtime, read: (worker: number) => number): number {
  const workers = rt.metrics().numWorkers();
  return Array.from({ length: workers }, (_, i) => read(i)).reduce((a, b) => a + b, 0);
}

/** Keeps workers busy until it is opened. */
async function hold(rt: Runtime, workers: number): Promise<() => void> {
  const memory = new SharedArrayBuffer(8);
  const words = new Int32Array(memory);
  for (let i = 0; i < workers; i++) rt.spawn(queues.holds(memory)).detach();
  for (let i = 0; i < 10_000 && Atomics.load(words, 0) < workers; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(words[0]).toBe(workers);
  return () => {
    Atomics.store(words, 1, 1);
    Atomics.notify(words, 1);
  };
}

describe("the queues of many threads", () => {
  conforms(
    "rt_metrics::global_queue_depth_multi_thread",
    "hold what home spawns while all workers are busy",
    async () => {
      const rt = await threads(2);
      const open = await hold(rt, 2);
      const metrics = rt.metrics();
      const handles = [];
      for (let i = 0; i < 10; i++) {
        expect(metrics.globalQueueDepth()).toBe(i);
        handles.push(rt.spawn(queues.nothing()));
      }
      open();
      for (const handle of handles) await handle;
      expect(metrics.globalQueueDepth()).toBe(0);
    },
  );

  conforms(
    "rt_unstable_metrics::worker_steal_count",
    "count what one worker takes from another",
    async () => {
      const rt = await threads(2, (builder) => builder.disableLifoSlot());
      const metrics = rt.metrics();
      const [parent, child] = await rt.spawn(queues.stolenFrom());
      expect(child).not.toBe(parent);
      expect(await rt.shutdownTimeout(15_000)).toBe(true);
      expect(overWorkers(rt, (worker) => metrics.workerStealCount(worker))).toBe(1);
    },
  );

  conforms(
    "rt_unstable_metrics::worker_overflow_count",
    "count how often a worker's own one was full",
    async () => {
      const rt = await threads(1);
      const metrics = rt.metrics();
      await rt.spawn(queues.spawnsMany(new SharedArrayBuffer(8), 300));
      expect(await rt.shutdownTimeout(15_000)).toBe(true);
      expect(overWorkers(rt, (worker) => metrics.workerOverflowCount(worker))).toBe(1);
    },
  );
});

describe("on a runtime with many threads", () => {
  test("a task finds its thread among those of the workers, in blockInPlace too", async () => {
    const rt = await threads(2);
    const [own, blocked] = await rt.spawn(queues.ownWorkers(2));
    expect(own).toHaveLength(1);
    expect(blocked).toEqual(own);
  });

  test("tasks that cannot leave their worker may block it in place", async () => {
    const rt = await threads(1);
    const seen = await rt.spawn(queues.blocksLocally());
    expect(seen).toHaveLength(3);
    expect(new Set(seen).size).toBe(1);
  });

  conforms(
    [
      "rt_poll_callbacks::callbacks_fire_multi_thread",
      "task_hooks::task_hook_spawn_location_multi_thread",
    ],
    "hooks tell of the same task, by the name of its function, at its spawn and at each poll",
    async () => {
      const rt = await threads(1, (builder) =>
        builder
          .onTaskSpawn(queues.onSpawn)
          .onBeforeTaskPoll(queues.onBefore)
          .onAfterTaskPoll(queues.onAfter),
      );
      const task = rt.spawn(queues.polled());
      await task;
      const { spawned, before, after } = await rt.spawn(queues.hooksSaw());
      const polls = before.filter(([, name]) => name === "polled");
      expect(polls.length).toBeGreaterThanOrEqual(4);
      expect(new Set(polls.map(([id]) => id))).toEqual(new Set([task.id]));
      expect(spawned.map(([, name]) => name)).toContain("inner");
      // The poll that asks has not ended.
      expect(before.slice(0, after.length)).toEqual(after);
      expect(before.length - after.length).toBe(1);
    },
  );

  conforms(
    "macros_select::unstable::deterministic_select_multi_thread",
    "select chooses by the runtime's seed",
    async () => {
      const draw = async () => {
        const rt = await threads(1, (builder) => builder.rngSeed(7));
        return rt.spawn(queues.draws(20));
      };
      const first = await draw();
      expect(await draw()).toEqual(first);
      expect(new Set(first).size).toBeGreaterThan(3);
    },
  );

  conforms("time_pause::pause_time_in_main_threads", "home cannot pause the clock", async () => {
    const rt = await threads(1);
    await expect(rt.run(pollFn(() => pause()))).rejects.toMatchObject({ code: "ERR_TIME_FLAVOR" });
  });

  conforms("time_pause::pause_time_in_spawn_threads", "nor can a worker", async () => {
    const rt = await threads(1);
    await expect(rt.spawn(queues.pauses())).rejects.toMatchObject({ code: "ERR_TIME_FLAVOR" });
  });

  conforms(
    "time_rt::timer_with_threaded_runtime",
    "a worker sleeps as long as it is told",
    async () => {
      const rt = await threads(2);
      const start = Instant.now();
      expect(rt.blockOn(() => spawn(tasks.sleeper(10)))).toBe(10);
      expect(start.elapsed()).toBeGreaterThanOrEqual(10);
    },
  );
});
