/** One worker's own counts of a histogram, handed over with the rest of its batch. */
import type { HistogramConfiguration } from "./configuration.ts";
import { type BucketScale, NANOS_PER_MS } from "./scale.ts";

/** Counts by bucket on the hot path: no allocation, no shared memory. */
export class HistogramBatch {
  /** Counts by bucket. */
  readonly counts: Float64Array;
  /** The sum of all durations that were measured, in nanoseconds. */
  totalNanos: number;
  private readonly scale: BucketScale;

  constructor(configuration: HistogramConfiguration) {
    this.counts = new Float64Array(configuration.numBuckets);
    this.totalNanos = 0;
    this.scale = configuration.scale;
  }

  /** Counts one duration of milliseconds; a clock that went back counts as 0. */
  measure(ms: number): void {
    const nanos = Math.max(Math.round(ms * NANOS_PER_MS), 0);
    this.totalNanos += nanos;
    this.counts[this.scale.indexOf(nanos)]! += 1;
  }
}
