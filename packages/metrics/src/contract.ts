/** What the read side asks of a runtime; whoever satisfies it can be read, exported and drawn. */
import type { HistogramConfiguration } from "./histogram/index.ts";

/** One worker's counters; durations in milliseconds. */
export interface WorkerCounters {
  /** Time spent processing, not parked. */
  readonly totalBusyDuration: number;
  /** Times it parked. */
  readonly parkCount: number;
  /** Times it parked or unparked: odd while it is parked. */
  readonly parkUnparkCount: number;
  /** Times it woke, polled nothing and parked again. */
  readonly noopCount: number;
  /** Tasks it stole. */
  readonly stealCount: number;
  /** Times it stole. */
  readonly stealOperations: number;
  /** Polls. */
  readonly pollCount: number;
  /** Moving average of a poll's time; 0 where it is not tracked. */
  readonly meanPollTime: number;
  /** Schedules from inside. */
  readonly localScheduleCount: number;
  /** Times its local queue was full. */
  readonly overflowCount: number;
  /** Sum of the polls that the histogram measured; 0 if polls are not measured. */
  readonly totalPollTime: number;
}

/** One worker's poll-time histogram. */
export interface PollTimes {
  /** Sum of all polls measured, in milliseconds. */
  readonly total: number;
  /** How many polls fell into each bucket; empty if polls are not measured. */
  readonly buckets: readonly number[];
}

/** Where one worker's counters are read; `WorkerMetrics` is one. */
export interface WorkerSource {
  /** How polls are measured, or null if they are not. */
  readonly histogram: HistogramConfiguration | null;
  /** Threads of the worker that have died. */
  deathCount(): number;
  /** All counters as of one submission. */
  read(): WorkerCounters;
  /** The histogram as of one submission. */
  readPollTimes(): PollTimes;
}

/** Where the counters of all workers together are read; `SchedulerMetrics` is one. */
export interface SchedulerSource {
  /** Tasks spawned so far. */
  spawnedTasksCount(): number;
  /** Schedules from outside the workers so far. */
  remoteScheduleCount(): number;
  /** Yields forced by the budget so far. */
  budgetForcedYieldCount(): number;
}

/** What the pool of blocking threads tells of itself. */
export interface BlockingSource {
  /** Threads beside the workers' own. */
  numBlockingThreads(): number;
  /** Those of them that wait for something to do. */
  numIdleBlockingThreads(): number;
  /** Calls that wait for a thread. */
  blockingQueueDepth(): number;
}

/** What the I/O driver tells of itself. */
export interface IoSource {
  /** File descriptors registered so far. */
  fdRegisteredCount(): number;
  /** File descriptors deregistered so far. */
  fdDeregisteredCount(): number;
  /** Readiness events processed so far. */
  readyCount(): number;
}

/** Everything that `RuntimeMetrics` reads; a runtime assembles it. */
export interface MetricsSource {
  /** One for each worker, in their order. */
  readonly workers: readonly WorkerSource[];
  /** What is counted for all workers together. */
  readonly scheduler: SchedulerSource;
  /** Spawned tasks that are not gone yet. */
  numAliveTasks(): number;
  /** Length of the queue that all workers share. */
  globalQueueDepth(): number;
  /** Length of one worker's own queue. */
  workerLocalQueueDepth(worker: number): number;
  /** The id of the thread that a worker runs on, undefined while it has none. */
  workerThreadId(worker: number): number | undefined;
  /** Left out where there is no pool: its figures are 0. */
  readonly blocking?: BlockingSource | undefined;
  /** Left out where I/O is off: its figures are 0. */
  readonly io?: IoSource | undefined;
}
