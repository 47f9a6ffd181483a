import { Builder, spawn, yieldNow } from "treadle";
import { describe, expect, test } from "vitest";

describe("a hook that throws", () => {
  const names = ["onTaskSpawn", "onBeforeTaskPoll", "onAfterTaskPoll", "onTaskTerminate"] as const;
  for (const name of names) {
    test(`is reported, and the task goes on: ${name}`, () => {
      const told: unknown[] = [];
      const rt = Builder.newCurrentThread()
        .unhandledFailure((error, { name: what }) => told.push([what, (error as Error).message]))
        [name](() => {
          throw new Error("from the hook");
        })
        .build();
      const polls: number[] = [];
      const value = rt.blockOn(function* () {
        return yield* spawn(function* () {
          polls.push(1);
          yield* yieldNow();
          polls.push(2);
          return "done";
        });
      });
      const once = [`the hook ${name}`, "from the hook"];
      const times = name === "onTaskSpawn" || name === "onTaskTerminate" ? 1 : 2;
      expect([value, polls, told]).toEqual(["done", [1, 2], Array(times).fill(once)]);
    });
  }

  test("is reported, and the thread sleeps and wakes: onThreadPark, onThreadUnpark", async () => {
    const told = new Set<string>();
    await using rt = Builder.newCurrentThread()
      .enableTime()
      .unhandledFailure((_error, { name }) => void told.add(name))
      .onThreadPark(() => {
        throw new Error("park");
      })
      .onThreadUnpark(() => {
        throw new Error("unpark");
      })
      .build();
    rt.blockOn(rt.sleep(1));
    await rt.run(() => rt.sleep(1));
    expect([...told].sort()).toEqual(["the hook onThreadPark", "the hook onThreadUnpark"]);
  });
});
