/**
 * Tokio's models of a whole multi-thread runtime, as tests on real threads: the structures underneath are modelled in
 * packages/task/test/model and packages/scheduler/test/model.
 */
import { Builder, type Runtime, sleep, spawn } from "treadle";
import { afterEach, describe, expect } from "vitest";
import * as tasks from "../multi-thread/fixtures/tasks.mjs";
import { conforms } from "../support/conforms.ts";

const built: Runtime[] = [];

function build(workers: number): Runtime {
  const rt = Builder.newMultiThread().workerThreads(workers).enableAll().build();
  built.push(rt);
  return rt;
}

afterEach(async () => {
  for (const rt of built.splice(0)) expect(await rt.shutdownTimeout(10_000)).toBe(true);
});

describe("a runtime of many threads", () => {
  conforms(
    [
      "runtime/tests/loom_multi_thread::only_blocking_without_pending",
      "runtime/tests/loom_multi_thread::only_blocking_with_pending",
    ],
    "runs a task that blocks its only worker, at once or after it has waited, and ends",
    async () => {
      for (const waitsFirst of [false, true]) {
        const rt = build(1);
        expect(await rt.spawn(tasks.blocks(waitsFirst))).toBeGreaterThan(0);
        expect(await rt.shutdownTimeout(10_000)).toBe(true);
      }
    },
  );

  conforms(
    [
      "runtime/tests/loom_multi_thread::blocking_and_regular",
      "runtime/tests/loom_multi_thread::blocking_and_regular_with_pending",
    ],
    "runs the other tasks too while one blocks its only worker",
    async () => {
      for (const waitsFirst of [false, true]) {
        const rt = build(1);
        const blocking = rt.spawn(tasks.blocks(waitsFirst));
        const others = Array.from({ length: 20 }, (_, i) => rt.spawn(tasks.add(i, 1)));
        for (const [i, other] of others.entries()) expect(await other).toBe(i + 1);
        expect(await blocking).toBeGreaterThan(0);
      }
    },
  );

  conforms(
    "runtime/tests/loom_multi_thread::complete_block_on_under_load",
    "ends what blockOn waits for although another task is always ready",
    () => {
      const rt = build(1);
      rt.spawn(tasks.restless()).detach();
      expect(rt.blockOn(() => spawn(tasks.add(1, 2)))).toBe(3);
    },
  );

  conforms(
    "runtime/tests/loom_multi_thread::shutdown_with_notification",
    "ends while one task is about to wake another",
    async () => {
      for (let round = 0; round < 10; round++) {
        const rt = build(2);
        if (round % 2 === 0) await rt.ready();
        const waiting = rt.spawn(tasks.chain(5));
        expect(await rt.shutdownTimeout(10_000)).toBe(true);
        expect(["ok", "cancelled"]).toContain((await settled(waiting)).status);
      }
    },
  );

  conforms(
    "runtime/tests/loom_multi_thread/shutdown::join_handle_cancel_on_shutdown",
    "ends every wait for a handle, with the result or as cancelled, when it is shut down",
    async () => {
      const rt = build(2);
      await rt.ready();
      const handles = [rt.spawn(tasks.forever()), rt.spawn(tasks.add(1, 1))];
      const waits = handles.map(settled);
      await rt.run(() => sleep(1));
      rt.shutdownBackground();
      const [first, second] = await Promise.all(waits);
      expect(first?.status).toBe("cancelled");
      expect(["ok", "cancelled"]).toContain(second?.status);
    },
  );
});

/** How the task ended, whatever became of its runtime. */
function settled(handle: PromiseLike<unknown>): Promise<{ readonly status: string }> {
  return Promise.resolve(handle).then(
    () => ({ status: "ok" }),
    (error: { code?: string }) => ({
      status: error.code === "ERR_TASK_CANCELLED" ? "cancelled" : `failed: ${String(error)}`,
    }),
  );
}
