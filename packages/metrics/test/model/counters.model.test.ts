import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { increment, loadShared } from "../../src/counters.ts";
import { SchedulerMetrics } from "../../src/scheduler-metrics.ts";

/** One below the carry. */
const FULL = 2 ** 30 - 1;

function counterAt(low: number): Int32Array {
  const words = new Int32Array(new SharedArrayBuffer(12));
  Atomics.store(words, 1, low);
  return words;
}

describe("in every interleaving", { timeout: 120_000 }, () => {
  it("a shared counter loses no addition at its carry", () => {
    const report = model(
      () => {
        const words = counterAt(FULL);
        const others = [1, 2].map(() => thread.spawn(() => increment(words, 0)));
        increment(words, 0);
        for (const other of others) other.join();
        expect(loadShared(words, 0)).toBe(FULL + 3);
        expect([...[0, 1, 2].map((i) => Atomics.load(words, i))]).toEqual([1, 2, 1]);
      },
      { preemptionBound: Number.POSITIVE_INFINITY },
    );
    expect(report.exhaustive).toBe(true);
  });

  it("a reading of a shared counter is of a moment within it, and readings never fall", () => {
    const report = model(() => {
      const words = counterAt(FULL);
      const others = [1, 2].map(() => thread.spawn(() => increment(words, 0)));
      const first = loadShared(words, 0);
      const second = loadShared(words, 0);
      expect(first).toBeGreaterThanOrEqual(FULL);
      expect(second).toBeGreaterThanOrEqual(first);
      expect(second).toBeLessThanOrEqual(FULL + 2);
      for (const other of others) other.join();
      expect(loadShared(words, 0)).toBe(FULL + 2);
    });
    expect(report.complete).toBe(true);
  });

  it("a thread that has added reads its own addition, carry or not", () => {
    const report = model(() => {
      const words = counterAt(FULL);
      const reads = (): boolean => {
        increment(words, 0);
        return loadShared(words, 0) >= FULL + 1;
      };
      const other = thread.spawn(reads);
      expect(reads()).toBe(true);
      expect(other.join()).toBe(true);
    });
    expect(report.complete).toBe(true);
  });

  it("the counters of a scheduler do not disturb each other", () => {
    const report = model(() => {
      const words = new Int32Array(new SharedArrayBuffer(4 * 9));
      Atomics.store(words, 1, FULL);
      Atomics.store(words, 4, FULL);
      const metrics = new SchedulerMetrics(words, 0);
      const other = thread.spawn(() => {
        metrics.incSpawnedTasks();
        metrics.incRemoteSchedule();
      });
      metrics.incRemoteSchedule();
      metrics.incSpawnedTasks();
      other.join();
      expect(metrics.spawnedTasksCount()).toBe(FULL + 2);
      expect(metrics.remoteScheduleCount()).toBe(FULL + 2);
      expect(metrics.budgetForcedYieldCount()).toBe(0);
    });
    expect(report.complete).toBe(true);
  });
});
