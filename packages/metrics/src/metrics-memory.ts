/** A runtime's metrics as one piece of shared memory: made by one thread, attached to by the others. */
import { HistogramConfiguration, type HistogramPlan } from "./histogram/index.ts";
import { metricsWords, workerAt } from "./layout.ts";
import { SchedulerMetrics } from "./scheduler-metrics.ts";
import { WorkerMetrics } from "./worker-metrics.ts";

/** What another thread needs to attach; structured-cloneable. */
export interface MetricsMemoryPlan {
  /** The segment that the metrics lie in. */
  readonly buffer: SharedArrayBuffer;
  /** Where in the segment they begin, in bytes; a multiple of 128. */
  readonly byteOffset: number;
  /** How many workers there are. */
  readonly numWorkers: number;
  /** How polls are measured, or null if they are not. */
  readonly histogram: HistogramPlan | null;
}

/**
 * The counters of one runtime.
 *
 * @example
 * ```ts
 * import { MetricsMemory } from "@treadle/metrics";
 *
 * const memory = MetricsMemory.create(2);
 * const elsewhere = MetricsMemory.attach(memory.plan());
 * elsewhere.scheduler.incSpawnedTasks();
 * memory.scheduler.spawnedTasksCount(); // => 1
 * ```
 */
export class MetricsMemory {
  /** What is counted for all workers together. */
  readonly scheduler: SchedulerMetrics;
  /** One block for each worker. */
  readonly workers: readonly WorkerMetrics[];
  private readonly words: Int32Array;
  private readonly histogram: HistogramConfiguration | null;

  private constructor(
    words: Int32Array,
    numWorkers: number,
    histogram: HistogramConfiguration | null,
  ) {
    const buckets = histogram === null ? 0 : histogram.numBuckets;
    this.words = words;
    this.histogram = histogram;
    this.scheduler = new SchedulerMetrics(words, 0);
    this.workers = Array.from(
      { length: numWorkers },
      (_, worker) => new WorkerMetrics(words, workerAt(worker, buckets), histogram),
    );
  }

  /** How many bytes the metrics take, for whoever has a segment of its own. */
  static byteLength(numWorkers: number, histogram: HistogramConfiguration | null = null): number {
    const words = metricsWords(numWorkers, histogram === null ? 0 : histogram.numBuckets);
    return words * Int32Array.BYTES_PER_ELEMENT;
  }

  /** New metrics in a segment of their own; polls are measured if there is a histogram. */
  static create(
    numWorkers: number,
    histogram: HistogramConfiguration | null = null,
  ): MetricsMemory {
    const buffer = new SharedArrayBuffer(MetricsMemory.byteLength(numWorkers, histogram));
    return new MetricsMemory(new Int32Array(buffer), numWorkers, histogram);
  }

  /** The metrics that lie where the plan says: of another thread, or in zeroed memory of a larger segment. */
  static attach(plan: MetricsMemoryPlan): MetricsMemory {
    const histogram =
      plan.histogram === null ? null : HistogramConfiguration.fromPlan(plan.histogram);
    const length = metricsWords(plan.numWorkers, histogram === null ? 0 : histogram.numBuckets);
    const words = new Int32Array(plan.buffer, plan.byteOffset, length);
    return new MetricsMemory(words, plan.numWorkers, histogram);
  }

  /** What another thread needs to attach. */
  plan(): MetricsMemoryPlan {
    return {
      buffer: this.words.buffer as SharedArrayBuffer,
      byteOffset: this.words.byteOffset,
      numWorkers: this.workers.length,
      histogram: this.histogram === null ? null : this.histogram.plan(),
    };
  }
}
