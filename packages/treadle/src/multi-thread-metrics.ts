/** Where the threads of a runtime count, and how all of it is read. */
import { threadId } from "node:worker_threads";
import {
  HistogramConfiguration,
  type IoSource,
  MetricsBatch,
  MetricsMemory,
  type MetricsMemoryPlan,
  type MetricsSource,
  type WorkerMetrics,
} from "@treadle/metrics";
import type { SharedMemory } from "@treadle/task/shared";
import { type Config, DEFAULT_BUCKET_MS, DEFAULT_BUCKETS } from "./config.ts";

/** The counters of a multi-thread runtime, as one thread sees them. */
export class SharedCounters {
  readonly worker: MetricsBatch;
  private readonly memory: MetricsMemory;
  private readonly own: WorkerMetrics;

  /** `worker`: which worker counts here; undefined on a thread that is none. */
  constructor(memory: MetricsMemory, worker: number | undefined) {
    this.memory = memory;
    const block =
      worker === undefined ? MetricsMemory.create(1).workers[0] : memory.workers[worker];
    this.own = block as WorkerMetrics;
    this.worker = new MetricsBatch(this.own, { meanPollTime: true });
  }

  static create(config: Config, workers: number): SharedCounters {
    const histogram = config.pollTimeHistogram
      ? (config.pollTimeHistogramConfiguration ??
        HistogramConfiguration.linear(DEFAULT_BUCKET_MS, DEFAULT_BUCKETS))
      : null;
    return new SharedCounters(MetricsMemory.create(workers, histogram), undefined);
  }

  static attach(plan: MetricsMemoryPlan, worker: number | undefined): SharedCounters {
    return new SharedCounters(MetricsMemory.attach(plan), worker);
  }

  get scheduler(): MetricsMemory["scheduler"] {
    return this.memory.scheduler;
  }

  plan(): MetricsMemoryPlan {
    return this.memory.plan();
  }

  /** Says that the worker runs on this thread. */
  claimThread(): void {
    this.own.setThreadId(threadId);
  }

  /** A thread of the worker has died. */
  addDeath(worker: number): void {
    (this.memory.workers[worker] as WorkerMetrics).addDeath();
  }

  source(
    io: IoSource | undefined,
    shared: SharedMemory,
    numAliveTasks: () => number,
  ): MetricsSource {
    const { memory } = this;
    return {
      workers: memory.workers,
      scheduler: memory.scheduler,
      numAliveTasks,
      globalQueueDepth: () => shared.inject.length,
      workerLocalQueueDepth: (worker) => (memory.workers[worker] as WorkerMetrics).queueDepth(),
      workerThreadId: (worker) => (memory.workers[worker] as WorkerMetrics).threadId(),
      io,
    };
  }
}
