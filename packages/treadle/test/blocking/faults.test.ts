/** What a fault in a job does: to the job, to its thread, to the other jobs. */
import type { Runtime } from "treadle";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as jobs from "./fixtures/jobs.mjs";
import { builder, memory, open, outcomeOf, until } from "./support.ts";

describe.each(["current_thread", "multi_thread"])("on a %s runtime", (flavor) => {
  let rt: Runtime;

  beforeEach(() => {
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    rt = builder(flavor)
      .maxBlockingThreads(2)
      .resourceLimits({ maxOldGenerationSizeMb: 40 })
      .unhandledFailure("ignore")
      .build() as Runtime;
  });

  afterEach(async () => {
    expect(await rt.shutdownTimeout(15_000)).toBe(true);
  });

  async function lost(job: Parameters<Runtime["spawnBlocking"]>[0]): Promise<string> {
    const { status, error } = await outcomeOf(rt, rt.spawnBlocking(job));
    expect(status).toBe("failed");
    expect(error?.code).toBe("ERR_WORKER_LOST");
    return error?.message ?? "";
  }

  test("process.exit in a job fails that job alone, and another thread takes over", async () => {
    expect(await lost(jobs.exit(3))).toMatch(/blocking thread \d+ died .* exited with code 3/);
    expect(await rt.spawnBlocking(jobs.add(1, 2))).toBe(3);
  });

  test("process.exit in a job is seen while home is blocked", () => {
    expect(() => rt.blockOn(() => rt.spawnBlocking(jobs.exit(1)))).toThrow(
      expect.objectContaining({ code: "ERR_WORKER_LOST" }),
    );
    expect(rt.blockOn(() => rt.spawnBlocking(jobs.add(1, 2)))).toBe(3);
  });

  test("an exception beside the job costs the thread, with its reason in the error", async () => {
    expect(await lost(jobs.crash())).toMatch(/out of the blue/);
    expect(await rt.spawnBlocking(jobs.add(1, 2))).toBe(3);
  });

  test("running out of memory costs the thread, also while home is blocked", async () => {
    expect(await lost(jobs.hungry())).toMatch(/out of memory/);
    expect(() => rt.blockOn(() => rt.spawnBlocking(jobs.hungry()))).toThrow(
      expect.objectContaining({ code: "ERR_WORKER_LOST" }),
    );
    expect(await rt.spawnBlocking(jobs.add(1, 2))).toBe(3);
  });

  test("what waited in line behind a job that killed its thread is run", async () => {
    const { buffer, words } = memory();
    const first = [rt.spawnBlocking(jobs.gate(buffer, 1)), rt.spawnBlocking(jobs.gate(buffer, 2))];
    await until(() => words[0] === 2);
    const dying = [rt.spawnBlocking(jobs.exit(1)), rt.spawnBlocking(jobs.exit(1))];
    const behind = Array.from({ length: 50 }, (_, i) => rt.spawnBlocking(jobs.add(i, 0)));
    open(words);
    expect(await Promise.all(first)).toEqual([1, 2]);
    for (const handle of dying) expect((await outcomeOf(rt, handle)).status).toBe("failed");
    expect(await Promise.all(behind)).toEqual(behind.map((_, i) => i));
  });
});

test("when no thread can begin, that is seen while home is blocked", async () => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const rt = builder("current_thread")
    .onThreadStart(jobs.failingStart as never)
    .unhandledFailure("ignore")
    .build() as Runtime;
  expect(() => rt.blockOn(() => rt.spawnBlocking(jobs.add(1, 2)))).toThrow(
    expect.objectContaining({ code: "ERR_WORKER_LOST" }),
  );
  expect(await rt.shutdownTimeout(15_000)).toBe(true);
});

test("when no thread can begin, the jobs in line fail and say why", async () => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const rt = builder("current_thread")
    .onThreadStart(jobs.failingStart as never)
    .unhandledFailure("ignore")
    .build() as Runtime;
  const { status, error } = await outcomeOf(rt, rt.spawnBlocking(jobs.add(1, 2)));
  expect([status, error?.code]).toEqual(["failed", "ERR_WORKER_LOST"]);
  expect(error?.message).toMatch(/no thread could be started .*the hook failed/);
  expect(await rt.shutdownTimeout(15_000)).toBe(true);
});
