/** What a fault on one thread does to the others: an exception, an exit, a crash, memory that runs out, termination. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { Builder, type JoinHandle, move, type Runtime, sleep, spawn } from "treadle";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { child } from "../support/child.ts";
import * as tasks from "./fixtures/tasks.mjs";

let rt: Runtime;
const folder = mkdtempSync(join(tmpdir(), "treadle-faults-"));
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(async () => {
  rt = Builder.newMultiThread()
    .workerThreads(2)
    .enableAll()
    .resourceLimits({ maxOldGenerationSizeMb: 40 })
    .unhandledFailure("ignore")
    .build();
  await rt.ready();
});

afterEach(async () => {
  expect(await rt.shutdownTimeout(5000)).toBe(true);
});

async function failureOf(handle: JoinHandle<unknown>): Promise<{ code?: string; message: string }> {
  const outcome = await rt.run(() => handle.outcome());
  if (outcome.status !== "failed") throw new Error(`it was ${outcome.status}`);
  return outcome.error as { code?: string; message: string };
}

/** Both workers run tasks again. */
async function isWhole(): Promise<void> {
  const handles = Array.from({ length: 200 }, (_, i) => rt.spawn(tasks.add(i, 1)));
  for (const [i, handle] of handles.entries()) expect(await handle).toBe(i + 1);
}

test("an exception in a task fails that task alone", async () => {
  const error = await failureOf(rt.spawn(tasks.boom("alone")));
  expect(error.message).toBe("alone");
  await isWhole();
});

test("process.exit in a task fails what its worker had started, and nothing else", async () => {
  const waiting = [rt.spawn(tasks.sleeper(300)), rt.spawn(tasks.sleeper(300))];
  const error = await failureOf(rt.spawn(tasks.exit(3)));
  expect(error.code).toBe("ERR_WORKER_LOST");
  expect(error.message).toMatch(/worker [01] died .* exited with code 3/);
  const outcomes = await Promise.all(waiting.map((handle) => rt.run(() => handle.outcome())));
  for (const outcome of outcomes) {
    if (outcome.status === "failed")
      expect(outcome.error).toMatchObject({ code: "ERR_WORKER_LOST" });
    else expect(outcome.status).toBe("ok");
  }
  await isWhole();
});

test("process.exit in a task is seen while home is blocked", () => {
  expect(() => rt.blockOn(() => spawn(tasks.exit(1)))).toThrow(
    expect.objectContaining({ code: "ERR_WORKER_LOST" }),
  );
  expect(rt.blockOn(() => spawn(tasks.add(1, 2)))).toBe(3);
});

test("what was queued on a worker that dies is run by others", async () => {
  const handles: JoinHandle<number>[] = [];
  for (let i = 0; i < 50; i++) handles.push(rt.spawn(tasks.busy(2)));
  const dying = rt.spawn(tasks.exit(1));
  for (let i = 0; i < 300; i++) handles.push(rt.spawn(tasks.add(i, 0)));
  expect((await failureOf(dying)).code).toBe("ERR_WORKER_LOST");
  let lost = 0;
  for (const handle of handles) {
    const outcome = await rt.run(() => handle.outcome());
    if (outcome.status === "failed") lost++;
    else expect(outcome.status).toBe("ok");
  }
  // A worker runs one of these at a time, and its polls never overlap.
  expect(lost).toBe(0);
});

test("what was kept for the only worker, which died blocked in place, is run by the one that takes its place", async () => {
  const own = Builder.newMultiThread().workerThreads(1).enableAll().build();
  await own.ready();
  const words = new Int32Array(new SharedArrayBuffer(8));
  const dying = own.spawn(tasks.diesInPlace(words.buffer)).outcome();
  while (Atomics.load(words, 0) === 0) await setImmediate();
  const bytes = new Uint8Array(100).fill(3).buffer;
  const kept = own.spawn(tasks.sum(move(bytes)));
  expect(kept.isFinished()).toBe(false);
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  expect(await kept).toBe(300);
  expect(await dying).toMatchObject({ status: "failed", error: { code: "ERR_WORKER_LOST" } });
  expect(await own.shutdownTimeout(5000)).toBe(true);
});

test.each([
  ["exit", /worker [01] died while it ran doomed .* it exited with code 7/s],
  ["throw", /worker [01] died while it ran doomed .* uncaught RangeError: nobody catches this/s],
] as const)(
  "a task on another worker is told why its child's worker died (%s)",
  async (how, text) => {
    const [code, message] = await rt.spawn(tasks.mourns(join(folder, how), how));
    expect(code).toBe("ERR_WORKER_LOST");
    expect(message).toMatch(text);
    await isWhole();
  },
);

test("an uncaught exception outside of tasks costs the worker, with its reason in the error", async () => {
  const error = await failureOf(rt.spawn(tasks.crash()));
  expect(error.code).toBe("ERR_WORKER_LOST");
  await isWhole();
});

test("running out of memory costs the worker", async () => {
  const error = await failureOf(rt.spawn(tasks.hungry()));
  expect(error.code).toBe("ERR_WORKER_LOST");
  expect(error.message).toMatch(/out of memory/);
  await isWhole();
});

