/** The pool itself: how many threads there are, in what order jobs run, when threads go, what shutdown does. */
import { threadId } from "node:worker_threads";
import { Builder, type JoinHandle, move, type Runtime } from "treadle";
import { describe, expect, test } from "vitest";
import * as jobs from "./fixtures/jobs.mjs";
import { builder, memory, open, outcomeOf, until, using } from "./support.ts";

describe.each(["current_thread", "multi_thread"])("the pool of a %s runtime", (flavor) => {
  test("has no thread before the first job, and then one for each that runs", () =>
    using(builder(flavor).build() as Runtime, async (rt) => {
      const metrics = rt.metrics();
      expect(metrics.numBlockingThreads()).toBe(0);
      const { buffer } = memory();
      const handles = [1, 2, 3].map(() => rt.spawnBlocking(jobs.meet(buffer, 3)));
      const threads = await Promise.all(handles);
      expect(new Set([...threads, threadId]).size).toBe(4);
      expect(metrics.numBlockingThreads()).toBe(3);
      await until(() => metrics.numIdleBlockingThreads() === 3);
      expect(metrics.blockingQueueDepth()).toBe(0);
    }));

  test("reuses an idle thread", () =>
    using(builder(flavor).build() as Runtime, async (rt) => {
      for (let i = 0; i < 20; i++) {
        expect(await rt.spawnBlocking(jobs.add(i, i))).toBe(2 * i);
        await until(() => rt.metrics().numIdleBlockingThreads() > 0);
      }
      expect(rt.metrics().numBlockingThreads()).toBe(1);
    }));

  test("has no more threads than allowed; the other jobs wait in line, in their order", () =>
    using(builder(flavor).maxBlockingThreads(1).build() as Runtime, async (rt) => {
      const { buffer, words } = memory();
      const first = rt.spawnBlocking(jobs.gate(buffer, 1));
      await until(() => words[0] === 1);
      const order = memory(11);
      const handles = Array.from({ length: 10 }, (_, i) =>
        rt.spawnBlocking(jobs.log(order.buffer, i)),
      );
      // They bring shared memory, so home keeps them for the thread.
      const plain = Array.from({ length: 5 }, (_, i) => rt.spawnBlocking(jobs.add(i, 0)));
      expect(rt.metrics().numBlockingThreads()).toBe(1);
      expect(rt.metrics().blockingQueueDepth()).toBeGreaterThanOrEqual(5);
      open(words);
      await Promise.all([first, ...handles, ...plain]);
      expect([...order.words.slice(1)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(rt.metrics().numBlockingThreads()).toBe(1);
    }));

  test("what is moved to a job is gone at once, though the job waits in line", () =>
    using(builder(flavor).maxBlockingThreads(1).build() as Runtime, async (rt) => {
      const { buffer, words } = memory();
      const first = rt.spawnBlocking(jobs.gate(buffer, 1));
      await until(() => words[0] === 1);
      const bytes = new Uint8Array(4).fill(1).buffer;
      const job = rt.spawnBlocking(jobs.sum(move(bytes)));
      expect(bytes.byteLength).toBe(0);
      open(words);
      expect([await first, await job]).toEqual([1, 4]);
    }));

  test("a job whose port is closed while it waits in line fails, and the others are run", () =>
    using(builder(flavor).maxBlockingThreads(1).build() as Runtime, async (rt) => {
      const { buffer, words } = memory();
      const first = rt.spawnBlocking(jobs.gate(buffer, 1));
      await until(() => words[0] === 1);
      const { port1, port2 } = new MessageChannel();
      const job = outcomeOf(rt, rt.spawnBlocking(jobs.sum(move(port1) as never)));
      const last = rt.spawnBlocking(jobs.sum(move(new Uint8Array(4).fill(1).buffer)));
      const closed = new Promise((resolve) => port2.addEventListener("close", resolve));
      port2.close();
      await closed;
      await new Promise((resolve) => setTimeout(resolve, 10));
      open(words);
      expect(await first).toBe(1);
      expect(await job).toMatchObject({ status: "failed", error: { code: "ERR_NOT_SEND" } });
      expect(await last).toBe(4);
    }));

  test("lets a thread go that was idle for the keep-alive time, and starts another when needed", () =>
    using(builder(flavor).threadKeepAlive(20).build() as Runtime, async (rt) => {
      const first = await rt.spawnBlocking(jobs.where());
      await until(() => rt.metrics().numBlockingThreads() === 0);
      expect(await rt.spawnBlocking(jobs.where())).not.toBe(first);
    }));

  test("keeps an idle thread as long as a task lives on it", () =>
    using(builder(flavor).threadKeepAlive(10).build() as Runtime, async (rt) => {
      const { buffer, words } = memory();
      await rt.spawnBlocking(jobs.pinned(buffer));
      await until(() => rt.metrics().numBlockingThreads() === 0);
      expect(words[0]).toBe(1);
    }));

  test("cancels a job that waits in line, at once, and does nothing to one that runs", () =>
    using(builder(flavor).maxBlockingThreads(1).build() as Runtime, async (rt) => {
      const { buffer, words } = memory();
      const running = rt.spawnBlocking(jobs.gate(buffer, 9));
      await until(() => words[0] === 1);
      const queued = rt.spawnBlocking(jobs.add(1, 2));
      queued.abort();
      running.abort();
      expect(queued.isFinished()).toBe(true);
      expect((await outcomeOf(rt, queued)).status).toBe("cancelled");
      expect(running.isFinished()).toBe(false);
      open(words);
      expect(await running).toBe(9);
    }));

  test("names its threads, and runs the hooks on each", async () => {
    const { buffer, words } = memory();
    const rt = builder(flavor)
      .threadName("reader")
      .onThreadStart(jobs.started as never)
      .onThreadStop(jobs.stopped as never)
      .build() as Runtime;
    await using(rt, async () => {
      expect(await rt.spawnBlocking(jobs.hookRan())).toBe(1);
      await rt.spawnBlocking(jobs.setStopMemory(buffer));
    });
    expect(words[0]).toBe(1);
  });

  test("a queue with a bound refuses what has no place in it", () =>
    using(
      builder(flavor).maxBlockingThreads(1).maxBlockingQueue(2).build() as Runtime,
      async (rt) => {
        const { buffer, words } = memory();
        const running = rt.spawnBlocking(jobs.gate(buffer, 1));
        await until(() => words[0] === 1);
        const queued = [rt.spawnBlocking(jobs.add(1, 1)), rt.spawnBlocking(jobs.add(2, 2))];
        expect(() => rt.spawnBlocking(jobs.add(3, 3))).toThrow(
          expect.objectContaining({ code: "ERR_BLOCKING_QUEUE_FULL" }),
        );
        const mandatory = rt.spawnBlocking(jobs.add(3, 3), { mandatory: true });
        open(words);
        expect(await Promise.all([running, ...queued, mandatory])).toEqual([1, 2, 4, 6]);
      },
    ));

  test("a queue with a bound gives places to those that wait for them, in their order", () =>
    using(
      builder(flavor).maxBlockingThreads(1).maxBlockingQueue(2).build() as Runtime,
      async (rt) => {
        const { spawnBlockingWhenRoom } = await import("treadle");
        const order: number[] = [];
        const one = (i: number) =>
          rt.run(function* () {
            const handle = yield* spawnBlockingWhenRoom(jobs.nap(1));
            order.push(i);
            expect(rt.metrics().blockingQueueDepth()).toBeLessThanOrEqual(2);
            yield* handle;
          });
        await Promise.all(Array.from({ length: 12 }, (_, i) => one(i)));
        expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      },
    ));

  describe("at shutdown", () => {
    test("a busy thread runs what is in line, and the runtime waits for it", async () => {
      const rt = builder(flavor).maxBlockingThreads(1).build() as Runtime;
      const { buffer, words } = memory();
      const running = rt.spawnBlocking(jobs.gate(buffer, 0));
      await until(() => words[0] === 1);
      const queued = [1, 2, 3, 4].map((i) => rt.spawnBlocking(jobs.add(i, 0)));
      const ended = rt.shutdownTimeout(15_000);
      open(words);
      expect(await Promise.all([running, ...queued])).toEqual([0, 1, 2, 3, 4]);
      expect(await ended).toBe(true);
      expect(rt.metrics().numBlockingThreads()).toBe(0);
      expect(rt.metrics().numIdleBlockingThreads()).toBe(0);
    });

    test("a job that is spawned afterwards is cancelled at once", async () => {
      const rt = builder(flavor).build() as Runtime;
      await rt.spawnBlocking(jobs.add(1, 1));
      rt.shutdownBackground();
      const handle: JoinHandle<number> = rt.spawnBlocking(jobs.add(1, 1));
      expect(handle.isFinished()).toBe(true);
      await expect(handle).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
      expect(await rt.shutdownTimeout(15_000)).toBe(true);
    });

    test("shutdownTimeout gives up a job that does not end, in time, and names its thread", async () => {
      const rt = builder(flavor).threadName("stubborn").build() as Runtime;
      const { buffer, words } = memory();
      const handle = rt.spawnBlocking(jobs.gate(buffer, 1));
      await until(() => words[0] === 1);
      const written: string[] = [];
      const write = process.stderr.write;
      process.stderr.write = ((text: string) => written.push(text) > 0) as never;
      const start = performance.now();
      try {
        expect(await rt.shutdownTimeout(50)).toBe(false);
      } finally {
        process.stderr.write = write;
      }
      expect(performance.now() - start).toBeLessThan(3000);
      expect(handle.isFinished()).toBe(true);
    });

    test("nothing is left when there was never a job", async () => {
      const rt = builder(flavor).build() as Runtime;
      expect(await rt.shutdownTimeout(15_000)).toBe(true);
    });
  });
});

test("arguments are checked", () => {
  for (const bad of [0, -1, 1.5, Number.NaN]) {
    expect(() => Builder.newCurrentThread().maxBlockingQueue(bad)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG" }),
    );
  }
});
