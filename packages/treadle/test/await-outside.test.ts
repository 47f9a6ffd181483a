/** `await` on a future outside of any runtime. */
import { Builder, Notify, pending, sleep, yieldNow } from "treadle";
import { expect, test } from "vitest";
import * as tasks from "./multi-thread/fixtures/tasks.mjs";

test("a sleep that a runtime made is awaited in that runtime, outside of any", async () => {
  await using rt = Builder.newCurrentThread().enableTime().build();
  const sleep = rt.sleep(2);
  await sleep;
  expect(sleep.isElapsed()).toBe(true);
  expect(rt.metrics().numAliveTasks()).toBe(0);
});

test("a future that belongs to no runtime is refused there", async () => {
  const wait = async () => void (await new Notify().notified());
  await expect(wait()).rejects.toMatchObject({ code: "ERR_NO_RUNTIME" });
});

test("an outcome is awaited there, however its task ends, before and after it has", async () => {
  await using rt = Builder.newCurrentThread().enableTime().unhandledFailure("ignore").build();
  const failure = new Error("as it is");
  const fails = rt.spawn(function* () {
    yield* yieldNow();
    throw failure;
  });
  const aborted = rt.spawn(function* () {
    yield* pending();
  });
  const handles = [rt.spawn(() => sleep(2)), fails, aborted] as const;
  const outcomes = Promise.all(handles.map((handle) => handle.outcome()));
  aborted.abort();
  expect(await outcomes).toMatchObject([
    { status: "ok", value: undefined },
    { status: "failed", error: failure },
    { status: "cancelled", error: { code: "ERR_TASK_CANCELLED" } },
  ]);
  expect(await fails.outcome()).toEqual({ status: "failed", error: failure });
  expect(rt.metrics().numAliveTasks()).toBe(0);
});

test("so is that of a task of another thread, and of one whose runtime ends", async () => {
  const rt = Builder.newMultiThread().workerThreads(1).unhandledFailure("ignore").build();
  expect(await rt.spawn(tasks.add(1, 2)).outcome()).toEqual({ status: "ok", value: 3 });
  expect(await rt.spawn(tasks.boom("far away")).outcome()).toMatchObject({
    status: "failed",
    error: { message: "far away" },
  });
  const forever = rt.spawn(tasks.forever()).outcome();
  const [ended, outcome] = await Promise.all([rt.shutdownTimeout(15_000), forever]);
  expect([ended, outcome.status]).toEqual([true, "cancelled"]);
});

test("an outcome that was awaited counts as looked at", async () => {
  const unseen: unknown[] = [];
  await using rt = Builder.newCurrentThread()
    .unhandledFailure((error) => void unseen.push(error))
    .build();
  const fails = rt.spawn(function* () {
    throw new Error("seen");
  });
  expect((await fails.outcome()).status).toBe("failed");
  await rt.shutdownTimeout(1000);
  expect(unseen).toEqual([]);
});
