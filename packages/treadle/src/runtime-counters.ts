/** A runtime's counters, and where its metrics are read from. */
import { threadId } from "node:worker_threads";
import {
  HistogramConfiguration,
  MetricsBatch,
  MetricsMemory,
  type MetricsSource,
  type SchedulerMetrics,
  type WorkerMetrics,
} from "@treadle/metrics";
import type { CurrentThread } from "@treadle/scheduler";
import type { Config } from "./config.ts";

/** Width and number of the buckets of the poll-time histogram by default. */
const DEFAULT_BUCKET_MS = 0.1;
const DEFAULT_BUCKETS = 10;

/** What the one worker of a current-thread runtime counts into. */
export class RuntimeCounters {
  readonly worker: MetricsBatch;
  readonly scheduler: SchedulerMetrics;
  private readonly memory: MetricsMemory;

  constructor(config: Config) {
    const histogram = config.pollTimeHistogram
      ? (config.pollTimeHistogramConfiguration ??
        HistogramConfiguration.linear(DEFAULT_BUCKET_MS, DEFAULT_BUCKETS))
      : null;
    this.memory = MetricsMemory.create(1, histogram);
    this.scheduler = this.memory.scheduler;
    this.worker = new MetricsBatch(this.memory.workers[0] as WorkerMetrics);
  }

  /** What the read side asks, answered by the scheduler and the counters. */
  source(scheduler: CurrentThread): MetricsSource {
    return {
      workers: this.memory.workers,
      scheduler: this.memory.scheduler,
      numAliveTasks: () => scheduler.aliveTasks(),
      globalQueueDepth: () => scheduler.injectDepth(),
      workerLocalQueueDepth: () => scheduler.localDepth(),
      workerThreadId: () => threadId,
    };
  }
}
