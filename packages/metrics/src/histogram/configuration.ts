/** How a runtime's poll-time histogram is cut into buckets: the face towards the Builder. */
import { LinearHistogram } from "./linear.ts";
import { LogHistogram, type LogHistogramBuilder } from "./log.ts";
import { type BucketScale, checkInteger, type HistogramPlan, NANOS_PER_MS } from "./scale.ts";

/** A range of durations in milliseconds: `start` belongs to it, `end` does not; the last `end` is `Infinity`. */
export interface DurationRange {
  /** The least duration of the range. */
  readonly start: number;
  /** The least duration beyond the range. */
  readonly end: number;
}

/**
 * The buckets of a histogram of durations. The default is ten buckets of 100 µs each.
 *
 * @example
 * ```ts
 * import { HistogramConfiguration, LogHistogram } from "@treadle/metrics";
 *
 * const linear = HistogramConfiguration.linear(0.05, 3);
 * linear.bucketRange(1); // => { start: 0.05, end: 0.1 }
 * linear.bucketOf(7); // => 2
 * HistogramConfiguration.log(LogHistogram.builder().minValue(0.001)).numBuckets; // => 106
 * ```
 */
export class HistogramConfiguration {
  /** @internal */
  readonly scale: BucketScale;

  private constructor(scale: BucketScale) {
    this.scale = scale;
  }

  /**
   * `numBuckets` buckets, each `bucketWidth` milliseconds wide; the last one is open.
   * @throws RuntimeError `ERR_INVALID_ARG` for a width below 1 ns and for a number of buckets below 1
   */
  static linear(bucketWidth: number, numBuckets: number): HistogramConfiguration {
    return new HistogramConfiguration(LinearHistogram.of(bucketWidth, numBuckets));
  }

  /** Buckets that grow with their values: the scale, or a builder of it; by default the default scale. */
  static log(
    scale: LogHistogram | LogHistogramBuilder = LogHistogram.default(),
  ): HistogramConfiguration {
    return new HistogramConfiguration(scale instanceof LogHistogram ? scale : scale.build());
  }

  /** Ten linear buckets of 100 µs. */
  static default(): HistogramConfiguration {
    return HistogramConfiguration.linear(0.1, 10);
  }

  /** The configuration that `plan()` described, on whichever thread. */
  static fromPlan(plan: HistogramPlan): HistogramConfiguration {
    return new HistogramConfiguration(
      plan.kind === "linear"
        ? new LinearHistogram(plan.widthNanos, plan.numBuckets)
        : new LogHistogram(plan.precision, plan.bucketOffset, plan.numBuckets),
    );
  }

  /** How many buckets there are. */
  get numBuckets(): number {
    return this.scale.numBuckets;
  }

  /** The bucket that a duration of milliseconds falls into. */
  bucketOf(ms: number): number {
    return this.scale.indexOf(Math.max(Math.round(ms * NANOS_PER_MS), 0));
  }

  /**
   * The durations of one bucket.
   * @throws RuntimeError `ERR_INVALID_ARG` unless it is an integer from 0 to `numBuckets - 1`
   */
  bucketRange(bucket: number): DurationRange {
    checkInteger("bucket", bucket, 0, this.numBuckets - 1);
    return {
      start: this.scale.startOf(bucket) / NANOS_PER_MS,
      end: this.scale.endOf(bucket) / NANOS_PER_MS,
    };
  }

  /** This configuration as a plain object that can be sent to another thread, see `fromPlan`. */
  plan(): HistogramPlan {
    return this.scale.plan();
  }
}
