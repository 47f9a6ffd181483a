/**
 * H2 histograms: log-linear buckets whose width is at most `2^-precision` of their values.
 *
 * Source: the H2 histogram (https://iop.systems/blog/h2-histogram/) with the two changes that Tokio made: the first
 * bucket begins at 0 whatever `minValue` is, and the last one is open.
 *
 * Layout: let p be the precision. Values below `2^(p+1)` have an index each, their own value. Above, every power of two
 * is cut into `2^p` indices: with `h = floor(log2 v)` and `w = h - p`, the index is `(w + 1) * 2^p + (v - 2^h) / 2^w`.
 * All indices up to `bucketOffset` share bucket 0; `bucket = index - bucketOffset` from there on.
 *
 * V8 shifts 32 bits and values exceed that (60 s are 6e10 ns), so all is multiplication and division by powers of two,
 * which is exact up to 2^53.
 */
import { invalidArg, RuntimeError, sendErrorClass } from "@treadle/core";
import {
  type BucketScale,
  checkInteger,
  type HistogramPlan,
  NANOS_PER_MS,
  nanosOf,
} from "./scale.ts";

const DEFAULT_PRECISION = 2;
const MAX_PRECISION = 10;
const DEFAULT_MIN_NANOS = 100;
const DEFAULT_MAX_NANOS = 60_000 * NANOS_PER_MS;
const TWO_32 = 2 ** 32;

/** Code of the error thrown when a log histogram needs more buckets than it is allowed. */
export const ERR_TOO_MANY_BUCKETS = "ERR_TOO_MANY_BUCKETS";

/** The configuration of a log histogram needs more buckets than `maxBuckets` allows. */
export class TooManyBucketsError extends RuntimeError {
  /** How many buckets it would take. */
  readonly requiredBucketCount: number;

  /** @internal */
  constructor(requiredBucketCount: number, maxBuckets: number) {
    super(
      ERR_TOO_MANY_BUCKETS,
      `The configuration for this histogram would have required ${requiredBucketCount} buckets, at most ${maxBuckets} ` +
        "are allowed: raise maxError or minValue, or lower maxValue",
    );
    this.requiredBucketCount = requiredBucketCount;
  }

  override get name(): string {
    return "TooManyBucketsError";
  }
}
sendErrorClass(TooManyBucketsError, "@treadle/metrics.TooManyBucketsError");

/**
 * A log-linear scale: relative precision over many orders of magnitude.
 *
 * @example
 * ```ts
 * import { LogHistogram } from "@treadle/metrics";
 *
 * LogHistogram.default().numBuckets; // => 119
 * LogHistogram.builder().maxError(0.5).maxValue(1000).build().precision; // => 2
 * ```
 */
export class LogHistogram implements BucketScale {
  /** How many buckets there are. */
  readonly numBuckets: number;
  /** Buckets are at most `2^-precision` of their values wide. */
  readonly precision: number;
  /** Indices below this one share the first bucket. */
  private readonly bucketOffset: number;

  /** @internal */
  constructor(precision: number, bucketOffset: number, numBuckets: number) {
    this.numBuckets = numBuckets;
    this.precision = precision;
    this.bucketOffset = bucketOffset;
  }

  /** The default scale: 100 ns to 60 s within 25 %, 119 buckets. */
  static default(): LogHistogram {
    return new LogHistogramBuilder().build();
  }

  /** A builder that holds the defaults. */
  static builder(): LogHistogramBuilder {
    return new LogHistogramBuilder();
  }

  /** The milliseconds from which on values fall into the open last bucket. */
  maxValue(): number {
    return this.startOf(this.numBuckets - 1) / NANOS_PER_MS;
  }

  indexOf(nanos: number): number {
    const bucket = indexOf(nanos, this.precision) - this.bucketOffset;
    return Math.min(Math.max(bucket, 0), this.numBuckets - 1);
  }

  startOf(bucket: number): number {
    return bucket === 0 ? 0 : startOf(bucket + this.bucketOffset, this.precision);
  }

  endOf(bucket: number): number {
    return bucket === this.numBuckets - 1 ? Number.POSITIVE_INFINITY : this.startOf(bucket + 1);
  }

  plan(): HistogramPlan {
    const { precision, bucketOffset, numBuckets } = this;
    return { kind: "log", precision, bucketOffset, numBuckets };
  }
}

