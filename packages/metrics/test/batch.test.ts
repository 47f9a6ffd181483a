import { describe, expect, test } from "vitest";
import {
  HistogramConfiguration,
  MetricsBatch,
  type MetricsBatchOptions,
  MetricsMemory,
  type WorkerMetrics,
} from "../src/index.ts";

interface Rig {
  worker: WorkerMetrics;
  batch: MetricsBatch;
  time: { now: number; reads: number };
}

function rig(options: MetricsBatchOptions & { histogram?: HistogramConfiguration } = {}): Rig {
  const worker = MetricsMemory.create(1, options.histogram ?? null).workers[0]!;
  const time = { now: 1000, reads: 0 };
  const clock = () => {
    time.reads += 1;
    return time.now;
  };
  const batch = new MetricsBatch(worker, { ...options, clock });
  time.reads = 0;
  return { worker, batch, time };
}

describe("MetricsBatch", () => {
  test("nothing is visible before it is submitted, all of it after", () => {
    const { worker, batch } = rig();
    batch.pollCount += 3;
    batch.localScheduleCount += 4;
    batch.overflowCount += 5;
    batch.stealCount += 6;
    batch.stealOperations += 2;
    const zero = worker.read();
    expect(Object.values(zero)).toEqual(new Array(11).fill(0));
    batch.submit(7);
    expect(worker.read()).toEqual({
      ...zero,
      pollCount: 3,
      localScheduleCount: 4,
      overflowCount: 5,
      stealCount: 6,
      stealOperations: 2,
    });
    expect(worker.queueDepth()).toBe(7);
  });

  test("the park-unpark count is odd while parked, even while running", () => {
    const { worker, batch } = rig();
    const seen: number[] = [];
    const look = () => {
      batch.submit(0);
      seen.push(worker.read().parkUnparkCount);
    };
    look();
    batch.aboutToPark();
    look();
    batch.unparked();
    look();
    expect(seen).toEqual([0, 1, 2]);
    expect(worker.read().parkCount).toBe(1);
  });

  test("parking counts as a no-op only if nothing was polled since parking before", () => {
    const { batch } = rig();
    const seen: number[] = [];
    for (const polls of [0, 2, 0, 0, 1]) {
      batch.pollCount += polls;
      batch.aboutToPark();
      batch.unparked();
      seen.push(batch.noopCount);
    }
    expect(seen).toEqual([1, 1, 2, 3, 3]);
  });

  test("busy time is between start and end of processing, to the nanosecond", () => {
    const { worker, batch, time } = rig();
    time.now += 1.5;
    batch.endProcessingScheduledTasks();
    time.now += 100;
    batch.startProcessingScheduledTasks();
    time.now += 0.25;
    batch.endProcessingScheduledTasks();
    batch.submit(0);
    expect(worker.read().totalBusyDuration).toBe(1.75);
  });

  test("busy time beyond 2^32 ns is whole", () => {
    const { worker, batch, time } = rig();
    time.now += 86_400_000;
    batch.endProcessingScheduledTasks();
    batch.submit(0);
    expect(worker.read().totalBusyDuration).toBe(86_400_000);
  });

  test("ending twice counts once", () => {
    const { batch, time } = rig();
    time.now += 2;
    batch.endProcessingScheduledTasks();
    time.now += 2;
    batch.endProcessingScheduledTasks();
    expect(batch.busyDurationMs).toBe(2);
  });

  test("intervals of microseconds are timed 2, 4, 8 and then 16 at a time, and no poll reads the clock", () => {
    const { worker, batch, time } = rig();
    const readAt: number[] = [];
    time.reads = 0;
    for (let interval = 1; interval <= 63; interval += 1) {
      for (let poll = 0; poll < 61; poll += 1) {
        if (batch.timesPolls) batch.startPoll();
        batch.pollCount += 1;
        if (batch.timesPolls) batch.endPoll();
      }
      time.now += 0.005;
      const { reads } = time;
      batch.intervalEnded();
      if (time.reads > reads) readAt.push(interval);
      batch.submit(0);
    }
    expect(readAt).toEqual([1, 3, 7, 15, 31, 47, 63]);
    expect(time.reads).toBe(7);
    expect(worker.read().totalBusyDuration).toBeCloseTo(63 * 0.005, 9);
  });

  test("long intervals are timed one by one, from the first on that was seen to be long", () => {
    const { batch, time } = rig();
    for (let interval = 0; interval < 31; interval += 1) batch.intervalEnded();
    const busy = batch.busyDurationMs;
    const seen: number[] = [];
    for (let interval = 0; interval < 19; interval += 1) {
      time.now += 2;
      batch.intervalEnded();
      seen.push(batch.busyDurationMs - busy);
    }
    expect(seen).toEqual([...new Array<number>(15).fill(0), 32, 34, 36, 38]);
  });

  test("the end of processing counts what the intervals have not", () => {
    const { batch, time } = rig();
    for (let interval = 0; interval < 5; interval += 1) {
      time.now += 0.01;
      batch.intervalEnded();
    }
    batch.endProcessingScheduledTasks();
    expect(batch.busyDurationMs).toBeCloseTo(0.05, 9);
  });

  test("polls are measured if there is a histogram, with two clock reads each", () => {
    const { worker, batch, time } = rig({ histogram: HistogramConfiguration.linear(1, 3) });
    expect(batch.timesPolls).toBe(true);
    for (const ms of [0.5, 1, 1.25, 7]) {
      batch.startPoll();
      time.now += ms;
      batch.endPoll();
    }
    expect(time.reads).toBe(8);
    batch.submit(0);
    expect(worker.readPollTimes()).toEqual({ total: 9.75, buckets: [1, 2, 1] });
  });

  test("the mean poll time begins at 200 µs / 61 and weighs each poll with a tenth", () => {
    const { worker, batch, time } = rig({ meanPollTime: true });
    const seed = 0.2 / 61;
    batch.submit(0);
    expect(worker.read().meanPollTime).toBe(0.003278);
    batch.startProcessingScheduledTasks();
    batch.pollCount += 2;
    time.now += 4;
    batch.endProcessingScheduledTasks();
    // Two polls of 2 ms: weight 1 - 0.9^2.
    expect(batch.meanPollTimeMs).toBeCloseTo(0.19 * 2 + 0.81 * seed, 12);
    batch.startProcessingScheduledTasks();
    time.now += 50;
    batch.endProcessingScheduledTasks();
    expect(batch.meanPollTimeMs).toBeCloseTo(0.19 * 2 + 0.81 * seed, 12);
  });

  test("the mean poll time is 0 where it is not kept", () => {
    const { worker, batch, time } = rig();
    batch.startProcessingScheduledTasks();
    batch.pollCount += 1;
    time.now += 4;
    batch.endProcessingScheduledTasks();
    batch.submit(0);
    expect(worker.read().meanPollTime).toBe(0);
  });

  test("a batch in the place of a crashed worker's goes on from its counts, as running", () => {
    const histogram = HistogramConfiguration.linear(1, 2);
    const { worker, batch, time } = rig({ histogram, meanPollTime: true });
    batch.startPoll();
    time.now += 1.5;
    batch.endPoll();
    batch.pollCount += 9;
    batch.endProcessingScheduledTasks();
    batch.aboutToPark();
    batch.submit(0);
    const before = worker.read();
    const successor = new MetricsBatch(worker, { meanPollTime: true, clock: () => 0 });
    successor.submit(0);
    expect(worker.read()).toEqual({ ...before, parkUnparkCount: 2 });
    expect(worker.readPollTimes()).toEqual({ total: 1.5, buckets: [0, 1] });
    expect(before).toMatchObject({ pollCount: 9, parkCount: 1, parkUnparkCount: 1 });
  });
});
