/** All metrics of a runtime as one plain object, for logs, JSON and the exporters. */
import type { MetricsSource, WorkerCounters } from "./contract.ts";

/** One worker's part of a snapshot; durations in milliseconds. */
export interface WorkerSnapshot extends WorkerCounters {
  /** The id of the worker's thread, null while it has none. */
  readonly threadId: number | null;
  /** Threads of the worker that have died; the last one is replaced. */
  readonly deathCount: number;
  /** Length of the worker's own queue. */
  readonly localQueueDepth: number;
  /** How many polls fell into each bucket of `pollTimeHistogram`; null if polls are not measured. */
  readonly pollTimeCounts: readonly number[] | null;
}

/** A range of durations in milliseconds; `end` is null for the last, which has none. */
export interface SnapshotRange {
  /** The least duration of the range. */
  readonly start: number;
  /** The least duration beyond the range. */
  readonly end: number | null;
}

/** All metrics of a runtime at one moment; a JSON-able object. */
export interface RuntimeSnapshot {
  /** How many workers there are. */
  readonly numWorkers: number;
  /** Spawned tasks that are not gone yet. */
  readonly numAliveTasks: number;
  /** Length of the queue that all workers share. */
  readonly globalQueueDepth: number;
  /** Tasks spawned so far. */
  readonly spawnedTasksCount: number;
  /** Schedules from outside the workers so far. */
  readonly remoteScheduleCount: number;
  /** Yields forced by the budget so far. */
  readonly budgetForcedYieldCount: number;
  /** Threads of the blocking pool beside the workers' own. */
  readonly numBlockingThreads: number;
  /** Those of them that wait for something to do. */
  readonly numIdleBlockingThreads: number;
  /** Blocking calls that wait for a thread. */
  readonly blockingQueueDepth: number;
  /** File descriptors registered so far. */
  readonly ioDriverFdRegisteredCount: number;
  /** File descriptors deregistered so far. */
  readonly ioDriverFdDeregisteredCount: number;
  /** Readiness events processed so far. */
  readonly ioDriverReadyCount: number;
  /** The ranges of the poll-time histogram's buckets; null if polls are not measured. */
  readonly pollTimeHistogram: readonly SnapshotRange[] | null;
  /** One for each worker. */
  readonly workers: readonly WorkerSnapshot[];
}

/** Reads everything once. */
export function takeSnapshot(source: MetricsSource): RuntimeSnapshot {
  const { scheduler, blocking, io } = source;
  return {
    numWorkers: source.workers.length,
    numAliveTasks: source.numAliveTasks(),
    globalQueueDepth: source.globalQueueDepth(),
    spawnedTasksCount: scheduler.spawnedTasksCount(),
    remoteScheduleCount: scheduler.remoteScheduleCount(),
    budgetForcedYieldCount: scheduler.budgetForcedYieldCount(),
    numBlockingThreads: blocking?.numBlockingThreads() ?? 0,
    numIdleBlockingThreads: blocking?.numIdleBlockingThreads() ?? 0,
    blockingQueueDepth: blocking?.blockingQueueDepth() ?? 0,
    ioDriverFdRegisteredCount: io?.fdRegisteredCount() ?? 0,
    ioDriverFdDeregisteredCount: io?.fdDeregisteredCount() ?? 0,
    ioDriverReadyCount: io?.readyCount() ?? 0,
    pollTimeHistogram: rangesOf(source),
    workers: source.workers.map((_, worker) => workerSnapshot(source, worker)),
  };
}

function rangesOf(source: MetricsSource): readonly SnapshotRange[] | null {
  const histogram = source.workers[0]?.histogram ?? null;
  if (histogram === null) return null;
  return Array.from({ length: histogram.numBuckets }, (_, bucket) => {
    const { start, end } = histogram.bucketRange(bucket);
    return { start, end: Number.isFinite(end) ? end : null };
  });
}

function workerSnapshot(source: MetricsSource, worker: number): WorkerSnapshot {
  const from = source.workers[worker]!;
  const counters = from.read();
  // Read together, so that the buckets' counts and the sum belong together.
  const times = from.histogram === null ? null : from.readPollTimes();
  return {
    ...counters,
    totalPollTime: times === null ? counters.totalPollTime : times.total,
    deathCount: from.deathCount(),
    threadId: source.workerThreadId(worker) ?? null,
    localQueueDepth: source.workerLocalQueueDepth(worker),
    pollTimeCounts: times === null ? null : times.buckets,
  };
}
