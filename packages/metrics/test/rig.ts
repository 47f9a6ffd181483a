/** A runtime of two workers whose figures are all different, for the tests of the read side and the exporters. */
import {
  HistogramConfiguration,
  MetricsBatch,
  MetricsMemory,
  type MetricsSource,
} from "../src/index.ts";

/** Three buckets of 50 µs. */
export const BUCKETS: HistogramConfiguration = HistogramConfiguration.linear(0.05, 3);

/** What a test may change. */
export interface Rig {
  readonly source: MetricsSource;
  readonly memory: MetricsMemory;
  readonly batches: readonly MetricsBatch[];
  /** How often the source was asked for its number of alive tasks: once for each snapshot. */
  readonly asked: { times: number };
}

/** A source with or without a histogram, a blocking pool and I/O. */
export function rig(histogram: HistogramConfiguration | null, withDrivers: boolean): Rig {
  const memory = MetricsMemory.create(2, histogram);
  const asked = { times: 0 };
  const batches = memory.workers.map((worker, index) => {
    const time = { now: 0 };
    const batch = new MetricsBatch(worker, { clock: () => time.now, meanPollTime: index === 1 });
    const base = 100 * (index + 1);
    time.now = 1500 * (index + 1);
    batch.endProcessingScheduledTasks();
    batch.parkCount = base + 1;
    batch.parkUnparkCount = base + 2;
    batch.noopCount = base + 3;
    batch.stealCount = base + 4;
    batch.stealOperations = base + 5;
    batch.pollCount = base + 6;
    batch.localScheduleCount = base + 7;
    batch.overflowCount = base + 8;
    for (const ms of index === 0 ? [0.01, 0.06, 0.07, 1] : [0.2]) {
      batch.startPoll();
      time.now += ms;
      batch.endPoll();
    }
    batch.submit(base + 9);
    return batch;
  });
  const { scheduler, workers } = memory;
  for (let i = 0; i < 11; i += 1) scheduler.incSpawnedTasks();
  for (let i = 0; i < 12; i += 1) scheduler.incRemoteSchedule();
  for (let i = 0; i < 13; i += 1) scheduler.incBudgetForcedYield();
  workers[1]!.setThreadId(4);
  for (let i = 0; i < 5; i += 1) workers[1]!.addDeath();
  const source: MetricsSource = {
    workers,
    scheduler,
    numAliveTasks: () => {
      asked.times += 1;
      return 14;
    },
    globalQueueDepth: () => 15,
    workerLocalQueueDepth: (worker) => workers[worker]!.queueDepth(),
    workerThreadId: (worker) => workers[worker]!.threadId(),
    blocking: withDrivers
      ? {
          numBlockingThreads: () => 16,
          numIdleBlockingThreads: () => 17,
          blockingQueueDepth: () => 18,
        }
      : undefined,
    io: withDrivers
      ? { fdRegisteredCount: () => 19, fdDeregisteredCount: () => 20, readyCount: () => 21 }
      : undefined,
  };
  return { source, memory, batches, asked };
}
