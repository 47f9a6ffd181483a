/** A runtime's counters, and where its metrics are read from. */
import { threadId } from "node:worker_threads";
import {
  HistogramConfiguration,
  type IoSource,
  MetricsBatch,
  MetricsMemory,
  type MetricsMemoryPlan,
  type MetricsSource,
  type SchedulerSource,
  type WorkerMetrics,
} from "@treadle/metrics";
import type { CurrentThread, SchedulerSink } from "@treadle/scheduler";
import type { Config } from "./config.ts";

/** Width and number of the buckets of the poll-time histogram by default. */
const DEFAULT_BUCKET_MS = 0.1;
const DEFAULT_BUCKETS = 10;

/** What is counted for the whole runtime, in plain fields, for only one thread spawns on it. */
class LocalCounters implements SchedulerSink, SchedulerSource {
  private spawned = 0;
  private remote = 0;
  private forced = 0;

  incSpawnedTasks(): void {
    this.spawned++;
  }

  incRemoteSchedule(): void {
    this.remote++;
  }

  incBudgetForcedYield(): void {
    this.forced++;
  }

  spawnedTasksCount(): number {
    return this.spawned;
  }

  remoteScheduleCount(): number {
    return this.remote;
  }

  budgetForcedYieldCount(): number {
    return this.forced;
  }
}

/** What the one worker of a current-thread runtime counts into. */
export class RuntimeCounters {
  readonly worker: MetricsBatch;
  readonly scheduler: LocalCounters = new LocalCounters();
  private readonly memory: MetricsMemory;

  constructor(config: Config) {
    const histogram = config.pollTimeHistogram
      ? (config.pollTimeHistogramConfiguration ??
        HistogramConfiguration.linear(DEFAULT_BUCKET_MS, DEFAULT_BUCKETS))
      : null;
    this.memory = MetricsMemory.create(1, histogram);
    this.worker = new MetricsBatch(this.memory.workers[0] as WorkerMetrics);
  }

  /** For other threads that read it. */
  plan(): MetricsMemoryPlan {
    return this.memory.plan();
  }

  /** What the read side asks, answered by the scheduler and the counters. */
  source(scheduler: CurrentThread, io: IoSource | undefined): MetricsSource {
    return {
      workers: this.memory.workers,
      scheduler: this.scheduler,
      numAliveTasks: () => scheduler.aliveTasks(),
      globalQueueDepth: () => scheduler.injectDepth(),
      workerLocalQueueDepth: () => scheduler.localDepth(),
      workerThreadId: () => threadId,
      io,
    };
  }
}
