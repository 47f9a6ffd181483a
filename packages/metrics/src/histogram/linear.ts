/** Buckets of equal width; the last one is open. */
import { invalidArg } from "@treadle/core";
import {
  type BucketScale,
  checkInteger,
  type HistogramPlan,
  MAX_BUCKETS,
  nanosOf,
} from "./scale.ts";

/** A scale of equal buckets, see `HistogramConfiguration.linear`. */
export class LinearHistogram implements BucketScale {
  readonly numBuckets: number;
  private readonly widthNanos: number;

  /** @internal */
  constructor(widthNanos: number, numBuckets: number) {
    this.numBuckets = numBuckets;
    this.widthNanos = widthNanos;
  }

  /** The scale of `numBuckets` buckets, each `widthMs` milliseconds wide. */
  static of(widthMs: number, numBuckets: number): LinearHistogram {
    const nanos = nanosOf("bucketWidth", widthMs);
    if (nanos === 0)
      throw invalidArg("bucketWidth", widthMs, "must be at least 0.000001 ms (1 ns)");
    return new LinearHistogram(nanos, checkInteger("numBuckets", numBuckets, 1, MAX_BUCKETS));
  }

  indexOf(nanos: number): number {
    return Math.min(Math.floor(nanos / this.widthNanos), this.numBuckets - 1);
  }

  startOf(bucket: number): number {
    return bucket * this.widthNanos;
  }

  endOf(bucket: number): number {
    return bucket === this.numBuckets - 1 ? Number.POSITIVE_INFINITY : this.startOf(bucket + 1);
  }

  plan(): HistogramPlan {
    return { kind: "linear", widthNanos: this.widthNanos, numBuckets: this.numBuckets };
  }
}
