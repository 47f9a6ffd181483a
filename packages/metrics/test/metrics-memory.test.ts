import { expect, test } from "vitest";
import { HistogramConfiguration, MetricsBatch, MetricsMemory } from "../src/index.ts";

test("what another thread attaches to are the same counters", () => {
  const memory = MetricsMemory.create(3, HistogramConfiguration.linear(1, 4));
  const elsewhere = MetricsMemory.attach(structuredClone(memory.plan()));
  expect(elsewhere.workers).toHaveLength(3);
  memory.workers.forEach((worker, index) => {
    const batch = new MetricsBatch(worker);
    batch.pollCount = index + 1;
    batch.submit(0);
  });
  expect(elsewhere.workers.map((worker) => worker.read().pollCount)).toEqual([1, 2, 3]);
  expect(elsewhere.workers[0]!.histogram!.numBuckets).toBe(4);
  elsewhere.scheduler.incSpawnedTasks();
  elsewhere.scheduler.incRemoteSchedule();
  elsewhere.scheduler.incRemoteSchedule();
  for (let i = 0; i < 3; i += 1) elsewhere.scheduler.incBudgetForcedYield();
  const { scheduler } = memory;
  expect([
    scheduler.spawnedTasksCount(),
    scheduler.remoteScheduleCount(),
    scheduler.budgetForcedYieldCount(),
  ]).toEqual([1, 2, 3]);
});

test("metrics lie within a larger segment and touch nothing around them", () => {
  const length = MetricsMemory.byteLength(2);
  expect(length).toBe(5 * 128);
  const buffer = new SharedArrayBuffer(length + 256);
  const memory = MetricsMemory.attach({ buffer, byteOffset: 128, numWorkers: 2, histogram: null });
  for (const worker of memory.workers) {
    const batch = new MetricsBatch(worker);
    batch.pollCount = batch.overflowCount = batch.parkCount = 2 ** 33 + 1;
    batch.submit(1);
  }
  memory.scheduler.incBudgetForcedYield();
  const bytes = new Uint8Array(buffer);
  expect(bytes.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
  expect(bytes.subarray(128 + length).every((byte) => byte === 0)).toBe(true);
});
