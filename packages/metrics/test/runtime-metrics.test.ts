import { describe, expect, test } from "vitest";
import { RuntimeMetrics } from "../src/index.ts";
import { BUCKETS, rig } from "./rig.ts";

const WORKER_METHODS = [
  "workerThreadId",
  "workerLocalQueueDepth",
  "workerTotalBusyDuration",
  "workerParkCount",
  "workerParkUnparkCount",
  "workerNoopCount",
  "workerStealCount",
  "workerStealOperations",
  "workerPollCount",
  "workerLocalScheduleCount",
  "workerOverflowCount",
  "workerMeanPollTime",
] as const;

const RUNTIME_METHODS = [
  "numWorkers",
  "numAliveTasks",
  "globalQueueDepth",
  "spawnedTasksCount",
  "remoteScheduleCount",
  "budgetForcedYieldCount",
  "numBlockingThreads",
  "numIdleBlockingThreads",
  "blockingQueueDepth",
  "ioDriverFdRegisteredCount",
  "ioDriverFdDeregisteredCount",
  "ioDriverReadyCount",
] as const;

describe("RuntimeMetrics", () => {
  test("reads each figure of the runtime from its own place", () => {
    const metrics = new RuntimeMetrics(rig(null, true).source);
    expect(RUNTIME_METHODS.map((method) => metrics[method]())).toEqual([
      2, 14, 15, 11, 12, 13, 16, 17, 18, 19, 20, 21,
    ]);
  });

  test("figures of a pool and of I/O that are not there are 0", () => {
    const metrics = new RuntimeMetrics(rig(null, false).source);
    const seen = RUNTIME_METHODS.slice(6).map((method) => metrics[method]());
    expect(seen).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("reads each figure of each worker from its own place", () => {
    const metrics = new RuntimeMetrics(rig(null, false).source);
    expect(WORKER_METHODS.map((method) => metrics[method](0))).toEqual([
      undefined,
      109,
      1500,
      101,
      102,
      103,
      104,
      105,
      106,
      107,
      108,
      0,
    ]);
    expect(WORKER_METHODS.map((method) => metrics[method](1))).toEqual([
      4, 209, 3000, 201, 202, 203, 204, 205, 206, 207, 208, 0.003278,
    ]);
  });

  test("shows nothing that the worker has not submitted", () => {
    const { source, batches } = rig(null, false);
    const metrics = new RuntimeMetrics(source);
    batches[0]!.pollCount += 1;
    const before = metrics.workerPollCount(0);
    batches[0]!.submit(0);
    expect([before, metrics.workerPollCount(0)]).toEqual([106, 107]);
  });

  test.each(WORKER_METHODS)(
    "%s refuses a worker that does not exist, naming it and how many there are",
    (method) => {
      const metrics = new RuntimeMetrics(rig(null, false).source);
      for (const worker of [2, -1, 0.5, Number.NaN]) {
        expect(() => metrics[method](worker)).toThrow(
          expect.objectContaining({
            code: "ERR_INVALID_ARG",
            message: `worker must be an integer from 0 to 1, for this runtime has 2 workers; it was given ${worker}`,
          }),
        );
      }
    },
  );

  test("reads the poll-time histogram by worker and bucket", () => {
    const metrics = new RuntimeMetrics(rig(BUCKETS, false).source);
    expect(metrics.pollTimeHistogramEnabled()).toBe(true);
    expect(metrics.pollTimeHistogramNumBuckets()).toBe(3);
    expect([0, 1, 2].map((b) => metrics.pollTimeHistogramBucketRange(b))).toEqual([
      { start: 0, end: 0.05 },
      { start: 0.05, end: 0.1 },
      { start: 0.1, end: Number.POSITIVE_INFINITY },
    ]);
    const counts = [0, 1].map((worker) =>
      [0, 1, 2].map((bucket) => metrics.pollTimeHistogramBucketCount(worker, bucket)),
    );
    expect(counts).toEqual([
      [1, 2, 1],
      [0, 0, 1],
    ]);
  });

  test("refuses a bucket that does not exist", () => {
    const metrics = new RuntimeMetrics(rig(BUCKETS, false).source);
    const text = "bucket must be an integer from 0 to 2; it was given 3";
    expect(() => metrics.pollTimeHistogramBucketCount(0, 3)).toThrow(text);
    expect(() => metrics.pollTimeHistogramBucketRange(3)).toThrow(text);
    expect(() => metrics.pollTimeHistogramBucketCount(2, 0)).toThrow("this runtime has 2 workers");
  });

  test("where polls are not measured the histogram is empty, and only a wrong worker is refused", () => {
    const metrics = new RuntimeMetrics(rig(null, false).source);
    expect(metrics.pollTimeHistogramEnabled()).toBe(false);
    expect(metrics.pollTimeHistogramNumBuckets()).toBe(0);
    expect(metrics.pollTimeHistogramBucketRange(5)).toEqual({ start: 0, end: 0 });
    expect(metrics.pollTimeHistogramBucketCount(1, 9)).toBe(0);
    expect(() => metrics.pollTimeHistogramBucketCount(2, 0)).toThrow("this runtime has 2 workers");
  });
});

describe("RuntimeMetrics.snapshot", () => {
  test("holds every figure and comes back whole from JSON", () => {
    const snapshot = new RuntimeMetrics(rig(BUCKETS, true).source).snapshot();
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    const { workers, ...runtime } = snapshot;
    expect(runtime).toEqual({
      numWorkers: 2,
      numAliveTasks: 14,
      globalQueueDepth: 15,
      spawnedTasksCount: 11,
      remoteScheduleCount: 12,
      budgetForcedYieldCount: 13,
      numBlockingThreads: 16,
      numIdleBlockingThreads: 17,
      blockingQueueDepth: 18,
      ioDriverFdRegisteredCount: 19,
      ioDriverFdDeregisteredCount: 20,
      ioDriverReadyCount: 21,
      pollTimeHistogram: [
        { start: 0, end: 0.05 },
        { start: 0.05, end: 0.1 },
        { start: 0.1, end: null },
      ],
    });
    expect(workers[1]).toEqual({
      totalBusyDuration: 3000,
      parkCount: 201,
      parkUnparkCount: 202,
      noopCount: 203,
      stealCount: 204,
      stealOperations: 205,
      pollCount: 206,
      meanPollTime: 0.003278,
      localScheduleCount: 207,
      overflowCount: 208,
      totalPollTime: 0.2,
      deathCount: 5,
      threadId: 4,
      localQueueDepth: 209,
      pollTimeCounts: [0, 0, 1],
    });
    expect(workers[0]).toMatchObject({ threadId: null, pollTimeCounts: [1, 2, 1] });
  });

  test("has no histogram where polls are not measured", () => {
    const snapshot = new RuntimeMetrics(rig(null, false).source).snapshot();
    expect(snapshot.pollTimeHistogram).toBeNull();
    expect(snapshot.workers.map((worker) => worker.pollTimeCounts)).toEqual([null, null]);
  });
});
