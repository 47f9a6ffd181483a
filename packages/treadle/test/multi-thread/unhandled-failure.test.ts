/** A policy for failures that nobody looks at, on every thread of a runtime. */
import { Builder } from "treadle";
import { expect, test } from "vitest";
import * as tasks from "./fixtures/tasks.mjs";

const judged = globalThis as { judged?: string[] };

test("a sendable policy is called on the thread that spawned the task", async () => {
  await using rt = Builder.newMultiThread()
    .workerThreads(2)
    .enableAll()
    .unhandledFailure(tasks.judges)
    .build();
  const buffer = new SharedArrayBuffer(4);
  const words = new Int32Array(buffer);
  const worker = await rt.spawn(tasks.neglects(buffer));
  await expect.poll(() => words[0], { timeout: 10_000 }).not.toBe(0);
  expect(words[0]).toBe(worker);
  expect(judged.judged).toBeUndefined();
});

test("a sendable policy is called at home for what home spawned, on one thread as on many", async () => {
  for (const builder of [Builder.newMultiThread().workerThreads(1), Builder.newCurrentThread()]) {
    delete judged.judged;
    await using rt = builder.unhandledFailure(tasks.judges).build();
    const handle = rt.spawn(tasks.boom("nobody looks"));
    const ended = handle.abortHandle();
    handle.detach();
    await expect.poll(() => ended.isFinished()).toBe(true);
    expect(judged.judged).toEqual(["boom: nobody looks"]);
  }
});
