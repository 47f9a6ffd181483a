/** The public read side of a runtime's metrics, with the names of Tokio's `RuntimeMetrics`. */
import { invalidArg } from "@treadle/core";
import type { MetricsSource, WorkerSource } from "./contract.ts";
import type { DurationRange, HistogramConfiguration } from "./histogram/index.ts";
import { type OtelMeter, type OtelRegistration, registerWithOtel } from "./otel.ts";
import { newPromRegistry, type PromRegistry, registerWithPromClient } from "./prom-client.ts";
import { prometheusText } from "./prometheus.ts";
import { type RuntimeSnapshot, takeSnapshot } from "./snapshot.ts";

const NO_RANGE: DurationRange = { start: 0, end: 0 };

/**
 * Reads the metrics of one runtime, from any thread and without stopping anything.
 *
 * Workers submit what they counted around parking and every event interval: their figures (those that take a worker's
 * index, save queue depths and thread ids) lag behind by up to that. Counters never fall. Durations are milliseconds.
 *
 * Every method that takes a worker's index throws `ERR_INVALID_ARG` for one that does not exist.
 *
 * @example
 * ```ts
 * import { Builder, Handle, fn, spawn } from "treadle";
 *
 * using rt = Builder.newCurrentThread().build();
 * const count = fn(function* count() {
 *   yield* spawn(function* () {});
 *   return Handle.current().metrics().spawnedTasksCount();
 * });
 * rt.blockOn(count()); // => 1
 * ```
 */
export class RuntimeMetrics {
  private readonly source: MetricsSource;

  /** Reads from what a runtime has assembled. */
  constructor(source: MetricsSource) {
    this.source = source;
  }

  /** How many workers the runtime has; 1 on a current-thread runtime. */
  numWorkers(): number {
    return this.source.workers.length;
  }

  /** Spawned tasks that are not gone yet; not strongly consistent with the other figures. */
  numAliveTasks(): number {
    return this.source.numAliveTasks();
  }

  /** Tasks in the queue that all workers share. */
  globalQueueDepth(): number {
    return this.source.globalQueueDepth();
  }

  /** Tasks spawned so far. */
  spawnedTasksCount(): number {
    return this.source.scheduler.spawnedTasksCount();
  }

  /** Tasks that were scheduled from outside the workers so far. */
  remoteScheduleCount(): number {
    return this.source.scheduler.remoteScheduleCount();
  }

  /** Times a task had to yield because its budget was used up. */
  budgetForcedYieldCount(): number {
    return this.source.scheduler.budgetForcedYieldCount();
  }

  /** Threads of the blocking pool beside the workers' own. */
  numBlockingThreads(): number {
    return this.source.blocking?.numBlockingThreads() ?? 0;
  }

  /** Threads of the blocking pool that wait for something to do. */
  numIdleBlockingThreads(): number {
    return this.source.blocking?.numIdleBlockingThreads() ?? 0;
  }

  /** Blocking calls that wait for a thread. */
  blockingQueueDepth(): number {
    return this.source.blocking?.blockingQueueDepth() ?? 0;
  }

  /** File descriptors registered with the I/O driver so far; 0 where I/O is off. */
  ioDriverFdRegisteredCount(): number {
    return this.source.io?.fdRegisteredCount() ?? 0;
  }

  /** File descriptors deregistered from the I/O driver so far; 0 where I/O is off. */
  ioDriverFdDeregisteredCount(): number {
    return this.source.io?.fdDeregisteredCount() ?? 0;
  }

  /** Readiness events that the I/O driver processed so far; 0 where I/O is off. */
  ioDriverReadyCount(): number {
    return this.source.io?.readyCount() ?? 0;
  }

  /** The id of the worker's thread (`threadId` of `node:worker_threads`), undefined while it has none. */
  workerThreadId(worker: number): number | undefined {
    this.worker(worker);
    return this.source.workerThreadId(worker);
  }

  /**
   * Threads of the worker that have died: by `process.exit`, an uncaught exception, for want of memory. Another takes the
   * place of each; 0 on a current-thread runtime.
   */
  workerDeathCount(worker: number): number {
    return this.worker(worker).deathCount();
  }

  /** Tasks in the worker's own queue. */
  workerLocalQueueDepth(worker: number): number {
    this.worker(worker);
    return this.source.workerLocalQueueDepth(worker);
  }

  /** Milliseconds that the worker spent processing, not parked. */
  workerTotalBusyDuration(worker: number): number {
    return this.worker(worker).read().totalBusyDuration;
  }

