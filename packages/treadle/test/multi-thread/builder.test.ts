/** What the Builder's options do on many threads. */
import { Builder, JoinSet, move, type Runtime, spawn } from "treadle";
import { afterEach, expect, test, vi } from "vitest";
import { child } from "../support/child.ts";
import * as tasks from "./fixtures/tasks.mjs";

let rt: Runtime | undefined;

afterEach(async () => {
  vi.unstubAllEnvs();
  expect(await rt?.shutdownTimeout(5000)).not.toBe(false);
  rt = undefined;
});

test("the environment says how many workers there are, unless the Builder does", () => {
  vi.stubEnv("TREADLE_WORKER_THREADS", "3");
  rt = Builder.newMultiThread().enableAll().build();
  expect(rt.metrics().numWorkers()).toBe(3);
});

test("a number of workers in the environment that is none is refused", () => {
  vi.stubEnv("TREADLE_WORKER_THREADS", "0");
  expect(() => Builder.newMultiThread().build()).toThrow(
    '"TREADLE_WORKER_THREADS" cannot be set to 0',
  );
  vi.stubEnv("TREADLE_WORKER_THREADS", "many");
  expect(() => Builder.newMultiThread().build()).toThrow('"TREADLE_WORKER_THREADS"');
});

test("a paused clock needs one thread", () => {
  expect(() => Builder.newMultiThread().enableTime().startPaused(true).build()).toThrow(
    expect.objectContaining({ code: "ERR_INVALID_ARG" }),
  );
});

test("a hook for threads that is no sendable function is refused", () => {
  expect(() =>
    Builder.newMultiThread()
      .onThreadStart(() => {})
      .build(),
  ).toThrow(/sendable/);
});

test("sendable hooks run on the workers", async () => {
  rt = Builder.newMultiThread()
    .workerThreads(1)
    .enableAll()
    .onThreadStart(tasks.started)
    .onThreadPark(tasks.parked)
    .onBeforeTaskPoll(tasks.polled as never)
    .build();
  expect(await rt.spawn(tasks.hooks())).toEqual([1, true, "hooks number"]);
});

test("threads are named by a string or a function", async () => {
  const names: string[] = [];
  rt = Builder.newMultiThread()
    .workerThreads(2)
    .enableAll()
    .threadName(() => {
      names.push(`w${names.length}`);
      return names.at(-1) as string;
    })
    .build();
  await rt.ready();
  expect(names).toEqual(["w0", "w1"]);
});

test("without the slot for the newest, tasks of a worker run in the order of their spawns", async () => {
  rt = Builder.newMultiThread().workerThreads(1).enableAll().disableLifoSlot().build();
  expect(await rt.spawn(tasks.fan(100))).toBe(5050);
});

test("a full segment refuses the spawn and recovers", async () => {
  rt = Builder.newMultiThread()
    .workerThreads(1)
    .enableAll()
    .segmentLimit(4 << 20)
    .build();
  const text = "x".repeat(200_000);
  const handles = [];
  let code: unknown;
  for (let i = 0; i < 100 && code === undefined; i++) {
    try {
      handles.push(rt.spawn(tasks.echo(text)));
    } catch (error) {
      code = (error as { code?: unknown }).code;
    }
  }
  expect(code).toBe("ERR_SEGMENT_FULL");
  for (const handle of handles) {
    // The results find no room either, and come another way.
    expect((await handle).length).toBe(200_000);
  }
  expect(await rt.spawn(tasks.echo(text))).toBe(text);
});

test("a set waits for room where the segment is full", () => {
  rt = Builder.newMultiThread()
    .workerThreads(1)
    .enableAll()
    .segmentLimit(4 << 20)
    .build();
  const text = "x".repeat(300_000);
  const count = rt.blockOn(function* () {
    const set = new JoinSet<string>();
    let ended = 0;
    for (let i = 0; i < 40; i++) {
      yield* set.spawnWhenRoom(tasks.echo(text));
      for (let o = set.tryJoinNext(); o !== undefined; o = set.tryJoinNext()) ended++;
    }
    return ended + (yield* set.joinAll()).length;
  });
  expect(count).toBe(40);
});

test("blockInPlace lets another worker take what waits here, and allows blockOn", async () => {
  rt = Builder.newMultiThread().workerThreads(2).enableAll().build();
  await rt.ready();
  // The other worker may have to import the module first, for longer than this one blocks.
  let threads = [0, 0] as unknown[];
  for (let i = 0; i < 20 && threads[0] === threads[1]; i++) {
    threads = await rt.spawn(tasks.inPlace(60));
    expect(threads[2]).toBe(undefined);
  }
  expect(threads[1]).not.toBe(threads[0]);
});

