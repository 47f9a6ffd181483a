/** Where the threads of a runtime count, and how all of it is read. */
import {
  HistogramConfiguration,
  type IoSource,
  MetricsBatch,
  MetricsMemory,
  type MetricsMemoryPlan,
  type MetricsSource,
  type WorkerMetrics,
} from "@treadle/metrics";
import type { CurrentThread } from "@treadle/scheduler";
import { type Config, DEFAULT_BUCKET_MS, DEFAULT_BUCKETS } from "./config.ts";

/** The counters of a multi-thread runtime, as one thread sees them. */
export class SharedCounters {
  readonly worker: MetricsBatch;
  private readonly memory: MetricsMemory;

  /** `worker`: which worker counts here; undefined on a thread that is none. */
  constructor(memory: MetricsMemory, worker: number | undefined) {
    this.memory = memory;
    const own = worker === undefined ? MetricsMemory.create(1).workers[0] : memory.workers[worker];
    this.worker = new MetricsBatch(own as WorkerMetrics, { meanPollTime: true });
  }

  static create(config: Config, workers: number): SharedCounters {
    const histogram = config.pollTimeHistogram
      ? (config.pollTimeHistogramConfiguration ??
        HistogramConfiguration.linear(DEFAULT_BUCKET_MS, DEFAULT_BUCKETS))
      : null;
    return new SharedCounters(MetricsMemory.create(workers, histogram), undefined);
  }

  static attach(plan: MetricsMemoryPlan, worker: number): SharedCounters {
    return new SharedCounters(MetricsMemory.attach(plan), worker);
  }

  get scheduler(): MetricsMemory["scheduler"] {
    return this.memory.scheduler;
  }

  plan(): MetricsMemoryPlan {
    return this.memory.plan();
  }

  source(scheduler: CurrentThread, io: IoSource | undefined): MetricsSource {
    const { memory } = this;
    return {
      workers: memory.workers,
      scheduler: memory.scheduler,
      numAliveTasks: () => scheduler.aliveTasks(),
      globalQueueDepth: () => 0,
      workerLocalQueueDepth: (worker) => (memory.workers[worker] as WorkerMetrics).queueDepth(),
      workerThreadId: (worker) => (memory.workers[worker] as WorkerMetrics).threadId(),
      io,
    };
  }
}