/** Builds a `LogHistogram`; every method changes this builder and answers it. */
export class LogHistogramBuilder {
  private precision = DEFAULT_PRECISION;
  private minNanos = DEFAULT_MIN_NANOS;
  private maxNanos = DEFAULT_MAX_NANOS;

  /**
   * Sets the precision to the least that keeps the relative error at `error` or below, default 0.25.
   *
   * The precision is at least 2 and at most 10 (an error of 0.0977 %); smaller errors are not reached.
   * @throws RuntimeError `ERR_INVALID_ARG` unless `0 < error < 1`
   */
  maxError(error: number): this {
    if (!(error > 0 && error < 1)) {
      throw invalidArg("maxError", error, "must be greater than 0 and less than 1");
    }
    let precision = DEFAULT_PRECISION;
    while (2 ** -precision > error && precision < MAX_PRECISION) precision += 1;
    this.precision = precision;
    return this;
  }

  /**
   * Sets the precision itself, default 2: buckets are `2^-precision` of their values wide. With 0 each bucket is twice
   * as wide as the one before.
   * @throws RuntimeError `ERR_INVALID_ARG` unless it is an integer from 0 to 10
   */
  precisionExact(precision: number): this {
    this.precision = checkInteger("precision", precision, 0, MAX_PRECISION);
    return this;
  }

  /**
   * Sets the least duration that is told apart from 0, in milliseconds, default 0.0001 (100 ns). The first bucket ends
   * at it or below.
   * @throws RuntimeError `ERR_INVALID_ARG` for what is no duration
   */
  minValue(ms: number): this {
    this.minNanos = nanosOf("minValue", ms);
    return this;
  }

  /**
   * Sets the duration up to which precision is kept, in milliseconds, default 60000. The open last bucket begins at it
   * or above.
   * @throws RuntimeError `ERR_INVALID_ARG` for 0 and for what is no duration
   */
  maxValue(ms: number): this {
    const nanos = nanosOf("maxValue", ms);
    if (nanos === 0) throw invalidArg("maxValue", ms, "must be greater than 0");
    this.maxNanos = nanos;
    return this;
  }

  /**
   * Builds the scale if `max` buckets are enough for it.
   * @throws {@link TooManyBucketsError} `ERR_TOO_MANY_BUCKETS` if it needs more
   * @throws RuntimeError `ERR_INVALID_ARG` as `build`, and unless `max` is a positive integer
   */
  maxBuckets(max: number): LogHistogram {
    checkInteger("maxBuckets", max, 1, Number.MAX_SAFE_INTEGER);
    const histogram = this.build();
    if (histogram.numBuckets > max) throw new TooManyBucketsError(histogram.numBuckets, max);
    return histogram;
  }

  /**
   * Builds the scale.
   * @throws RuntimeError `ERR_INVALID_ARG` unless `minValue` is less than `maxValue`
   */
  build(): LogHistogram {
    const { precision, minNanos, maxNanos } = this;
    if (minNanos >= maxNanos) {
      const rule = `must be less than maxValue, ${maxNanos / NANOS_PER_MS} ms`;
      throw invalidArg("minValue", minNanos / NANOS_PER_MS, rule);
    }
    // One lower than the bucket of the minimum, so that the first bucket is no wider than asked for.
    const offset = Math.max(indexOf(minNanos, precision), 1) - 1;
    const last = indexFrom(maxNanos, precision) - offset;
    return new LogHistogram(precision, offset, Math.max(last, 1) + 1);
  }
}

/** The index of a value, not yet limited to any number of buckets. */
function indexOf(nanos: number, precision: number): number {
  if (nanos < 2 ** (precision + 1)) return nanos;
  const high = floorLog2(nanos);
  const width = high - precision;
  return (width + 1) * 2 ** precision + Math.floor((nanos - 2 ** high) / 2 ** width);
}

/** The least index that begins at a value or above. */
function indexFrom(nanos: number, precision: number): number {
  const index = indexOf(nanos, precision);
  return startOf(index, precision) === nanos ? index : index + 1;
}

/** The first value of an index, the inverse of `indexOf`. */
function startOf(index: number, precision: number): number {
  const group = 2 ** precision;
  if (index < group) return index;
  const width = Math.floor(index / group) - 1;
  const within = index - (width + 1) * group;
  return 2 ** (width + precision) + within * 2 ** width;
}

/** The exponent of the highest bit of a value of 1 to 2^53. */
function floorLog2(value: number): number {
  return value < TWO_32 ? 31 - Math.clz32(value) : 63 - Math.clz32(Math.floor(value / TWO_32));
}