test("what was sent to a worker alone runs on another when that one blocks in place before it", async () => {
  const own = Builder.newMultiThread().workerThreads(2).enableAll().build();
  rt = own;
  await own.ready();
  const words = new Int32Array(new SharedArrayBuffer(12));
  const blocked = own.spawn(tasks.inPlaceUntil(words.buffer, 20));
  await vi.waitFor(() => expect(Atomics.load(words, 0)).toBe(1), 10_000);
  const counting = Array.from({ length: 20 }, (_, i) =>
    own.spawn(tasks.countIn(words.buffer, move(new ArrayBuffer(i)))),
  );
  Atomics.store(words, 1, 1);
  expect(await blocked).toBe(20);
  expect(await Promise.all(counting)).toEqual(counting.map((_, i) => i));
});

test("a task that was sent to a worker which blocks in place, and is aborted, ends unpolled", async () => {
  const own = Builder.newMultiThread().workerThreads(2).enableAll().build();
  rt = own;
  await own.ready();
  const words = new Int32Array(new SharedArrayBuffer(12));
  const blocked = own.spawn(tasks.inPlaceUntil(words.buffer, 1));
  await vi.waitFor(() => expect(Atomics.load(words, 0)).toBe(1), 10_000);
  const other = new Int32Array(new SharedArrayBuffer(12));
  const keeping = own.spawn(tasks.inPlaceUntil(other.buffer, 0));
  await vi.waitFor(() => expect(Atomics.load(other, 0)).toBe(1), 10_000);
  const aborted = Array.from({ length: 4 }, () =>
    own.spawn(tasks.countIn(words.buffer, new Uint8Array())),
  );
  for (const task of aborted) task.abort();
  Atomics.store(words, 1, 1);
  Atomics.store(other, 1, 1);
  expect(await keeping).toBe(0);
  for (const task of aborted)
    await expect(task).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
  expect(words[2]).toBe(0);
  await own.spawn(tasks.countIn(words.buffer, new Uint8Array()));
  expect(await blocked).toBe(1);
});

test("metrics tell of all workers", async () => {
  rt = Builder.newMultiThread().workerThreads(2).enableAll().build();
  await rt.ready();
  rt.blockOn(() => spawn(tasks.fan(500)));
  await rt.spawn(tasks.sleeper(10));
  const metrics = rt.metrics();
  expect(metrics.numWorkers()).toBe(2);
  expect(metrics.spawnedTasksCount()).toBeGreaterThanOrEqual(502);
  expect(metrics.workerPollCount(0) + metrics.workerPollCount(1)).toBeGreaterThanOrEqual(502);
  expect(metrics.workerThreadId(0)).toBeGreaterThan(0);
  expect(metrics.globalQueueDepth()).toBe(0);
  for (const worker of [0, 1]) {
    expect(metrics.workerParkCount(worker)).toBeGreaterThan(0);
    expect(metrics.workerLocalQueueDepth(worker)).toBe(0);
    expect(metrics.workerOverflowCount(worker)).toBeGreaterThanOrEqual(0);
    expect(metrics.workerStealCount(worker)).toBeGreaterThanOrEqual(0);
    expect(metrics.workerStealOperations(worker)).toBeGreaterThanOrEqual(0);
  }
});

test("a thread has what --import names and the program's arguments, and is not the script", () => {
  const { out, err } = child(
    `
    import { isMainThread } from "node:worker_threads";
    import { pathToFileURL } from "node:url";
    import { Builder, sendable } from "treadle";

    const isScript = import.meta.url === pathToFileURL(process.argv[1]).href;
    export const told = sendable(import.meta.url, function told() {
      return [isScript, globalThis.preloaded ?? 0, ...process.argv.slice(2)].join(" ");
    });
    if (isMainThread) {
      const rt = Builder.newMultiThread().workerThreads(1).build();
      console.log(await rt.run(() => told()), await rt.spawn(told()), await rt.spawnBlocking(told()));
      await rt.shutdownTimeout(5000);
    }
    `,
    { node: ["--import", "data:text/javascript,globalThis.preloaded = 1"], args: ["a", "-b"] },
  );
  expect([...out, err]).toEqual(["true 1 a -b false 1 a -b false 1 a -b", ""]);
});
