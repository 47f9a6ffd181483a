import { type ModelOptions, type ModelReport, model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { ABORTED, SharedTask, VALUE } from "./shared-task.ts";

/** Runs each of the actors on a thread beside so many workers; then the task must have ended once, whatever happened. */
function explore(
  workers: number,
  actors: readonly ((task: SharedTask) => unknown)[],
  outputs: readonly number[],
  { detached = false, ...options }: ModelOptions & { detached?: boolean } = {},
): ModelReport {
  return model(
    () => {
      const task = new SharedTask();
      if (detached) task.detach();
      const threads = [];
      for (let i = 1; i <= workers; i += 1) {
        threads.push(thread.spawn(() => task.work(), `worker ${i}`));
      }
      for (const actor of actors) {
        threads.push(thread.spawn(() => actor(task), nameOf(actor)));
      }
      const answers = threads.map((one) => one.join()).filter((answer) => answer !== undefined);
      for (const answer of answers) expect(outputs).toContain(answer);
      task.check();
    },
    { preemptionBound: 2, ...options },
  );
}

function nameOf(actor: (task: SharedTask) => unknown): string {
  return actor.name;
}

const join = (task: SharedTask): number => task.join();
const joinAndGiveUp = (task: SharedTask): void => task.joinAndGiveUp();
const detach = (task: SharedTask): void => task.detach();
const fire = (task: SharedTask): void => task.fire();
const wake = (task: SharedTask): void => task.wake();
const abort = (task: SharedTask): void => task.abort();
const shutdown = (task: SharedTask): void => task.shutdown();

describe("a task on shared memory, in every interleaving,", { timeout: 120_000 }, () => {
  it("is polled again after a wake and joined", () => {
    expect(explore(1, [join, fire], [VALUE], { preemptionBound: 3 }).complete).toBe(true);
  });

  it("is polled by one thread at a time, however many workers and wakers there are", () => {
    expect(explore(2, [fire, wake], [], { detached: true }).complete).toBe(true);
  });

  it("wakes its joiner whoever completes it", () => {
    expect(explore(2, [join, fire], [VALUE]).complete).toBe(true);
  });

  it("completes once when it is aborted while it runs, is woken or ends", () => {
    expect(explore(1, [join, fire, abort], [VALUE, ABORTED]).complete).toBe(true);
  });

  it("is aborted once by two at once", () => {
    expect(explore(1, [abort, abort], [], { detached: true, preemptionBound: 3 }).complete).toBe(
      true,
    );
  });

  it("drops its output when the handle goes at the same time", () => {
    expect(explore(1, [detach, fire], [], { preemptionBound: 4 }).complete).toBe(true);
  });

  it("wakes no joiner that has taken its waker back", () => {
    expect(explore(1, [joinAndGiveUp, fire], [], { preemptionBound: 3 }).complete).toBe(true);
  });

  it("is dropped once at shutdown, by whoever has it", () => {
    expect(explore(1, [join, fire, shutdown], [VALUE, ABORTED]).complete).toBe(true);
  });

  it("is dropped at shutdown though nothing ever wakes it", () => {
    expect(explore(1, [join, shutdown], [ABORTED], { preemptionBound: 3 }).complete).toBe(true);
  });

  it("survives an abort during the shutdown", () => {
    expect(explore(1, [detach, abort, shutdown], []).complete).toBe(true);
  });
});
