/** The signal that an async function finds behind any `await`. */
import { type Async, Builder, type Runtime, sendable, sleep, taskSignal, yieldNow } from "treadle";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let rt: Runtime;

beforeEach(() => {
  rt = Builder.newCurrentThread().enableAll().build();
});

afterEach(() => rt.shutdownTimeout(1000));

const turn = (): Promise<void> => new Promise(setImmediate);

/** Ends when the signal fires. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

async function deep(): Promise<AbortSignal> {
  await turn();
  return taskSignal();
}

const waits = sendable(import.meta.url, async function waits(log: string[]): Promise<void> {
  await turn();
  log.push("waits");
  await aborted(taskSignal());
  await turn();
  log.push("told");
});

describe("taskSignal", () => {
  test("is the signal that the function was given, before and behind an await, and in what it calls", async () => {
    const same = await rt.spawn(async ({ signal }) => {
      const found = [taskSignal(), await deep(), taskSignal()];
      return found.every((each) => each === signal);
    });
    expect(same).toBe(true);
  });

  test("tells an async sendable of an abort, and its end is waited for", async () => {
    const log: string[] = [];
    const task = rt.spawnLocal(waits(log));
    while (log.length === 0) await turn();
    task.abort();
    const { status } = await rt.run(task.outcome());
    expect([status, log]).toEqual(["cancelled", ["waits", "told"]]);
  });

  test("is each task's own", async () => {
    const one = rt.spawn(async () => {
      await aborted(taskSignal());
    });
    const other = rt.spawn(async () => {
      await turn();
      const signal = taskSignal();
      await turn();
      return signal.aborted;
    });
    await turn();
    one.abort();
    expect((await rt.run(one.outcome())).status).toBe("cancelled");
    expect(await other).toBe(false);
  });

  test("is not found in generator functions, also where an async function has spawned them", async () => {
    const noTask = expect.objectContaining({ code: "ERR_NO_TASK" });
    const found: unknown[] = [];
    function* look(): Async<void> {
      for (let i = 0; i < 3; i++) {
        try {
          found.push(taskSignal());
        } catch (error) {
          found.push(error);
        }
        yield* yieldNow();
        yield* sleep(1);
      }
    }
    await rt.spawn(async () => {
      await turn();
      await rt.spawn(look);
    });
    expect(found).toEqual([noTask, noTask, noTask]);
    expect(() => taskSignal()).toThrow(noTask);
  });
});