  /** Times the worker parked. */
  workerParkCount(worker: number): number {
    return this.worker(worker).read().parkCount;
  }

  /** Times the worker parked or unparked: odd while it is parked, even while it runs. */
  workerParkUnparkCount(worker: number): number {
    return this.worker(worker).read().parkUnparkCount;
  }

  /** Times the worker woke, polled nothing and parked again. */
  workerNoopCount(worker: number): number {
    return this.worker(worker).read().noopCount;
  }

  /** Tasks the worker stole from others; 0 on a current-thread runtime. */
  workerStealCount(worker: number): number {
    return this.worker(worker).read().stealCount;
  }

  /** Times the worker stole from others; 0 on a current-thread runtime. */
  workerStealOperations(worker: number): number {
    return this.worker(worker).read().stealOperations;
  }

  /** Polls of tasks on the worker. */
  workerPollCount(worker: number): number {
    return this.worker(worker).read().pollCount;
  }

  /** Tasks that were scheduled from inside, on the worker's own queue. */
  workerLocalScheduleCount(worker: number): number {
    return this.worker(worker).read().localScheduleCount;
  }

  /** Times the worker's own queue was full; 0 on a current-thread runtime. */
  workerOverflowCount(worker: number): number {
    return this.worker(worker).read().overflowCount;
  }

  /** Moving average of the milliseconds of a poll; 0 on a current-thread runtime, which does not track it. */
  workerMeanPollTime(worker: number): number {
    return this.worker(worker).read().meanPollTime;
  }

  /** Whether polls are measured, see `Builder.enableMetricsPollTimeHistogram`. */
  pollTimeHistogramEnabled(): boolean {
    return this.histogram() !== null;
  }

  /** How many buckets the poll-time histogram has; 0 if polls are not measured. */
  pollTimeHistogramNumBuckets(): number {
    return this.histogram()?.numBuckets ?? 0;
  }

  /**
   * The milliseconds of one bucket of the poll-time histogram; from 0 to 0 if polls are not measured.
   * @throws RuntimeError `ERR_INVALID_ARG` for a bucket that does not exist
   */
  pollTimeHistogramBucketRange(bucket: number): DurationRange {
    return this.histogram()?.bucketRange(bucket) ?? NO_RANGE;
  }

  /**
   * How many of the worker's polls fell into a bucket of the poll-time histogram; 0 if polls are not measured.
   * @throws RuntimeError `ERR_INVALID_ARG` for a worker or a bucket that does not exist
   */
  pollTimeHistogramBucketCount(worker: number, bucket: number): number {
    const from = this.worker(worker);
    if (from.histogram === null) return 0;
    const count = from.readPollTimes().buckets[bucket];
    if (count !== undefined) return count;
    const buckets = from.histogram.numBuckets;
    throw invalidArg("bucket", bucket, `must be an integer from 0 to ${buckets - 1}`);
  }

  /** Everything at once as one plain object that `JSON.stringify` keeps whole. */
  snapshot(): RuntimeSnapshot {
    return takeSnapshot(this.source);
  }

  /** The text of a scrape in Prometheus' exposition format (`text/plain; version=0.0.4`); needs no package. */
  prometheus(): string {
    return prometheusText(this.snapshot());
  }

  /** Registers all metrics with a registry of prom-client; each scrape of it reads them. Answers the registry. */
  prometheusRegistry<R extends PromRegistry>(registry: R): R;
  /**
   * A new registry of prom-client with all metrics.
   * @throws RuntimeError `ERR_MISSING_PACKAGE` if prom-client is not installed
   */
  prometheusRegistry(): PromRegistry;
  prometheusRegistry(registry: PromRegistry = newPromRegistry()): PromRegistry {
    return registerWithPromClient(this.source, registry);
  }

  /**
   * Creates observable instruments for all metrics on a meter of @opentelemetry/api, and observes them until the
   * answer is unregistered or disposed of.
   */
  otel(meter: OtelMeter): OtelRegistration {
    return registerWithOtel(this.source, meter);
  }

  private histogram(): HistogramConfiguration | null {
    return this.source.workers[0]?.histogram ?? null;
  }

  private worker(index: number): WorkerSource {
    const worker = this.source.workers[index];
    if (worker !== undefined) return worker;
    const count = this.numWorkers();
    const workers = count === 1 ? "1 worker" : `${count} workers`;
    throw invalidArg(
      "worker",
      index,
      `must be an integer from 0 to ${count - 1}, for this runtime has ${workers}`,
    );
  }
}
