/** Tokio's tests of spawn_blocking and of Handle::block_on, on both flavors. */
import {
  Builder,
  Instant,
  type JoinHandle,
  type Runtime,
  sleep,
  spawn,
  spawnBlocking,
  TcpListener,
  timeout,
} from "treadle";
import { afterEach, describe, expect } from "vitest";
import * as jobs from "../blocking/fixtures/jobs.mjs";
import { builder, memory, open, outcomeOf, until } from "../blocking/support.ts";
import { conforms } from "../support/conforms.ts";
import { pausedThread } from "../support/runtimes.ts";

const built: Runtime[] = [];

function build(flavor: string): Runtime {
  const rt = builder(flavor).unhandledFailure("ignore").build() as Runtime;
  built.push(rt);
  return rt;
}

afterEach(async () => {
  for (const rt of built.splice(0)) expect(await rt.shutdownTimeout(15_000)).toBe(true);
});

describe.each(["current_thread", "multi_thread"])("on %s", (flavor) => {
  conforms("rt_common::socket_from_blocking", "a blocking job connects to a listener", () => {
    const rt = build(flavor);
    const [accepted, connected] = rt.blockOn(function* () {
      using listener = yield* TcpListener.bind("127.0.0.1:0");
      const peer = spawnBlocking(jobs.connects(listener.localAddr().port));
      const [stream, from] = yield* listener.accept();
      stream.close();
      return [from.port, yield* peer];
    });
    expect(accepted).toBe(connected);
  });

  conforms(
    [
      "task_blocking::basic_blocking",
      "rt_threaded::blocking",
      "rt_spawn_blocking::issue_8056_regression_test",
    ],
    "many blocking jobs, spawned from tasks, all end",
    async () => {
      const rt = build(flavor);
      for (let i = 0; i < 100; i++) {
        const out = await rt.run(function* () {
          return yield* spawn(function* () {
            return yield* spawnBlocking(jobs.add(i, 1));
          });
        });
        expect(out).toBe(i + 1);
      }
    },
  );

  conforms(
    ["task_blocking::block_in_blocking", "rt_common::spawn_blocking_from_blocking"],
    "a job may block on another job",
    async () => {
      expect((await build(flavor).spawnBlocking(jobs.nested(1))).length).toBe(2);
    },
  );

  conforms(
    ["rt_common::spawn_from_blocking", "task_builder::spawn_blocking_without_name"],
    "a job may spawn tasks",
    async () => {
      expect(await build(flavor).spawnBlocking(jobs.spawned(40))).toBe(42);
    },
  );

  conforms(
    ["rt_common::sleep_from_blocking", "rt_handle_block_on::sleep"],
    "a job may block on a sleep, which takes its time",
    async () => {
      expect(await build(flavor).spawnBlocking(jobs.slept(20))).toBeGreaterThanOrEqual(20);
    },
  );

  conforms(
    ["rt_handle_block_on::basic", "rt_handle_block_on::basic_spawn_blocking"],
    "Handle.blockOn in a job runs a future, and a job",
    async () => {
      expect(await build(flavor).spawnBlocking(jobs.inPlace())).toBe(3);
    },
  );

  conforms(
    ["rt_handle_block_on::bounded_mpsc_channel", "rt_handle_block_on::unbounded_mpsc_channel"],
    "Handle.blockOn in a job waits for channels",
    async () => {
      const rt = build(flavor);
      expect(await rt.spawnBlocking(jobs.channels(true))).toEqual([0, 1, 2, 3, 4]);
      expect(await rt.spawnBlocking(jobs.channels(false))).toEqual([0, 1, 2, 3, 4]);
    },
  );

  conforms(
    "rt_handle_block_on::yield_in_block_in_place",
    "a yield inside of blockInPlace comes back",
    async () => {
      expect(await build(flavor).spawnBlocking(jobs.yielding())).toBe("yielded");
    },
  );

  conforms("rt_handle_block_on::nesting", "blockOn inside of blockOn is refused", async () => {
    const rt = build(flavor);
    const { status, error } = await outcomeOf(rt, rt.spawnBlocking(jobs.nestedBlockOn()));
    expect([status, error?.code]).toEqual(["failed", "ERR_NESTED_RUNTIME"]);
  });

  conforms(
    "rt_handle_block_on::thread_park_ok",
    "a job may put its thread to sleep by itself",
    async () => {
      expect(await build(flavor).spawnBlocking(jobs.nap(5))).toBeGreaterThan(0);
    },
  );

  conforms(
    [
      "rt_handle_block_on::spawn_blocking_after_shutdown_fails",
      "runtime/tests/loom_blocking::spawn_blocking_then_shutdown",
    ],
    "a job that is spawned after the shutdown is cancelled",
    async () => {
      const rt = build(flavor);
      rt.shutdownBackground();
      const handle = rt.handle().spawnBlocking(jobs.add(1, 2));
      expect(handle.isFinished()).toBe(true);
      await expect(handle).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
    },
  );

  conforms(
    "rt_handle_block_on::spawn_blocking_started_before_shutdown_continues",
    "a job that runs when the runtime shuts down goes on to its end",
    async () => {
      const rt = build(flavor);
      const { buffer, words } = memory();
      const handle = rt.spawnBlocking(jobs.waiting(buffer));
      await until(() => words[0] === 1);
      const ended = rt.shutdownTimeout(15_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(handle.isFinished()).toBe(false);
      open(words);
      expect(await handle).toBe("continued");
      expect(await ended).toBe(true);
    },
  );

  conforms(
    "rt_handle_block_on::spawn_after_runtime_dropped",
    "what a job spawns after the shutdown is cancelled",
    async () => {
      const rt = build(flavor);
      const { buffer, words } = memory();
      const handle = rt.spawnBlocking(jobs.spawnAfter(buffer));
      await until(() => words[0] === 1);
      const ended = rt.shutdownTimeout(15_000);
      open(words);
      expect((await handle)[1]).toBe("cancelled");
      expect(await ended).toBe(true);
    },
  );

  conforms(
    ["rt_handle_block_on::sleep_after_shutdown_panics"],
    "blockOn after the shutdown is refused",
    () => {
      const rt = build(flavor);
      rt.shutdownBackground();
      expect(() => rt.handle().blockOn(() => sleep(1))).toThrow(
        expect.objectContaining({ code: "ERR_RUNTIME_SHUTDOWN" }),
      );
    },
  );

  conforms("task_id::task_id_spawn_blocking", "a job knows the id of its handle", async () => {
    const handle = build(flavor).spawnBlocking(jobs.name());
    const { id } = handle;
    expect((await handle)[2]).toBe(id);
  });

  conforms(["task_builder::spawn_blocking_with_name"], "a job is named after its function", () => {
    const handle = build(flavor).spawnBlocking(jobs.add(1, 2));
    expect(handle.name).toBe("add");
  });

  conforms(
    "rt_unstable_metrics::num_blocking_threads",
    "the threads of the pool are counted",
    () => {
      const rt = build(flavor);
      expect(rt.metrics().numBlockingThreads()).toBe(0);
      rt.blockOn(rt.spawnBlocking(jobs.add(1, 2)));
      expect(rt.metrics().numBlockingThreads()).toBe(1);
    },
  );

  conforms(
    [
      "rt_unstable_metrics::num_idle_blocking_threads",
      "rt_unstable_metrics::num_idle_blocking_threads_is_zero_after_shutdown",
    ],
    "the idle ones are counted too, and none is left after the shutdown",
    async () => {
      const rt = build(flavor);
      const metrics = rt.metrics();
      expect(metrics.numIdleBlockingThreads()).toBe(0);
      rt.blockOn(rt.spawnBlocking(jobs.add(1, 2)));
      await until(() => metrics.numIdleBlockingThreads() === 1);
      expect(await rt.shutdownTimeout(15_000)).toBe(true);
      expect([metrics.numBlockingThreads(), metrics.numIdleBlockingThreads()]).toEqual([0, 0]);
    },
  );

  conforms(
    ["rt_unstable_metrics::blocking_queue_depth", "rt_threaded::max_blocking_threads"],
    "with one thread allowed, jobs behind a running one are counted",
    async () => {
      const rt = builder(flavor).maxBlockingThreads(1).build() as Runtime;
      built.push(rt);
      expect(rt.metrics().blockingQueueDepth()).toBe(0);
      const { buffer, words } = memory();
      const running = rt.spawnBlocking(jobs.gate(buffer, 1));
      await until(() => words[0] === 1);
      const queued = rt.spawnBlocking(jobs.add(1, 2));
      expect(rt.metrics().blockingQueueDepth()).toBe(1);
      open(words);
      expect(await Promise.all([running, queued])).toEqual([1, 3]);
      expect(rt.metrics().blockingQueueDepth()).toBe(0);
    },
  );

  conforms(
    [
      "runtime/tests/loom_blocking::spawn_mandatory_blocking_should_always_run",
      "runtime/tests/loom_blocking::spawn_mandatory_blocking_should_run_even_when_shutting_down_from_other_thread",
    ],
    "a mandatory job runs though the runtime shuts down right after its spawn",
    async () => {
      const rt = build(flavor);
      // A thread that is idle would cancel an ordinary one.
      await rt.spawnBlocking(jobs.add(1, 1));
      await until(() => rt.metrics().numIdleBlockingThreads() === 1);
      const handle = rt.spawnBlocking(jobs.add(1, 2), { mandatory: true });
      const ended = rt.shutdownTimeout(15_000);
      expect(await handle).toBe(3);
      expect(await ended).toBe(true);
    },
  );

  conforms(
    [
      "runtime/tests/loom_blocking::blocking_shutdown",
      "runtime/tests/loom_blocking::spawn_blocking_racing_shutdown_resolves",
      "runtime/tests/loom_blocking::spawn_blocking_at_thread_cap_runs",
    ],
    "every job that was spawned before the shutdown ends, run or cancelled",
    async () => {
      for (let round = 0; round < 5; round++) {
        const rt = builder(flavor).maxBlockingThreads(1).build() as Runtime;
        if (round > 1) await rt.spawnBlocking(jobs.add(1, 1));
        const handles: JoinHandle<number>[] = [];
        for (let i = 0; i < 20; i++) handles.push(rt.spawnBlocking(jobs.add(i, 0)));
        expect(await rt.shutdownTimeout(15_000)).toBe(true);
        expect(handles.every((handle) => handle.isFinished())).toBe(true);
      }
    },
  );
});

conforms("rt_threaded::max_blocking_threads_set_to_zero", "no pool without threads", () => {
  expect(() => Builder.newMultiThread().maxBlockingThreads(0)).toThrow(
    "Max blocking threads cannot be set to 0",
  );
});

describe("a paused clock", () => {
  function paused(): Runtime {
    const rt = pausedThread();
    built.push(rt);
    return rt;
  }

  conforms(
    [
      "task_blocking::blocking_when_paused",
      "runtime/tests/loom_blocking::spawn_blocking_when_paused",
    ],
    "stands still while a job runs",
    () => {
      const rt = paused();
      rt.blockOn(function* () {
        const start = Instant.now();
        yield* timeout(3000, spawnBlocking(jobs.nap(20)));
        expect(start.elapsed()).toBe(0);
      });
    },
  );

  conforms("task_blocking::blocking_task_wakes_paused_runtime", "goes on when it has ended", () => {
    const rt = paused();
    const start = performance.now();
    rt.blockOn(() => timeout(15_000, spawnBlocking(jobs.nap(1))));
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  conforms(
    "task_blocking::unawaited_blocking_task_wakes_paused_runtime",
    "goes on when a job has ended that nobody waits for",
    () => {
      const rt = paused();
      const start = performance.now();
      rt.blockOn(function* () {
        spawnBlocking(jobs.nap(1)).detach();
        yield* sleep(15_000);
      });
      expect(performance.now() - start).toBeLessThan(10_000);
    },
  );

  conforms(
    "task_blocking::panicking_blocking_task_wakes_paused_runtime",
    "goes on when a job has failed",
    () => {
      const rt = paused();
      const start = performance.now();
      rt.blockOn(function* () {
        const outcome = yield* timeout(15_000, spawnBlocking(jobs.boom("failed")).outcome());
        expect(outcome.status).toBe("failed");
      });
      expect(performance.now() - start).toBeLessThan(10_000);
    },
  );
});
