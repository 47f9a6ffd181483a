/** How a runtime with many threads ends. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Builder, type Runtime, sleep, spawn } from "treadle";
import { expect, onTestFinished, test, vi } from "vitest";
import * as tasks from "./fixtures/tasks.mjs";

function build(): Runtime {
  return Builder.newMultiThread().workerThreads(2).enableAll().build();
}

test("a runtime that never ran anything ends at once", async () => {
  expect(await build().shutdownTimeout(5000)).toBe(true);
});

test("shutdown cancels running tasks after their clean-up, and queued ones unpolled", async () => {
  const rt = build();
  const words = new Int32Array(new SharedArrayBuffer(8));
  const running = rt.spawn(tasks.watched(words.buffer, 0));
  await rt.run(function* () {
    while (Atomics.load(words, 0) !== 1) yield* sleep(1);
  });
  const queued = rt.spawn(tasks.watched(words.buffer, 1));
  const ended = rt.shutdownTimeout(5000);
  await expect(running).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
  await expect(queued).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
  expect(await ended).toBe(true);
  expect(words[0]).toBe(2);
});

test("a task that is spawned after the shutdown is cancelled at once", async () => {
  const rt = build();
  rt.shutdownBackground();
  const handle = rt.spawn(tasks.add(1, 1));
  expect(handle.isFinished()).toBe(true);
  await expect(handle).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
  expect(await rt.shutdownTimeout(5000)).toBe(true);
});

test("shutdownTimeout gives up what does not stop, in time, and says so", async () => {
  const rt = build();
  await rt.ready();
  const directory = mkdtempSync(join(tmpdir(), "treadle-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "begun");
  const handle = rt.spawn(tasks.busyNoted(file, 60_000));
  const other = rt.spawn(tasks.busyNoted(file, 60_000));
  await vi.waitFor(() => expect(readFileSync(file, "utf8")).toBe("begun\nbegun\n"), 10_000);
  const start = performance.now();
  expect(await rt.shutdownTimeout(100)).toBe(false);
  expect(performance.now() - start).toBeLessThan(2000);
  for (const task of [handle, other]) {
    expect((await rt_outcome(task)).status).not.toBe("ok");
  }
});

async function rt_outcome(handle: { isFinished(): boolean }): Promise<{ status: string }> {
  expect(handle.isFinished()).toBe(true);
  return (handle as unknown as { ending(): { status: string } }).ending();
}

test("await using waits for the threads", async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  {
    await using rt = build();
    const handle = rt.spawn(tasks.watched(words.buffer, 0));
    handle.detach();
    rt.blockOn(function* () {
      while (Atomics.load(words, 0) !== 1) yield* sleep(1);
    });
  }
  expect(words[0]).toBe(2);
});

test("two runtimes do not disturb each other", async () => {
  const a = build();
  const b = build();
  expect(await a.spawn(tasks.fan(100))).toBe(5050);
  expect(await a.shutdownTimeout(5000)).toBe(true);
  expect(b.blockOn(() => spawn(tasks.fan(100)))).toBe(5050);
  expect(await b.shutdownTimeout(5000)).toBe(true);
});
