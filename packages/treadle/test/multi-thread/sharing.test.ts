/** Who runs what home spawns: all workers, also when it was spawned before any of them ran. */
import { Builder, JoinSet } from "treadle";
import { expect, test } from "vitest";
import * as tasks from "./fixtures/tasks.mjs";

test("what home spawns is run by both workers, from the first batch on", async () => {
  await using rt = Builder.newMultiThread().workerThreads(2).enableAll().build();
  await rt.run(function* () {
    const set = new JoinSet<number>();
    for (let round = 0; round < 5; round++) {
      const threads = new Set<number>();
      for (let i = 0; i < 60; i++) set.spawn(tasks.busy(5));
      for (;;) {
        const outcome = yield* set.joinNext();
        if (outcome === undefined) break;
        if (outcome.status === "ok") threads.add(outcome.value);
      }
      // The first may be over before the second thread has loaded what it needs.
      if (round > 0) expect(threads.size).toBe(2);
    }
  });
});
