/** How threads sleep: blocked when nothing but the runtime can wake them, and never past what is Node's. */
import { Builder, type Runtime } from "treadle";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as rest from "./fixtures/rest.mjs";

describe.each(["with", "without"])("threads %s I/O", (io) => {
  let rt: Pick<Runtime, "spawn" | "spawnBlocking" | "blockOn" | "ready" | "shutdownTimeout">;

  beforeAll(async () => {
    const builder = Builder.newMultiThread().workerThreads(2);
    rt = io === "with" ? builder.enableAll().build() : builder.build();
    await rt.ready();
  });

  afterAll(async () => {
    expect(await rt.shutdownTimeout(5000)).toBe(true);
  });

  test("sleep blocked after their work, workers and those of the pool", async () => {
    const turn = () => new Promise((resolve) => setTimeout(resolve, 2));
    let worker = 0;
    let pool = 0;
    // A thread that has something to do at once does not sleep in between.
    for (let i = 0; i < 1000 && (worker === 0 || pool === 0); i++) {
      worker = await rt.spawn(rest.blockedSleeps());
      pool = await rt.spawnBlocking(rest.blockedSleepsOfJob());
      await turn();
    }
    expect(worker).toBeGreaterThan(0);
    expect(pool).toBeGreaterThan(0);
  });

  test.each(rest.kindNames)("hear of a %s, whoever waits for it and however", async (kind) => {
    expect(await rt.spawn(rest.unseen(kind, 3))).toBe(kind);
    expect(await rt.spawn(rest.seen(kind, 3))).toBe(kind);
    expect(await rt.spawn(rest.awaited(kind, 3))).toBe(kind);
    expect(await rt.spawnBlocking(rest.awaited(kind, 3))).toBe(kind);
  });

  test("go on with what a task has left behind, though home waits blocked", () => {
    const memory = new SharedArrayBuffer(4);
    const words = new Int32Array(memory);
    rt.blockOn(() => rt.spawn(rest.leaving(memory)));
    for (let seen = 0; seen < 3; seen = Atomics.load(words, 0)) Atomics.wait(words, 0, seen, 1000);
    expect(words[0]).toBe(3);
  });
});
