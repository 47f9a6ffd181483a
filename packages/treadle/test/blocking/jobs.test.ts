/** Jobs on the blocking pool, on both flavors: results, errors, what a job may do, transfers. */
import { JoinSet, move, type Runtime, spawn, spawnBlocking } from "treadle";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as jobs from "./fixtures/jobs.mjs";
import { builder } from "./support.ts";

describe.each(["current_thread", "multi_thread"])("on a %s runtime", (flavor) => {
  let rt: Runtime;

  beforeAll(() => {
    rt = builder(flavor).maxBlockingThreads(4).build() as Runtime;
  });

  afterAll(async () => {
    expect(await rt.shutdownTimeout(15_000)).toBe(true);
  });

  test("a job runs on another thread and its result comes back", async () => {
    expect(await rt.run(() => spawnBlocking(jobs.add(1, 2)))).toBe(3);
    expect(rt.blockOn(() => rt.spawnBlocking(jobs.add(20, 22)))).toBe(42);
    expect(await rt.handle().spawnBlocking(jobs.where())).toBeGreaterThan(0);
  });

  test("async and generator functions run to their end there", async () => {
    expect(await rt.spawnBlocking(jobs.later(1))).toBe(2);
    expect(await rt.spawnBlocking(jobs.steps(3))).toBe(3);
    expect(rt.blockOn(() => rt.spawnBlocking(jobs.later(2)))).toBe(3);
  });

  test("blockOn of an async sendable runs it on the pool, for no promise settles on a blocked thread", () => {
    expect(rt.blockOn(jobs.later(3))).toBe(4);
    expect(rt.handle().blockOn(jobs.later(4))).toBe(5);
  });

  test("an error comes back with its class, its message and both stacks", async () => {
    const error = await rt.spawnBlocking(jobs.boom("no luck")).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toBe("no luck");
    expect((error as Error).stack).toMatch(/fixtures\/jobs\.mjs[\s\S]*jobs\.test\.ts/);
  });

  test("a job sees its runtime and its own id", async () => {
    const handle = rt.spawnBlocking(jobs.name());
    const { id } = handle;
    expect(await handle).toEqual([rt.handle().id, flavor, id]);
  });

  test("a job may spawn tasks and block on them", async () => {
    expect(await rt.spawnBlocking(jobs.spawned(5))).toBe(7);
  });

  test("a job may spawn jobs and block on them", async () => {
    const threads = await rt.spawnBlocking(jobs.nested(2));
    expect(new Set(threads).size).toBe(3);
  });

  test("blockInPlace in a job simply runs", async () => {
    expect(await rt.spawnBlocking(jobs.inPlace())).toBe(3);
  });

  test("values of all sizes cross both ways, and buffers can be moved", async () => {
    const buffer = new Uint8Array(1000).fill(2).buffer;
    expect(await rt.spawnBlocking(jobs.sum(move(buffer)))).toBe(2000);
    expect(buffer.byteLength).toBe(0);
    expect((await rt.spawnBlocking(jobs.filled(5000, 3))).byteLength).toBe(5000);
    expect(rt.blockOn(() => rt.spawnBlocking(jobs.filled(10, 1))).byteLength).toBe(10);
    const large = new Uint8Array(100_000).fill(1).buffer;
    expect(await rt.spawnBlocking(jobs.sum(large))).toBe(100_000);
    expect(await rt.spawn(jobs.relay(300, 2))).toEqual([600, 300]);
    expect(await rt.spawnBlocking(jobs.relay(30, 2))).toEqual([60, 30]);
  });

  test("jobs are spawned from tasks and from jobs as from home", async () => {
    expect(await rt.spawn(jobs.onWorker(50))).toBe(1275);
    expect(await rt.spawnBlocking(jobs.onWorker(50))).toBe(1275);
  });

  test("a JoinSet takes jobs and tasks", async () => {
    const total = await rt.run(function* () {
      const set = new JoinSet<number>();
      for (let i = 0; i < 10; i++) set.spawnBlocking(jobs.add(i, 0));
      set.spawn(function* () {
        return yield* spawn(jobs.steps(1));
      });
      return (yield* set.joinAll()).reduce((a, b) => a + b);
    });
    expect(total).toBe(46);
  });

  test("ten thousand jobs answer each with its own result", () => {
    const sum = rt.blockOn(function* () {
      const handles = Array.from({ length: 10_000 }, (_, i) => spawnBlocking(jobs.add(i, 1)));
      let all = 0;
      for (const handle of handles) all += yield* handle;
      return all;
    });
    expect(sum).toBe(50_005_000);
  });

  test("what is no call of a sendable function is refused, and so is one that has begun", async () => {
    const call = (f: unknown) => () => rt.spawnBlocking(f as never);
    for (const f of [() => 1, 1, undefined, jobs.add]) {
      expect(call(f)).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG" }));
    }
    const once = jobs.add(1, 2);
    expect(await rt.spawnBlocking(once)).toBe(3);
    expect(call(once)).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG" }));
    expect(() => rt.spawnBlocking(jobs.sum((() => 1) as never))).toThrow(
      expect.objectContaining({ code: "ERR_NOT_SEND" }),
    );
  });
});
