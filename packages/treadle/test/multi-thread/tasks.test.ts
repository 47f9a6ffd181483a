/** Sendable tasks on workers, spawned and joined from home: results, errors, aborts, nesting, values. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  Builder,
  type JoinHandle,
  JoinSet,
  type Runtime,
  scope,
  select,
  sleep,
  spawn,
} from "treadle";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as tasks from "./fixtures/tasks.mjs";

let rt: Runtime;

beforeAll(async () => {
  rt = Builder.newMultiThread().workerThreads(2).enableAll().build();
  await rt.ready();
});

afterAll(async () => {
  expect(await rt.shutdownTimeout(5000)).toBe(true);
});

test("blockOn waits for a task of another thread", () => {
  expect(rt.blockOn(() => spawn(tasks.hash("a")))).toBe("#a");
});

test("run waits for a task of another thread", async () => {
  expect(await rt.run(() => spawn(tasks.add(1, 2)))).toBe(3);
});

test("a handle can be awaited outside the runtime", async () => {
  expect(await rt.spawn(tasks.add(20, 22))).toBe(42);
});

test("plain and async functions run as tasks", async () => {
  expect(await rt.spawn(tasks.plain(21))).toBe(42);
  expect(rt.blockOn(() => spawn(tasks.later(41)))).toBe(42);
});

test("a task runs on another thread than home", async () => {
  const thread = await rt.spawn(tasks.where());
  expect(thread).toBeGreaterThan(0);
});

test("ten thousand tasks answer each with its own result", () => {
  const sum = rt.blockOn(function* () {
    const handles: JoinHandle<number>[] = [];
    for (let i = 0; i < 10_000; i++) handles.push(spawn(tasks.add(i, 1)));
    let all = 0;
    for (const handle of handles) all += yield* handle;
    return all;
  });
  expect(sum).toBe(50_005_000);
});

test("an error comes back with its class, message and both stacks", async () => {
  const error = await rt.spawn(tasks.boom("no luck")).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TypeError);
  expect((error as Error).message).toBe("no luck");
  expect((error as Error).stack).toMatch(/fixtures\/tasks\.mjs[\s\S]*tasks\.test\.ts/);
});

test("a task that waits is cancelled by abort, after its clean-up", async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const handle = rt.spawn(tasks.watched(words.buffer, 0));
  await rt.run(function* () {
    while (Atomics.load(words, 0) !== 1) yield* sleep(1);
  });
  handle.abort();
  await expect(handle).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
  expect(words[0]).toBe(2);
});

test("a task that nobody has started is cancelled unpolled", async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const one = Builder.newMultiThread().workerThreads(1).build();
  const dir = mkdtempSync(join(tmpdir(), "treadle-"));
  const note = join(dir, "begun");
  const blocker = one.spawn(tasks.busyNoted(note, 50));
  // Its only worker is busy now.
  while (!existsSync(note)) await setImmediate();
  const handle = one.spawn(tasks.watched(words.buffer, 0));
  handle.abort();
  await expect(handle).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
  expect(words[0]).toBe(0);
  await blocker;
  rmSync(dir, { recursive: true });
  expect(await one.shutdownTimeout(5000)).toBe(true);
});

test("an async function finds its signal, and its end is waited for", () => {
  const buffer = new SharedArrayBuffer(4);
  const words = new Int32Array(buffer);
  const task = rt.spawn(tasks.attentive(buffer));
  expect(Atomics.wait(words, 0, 0, 5000)).not.toBe("timed-out");
  task.abort();
  expect(rt.blockOn(task.outcome()).status).toBe("cancelled");
  expect(words[0]).toBe(3);
});

test("abort after the end changes nothing", async () => {
  const handle = rt.spawn(tasks.add(1, 1));
  expect(await handle).toBe(2);
  handle.abort();
  expect(handle.isFinished()).toBe(true);
  expect(await rt.run(() => handle.outcome())).toEqual({ status: "ok", value: 2 });
});

test("tasks spawn tasks", async () => {
  expect(await rt.spawn(tasks.fib(12))).toBe(144);
  expect(await rt.spawn(tasks.fan(1000))).toBe(500_500);
  expect(await rt.spawn(tasks.chain(200))).toBe(200);
});

test("tasks spawned by a worker are stolen by the other", async () => {
  const threads = await rt.spawn(tasks.threadsOf(20, 5));
  expect(threads.length).toBe(2);
});

test("JoinSet, scope and select work with remote tasks, at home and on a worker", async () => {
  const total = await rt.run(function* () {
    const set = new JoinSet<number>();
    for (let i = 0; i < 10; i++) set.spawn(tasks.add(i, 0));
    return (yield* set.joinAll()).reduce((a, b) => a + b);
  });
  expect(total).toBe(45);
  const scoped = await rt.run(
    scope(function* (s) {
      const a = s.spawn(tasks.add(1, 2));
      const b = s.spawn(tasks.add(3, 4));
      return (yield* a) + (yield* b);
    }),
  );
  expect(scoped).toBe(10);
  const { key, value } = await rt.run(
    select({ slow: rt.spawn(tasks.sleeper(2000)), quick: rt.spawn(tasks.add(5, 6)) }),
  );
  expect([key, value]).toEqual(["quick", 11]);
  expect(await rt.spawn(tasks.scoped(10))).toBe(90);
  expect(await rt.spawn(tasks.selected())).toBe("b 5");
});

test("the first failure of a scope cancels the remote tasks of the others", async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const failing = rt.run(
    scope(function* (s) {
      s.spawn(tasks.watched(words.buffer, 0));
      while (Atomics.load(words, 0) !== 1) yield* sleep(1);
      s.spawn(tasks.boom("one failed"));
    }),
  );
  await expect(failing).rejects.toThrow("one failed");
  expect(words[0]).toBe(2);
});

test("task-locals are not inherited by tasks on other threads", async () => {
  expect(await rt.spawn(tasks.withLocal())).toEqual(["set", "unset"]);
});

test("ids are unique on all threads, and a task knows its own", async () => {
  const handles = Array.from({ length: 8 }, () => rt.spawn(tasks.ids(50)));
  const all: number[] = [];
  for (const handle of handles) {
    const found = await handle;
    expect(found[0]).toBe(handle.id);
    all.push(...found);
  }
  expect(new Set(all).size).toBe(8 * 101);
});

test("Handle.current() on a worker is a handle of the same runtime", async () => {
  expect(await rt.spawn(tasks.handle())).toEqual({
    id: rt.handle().id,
    flavor: "multi_thread",
    workers: 2,
    inner: 2,
  });
  expect(rt.handle().runtimeFlavor()).toBe("multi_thread");
});

test("values of all sizes cross both ways", async () => {
  for (const length of [0, 1, 60, 79, 80, 81, 500, 4096, 100_000, 3_000_000]) {
    const text = "x".repeat(length);
    expect((await rt.spawn(tasks.echo(text))).length).toBe(length);
  }
  const value = { a: [1, { b: new Map([["c", new Date(5)]]) }], d: new Uint8Array([1, 2]) };
  expect(await rt.spawn(tasks.echo(value))).toEqual(value);
});

test("what is moved is transferred, to a worker, from it, and between two", async () => {
  const { move } = await import("treadle");
  const buffer = new Uint8Array(1000).fill(2).buffer;
  expect(await rt.spawn(tasks.sum(move(buffer)))).toBe(2000);
  expect(buffer.byteLength).toBe(0);
  const back = await rt.spawn(tasks.filled(5000, 3));
  expect(back.byteLength).toBe(5000);
  expect(rt.blockOn(() => spawn(tasks.filled(10, 1))).byteLength).toBe(10);
  for (let i = 0; i < 4; i++) expect(await rt.spawn(tasks.relay(300, 2))).toEqual([300, 600]);
});

test("a value that cannot be sent is refused at the spawn, and a result that cannot fails its task", async () => {
  expect(() => rt.spawn(tasks.echo((() => 1) as never))).toThrow(
    expect.objectContaining({ code: "ERR_NOT_SEND" }),
  );
});

test("what Node does not give away is refused at the spawn; no task is left, and the ends that went with it are closed", async () => {
  const { move, oneshot } = await import("treadle");
  const own = Builder.newMultiThread().workerThreads(1).enableAll().build();
  const stream = new ReadableStream();
  stream.getReader();
  const { port1 } = new MessageChannel();
  port1.close();
  await setImmediate();
  for (const withheld of [stream, port1]) {
    const [tx, rx] = oneshot<number>();
    expect(() => own.spawn(tasks.echo([tx, move(withheld)]))).toThrow(
      expect.objectContaining({ code: "ERR_NOT_SEND" }),
    );
    await expect(own.run(rx)).rejects.toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
  }
  expect(own.metrics().numAliveTasks()).toBe(0);
  expect(await own.shutdownTimeout(5000)).toBe(true);
});

test("a result that Node does not give away fails its task, and nothing else on its worker", async () => {
  const others = [tasks.sleeper(20), tasks.sleeper(20)].map((call) => rt.spawn(call));
  await expect(rt.spawn(tasks.withheld())).rejects.toMatchObject({ code: "ERR_NOT_SEND" });
  expect(await Promise.all(others)).toEqual([20, 20]);
});

test("shared memory is shared", async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const handles = [1, 2, 3, 4].map(() => rt.spawn(tasks.counter(words.buffer, 500)));
  for (const handle of handles) await handle;
  expect(words[0]).toBe(2000);
});

test("tasks of a worker go on while home is blocked and after", async () => {
  const slow = rt.spawn(tasks.sleeper(30));
  rt.blockOn(() => spawn(tasks.busy(5)));
  expect(await slow).toBe(30);
});