test("running out of memory is seen while home is blocked", () => {
  expect(() => rt.blockOn(() => spawn(tasks.hungry()))).toThrow(
    expect.objectContaining({ code: "ERR_WORKER_LOST" }),
  );
  expect(rt.blockOn(() => spawn(tasks.add(1, 2)))).toBe(3);
});

test("many deaths in a row lose nothing that was not started", async () => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const handles: JoinHandle<number>[] = [];
  const dying: JoinHandle<never>[] = [];
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 200; i++) handles.push(rt.spawn(tasks.add(round, i)));
    dying.push(rt.spawn(tasks.exit(1)));
  }
  for (const handle of dying) expect((await failureOf(handle)).code).toBe("ERR_WORKER_LOST");
  for (const handle of handles) expect((await rt.run(() => handle.outcome())).status).toBe("ok");
});

test("a worker that dies counts in the metrics, which every thread reads", async () => {
  await failureOf(rt.spawn(tasks.exit(3)));
  await isWhole();
  const snapshot = rt.metrics().snapshot();
  expect(snapshot.workers.reduce((sum, worker) => sum + worker.deathCount, 0)).toBe(1);
  const dead = snapshot.workers.findIndex((worker) => worker.deathCount === 1);
  expect(rt.metrics().workerDeathCount(dead)).toBe(1);
  expect(rt.metrics().prometheus()).toContain(`treadle_worker_deaths_total{worker="${dead}"} 1`);
});

describe("workers that cannot be started", () => {
  test("are given up: ready() and what waits for them fail with the reason, and the runtime ends", async () => {
    const stuck = Builder.newMultiThread().workerThreads(2).onThreadStart(tasks.refuses).build();
    const waiting = stuck.spawn(tasks.add(1, 2));
    await expect(stuck.ready()).rejects.toMatchObject({ code: "ERR_WORKER_START" });
    await expect(waiting).rejects.toThrow(
      /worker [01] could not be started in 5 attempts.*not wanted/s,
    );
    await expect(stuck.spawn(tasks.add(1, 2))).rejects.toMatchObject({
      code: "ERR_TASK_CANCELLED",
    });
    expect(await stuck.shutdownTimeout(5000)).toBe(true);
  });

  test("are given up while home is blocked", async () => {
    const stuck = Builder.newMultiThread().workerThreads(1).onThreadStart(tasks.refuses).build();
    expect(() => stuck.blockOn(() => spawn(tasks.add(1, 2)))).toThrow(
      expect.objectContaining({ code: "ERR_WORKER_START" }),
    );
    expect(await stuck.shutdownTimeout(5000)).toBe(true);
  });
});

test("tasks and jobs whose module ends each thread that imports it fail, and others go on", () => {
  const { out, code } = child(
    `
    import { Builder, spawn } from "treadle";
    import { deadly } from "./deadly.mjs";
    import { fine } from "./fine.mjs";

    const rt = Builder.newMultiThread().workerThreads(2).build();
    const codeOf = (handle) => handle.then(String, (error) => error.code);
    console.log(await codeOf(rt.spawn(deadly())), await codeOf(rt.spawnBlocking(deadly())));
    try {
      rt.blockOn(() => spawn(deadly()));
    } catch (error) {
      console.log(error.message.replace(/file:.*deadly/, "deadly"));
    }
    console.log(await codeOf(rt.spawn(fine())), await codeOf(rt.spawnBlocking(fine())));
    console.log(await rt.shutdownTimeout(5000));
    `,
    {
      files: {
        "deadly.mjs": `
          import { isMainThread } from "node:worker_threads";
          import { sendable } from "treadle";
          export const deadly = sendable(import.meta.url, function deadly() {});
          if (!isMainThread) process.exit(3);
        `,
        "fine.mjs": `
          import { sendable } from "treadle";
          export const fine = sendable(import.meta.url, function fine() { return "fine"; });
        `,
      },
    },
  );
  expect(out).toEqual([
    "ERR_SENDABLE_MODULE ERR_SENDABLE_MODULE",
    "the module of the sendable deadly() ends the threads that import it: deadly.mjs: it exited with code 3. " +
      "Importing it must be harmless: start the program by main(import.meta.url, ...), or put the sendables into a file of their own",
    "fine fine",
    "true",
  ]);
  expect(code).toBe(0);
});

test("numAliveTasks counts the tasks of all threads once each", async () => {
  const parent = rt.spawn(tasks.offspring(3));
  expect(await parent).toBeGreaterThanOrEqual(3);
  const own = [rt.spawn(tasks.forever()), rt.spawn(tasks.forever())];
  const metrics = rt.metrics();
  for (let i = 0; i < 500 && metrics.numAliveTasks() !== 5; i++) await rt.run(() => sleep(2));
  expect(metrics.numAliveTasks()).toBe(5);
  for (const handle of own) handle.abort();
  for (const handle of own) await rt.run(() => handle.outcome());
  expect(metrics.numAliveTasks()).toBe(3);
});
