/** What a histogram's scale must answer, and the nanoseconds that all scales count in. */
import { invalidArg } from "@treadle/core";

/** Nanoseconds in a millisecond. */
export const NANOS_PER_MS = 1_000_000;

/** Where the buckets lie; values are whole nanoseconds up to 2^53. */
export interface BucketScale {
  /** How many buckets there are, at least one. */
  readonly numBuckets: number;
  /** The bucket that a value falls into. */
  indexOf(nanos: number): number;
  /** The first value of a bucket; 0 for the first. */
  startOf(bucket: number): number;
  /** The first value beyond a bucket; `Infinity` for the last. */
  endOf(bucket: number): number;
  /** This scale as a plain object that can be sent to another thread. */
  plan(): HistogramPlan;
}

/** A scale as a plain object, see `HistogramConfiguration.plan`. */
export type HistogramPlan =
  | { readonly kind: "linear"; readonly widthNanos: number; readonly numBuckets: number }
  | {
      readonly kind: "log";
      readonly precision: number;
      readonly bucketOffset: number;
      readonly numBuckets: number;
    };

/** A duration of milliseconds as whole nanoseconds, rounded to the nearest; refuses what is no duration. */
export function nanosOf(name: string, ms: number): number {
  const nanos = typeof ms === "number" ? Math.round(ms * NANOS_PER_MS) : Number.NaN;
  if (!(nanos >= 0 && nanos <= Number.MAX_SAFE_INTEGER)) {
    throw invalidArg(name, ms, "must be a duration of 0 to 9007199254 milliseconds");
  }
  return nanos;
}

/** Refuses what is no whole number of `least` to `most`. */
export function checkInteger(name: string, given: number, least: number, most: number): number {
  if (!(Number.isInteger(given) && given >= least && given <= most)) {
    throw invalidArg(name, given, `must be an integer from ${least} to ${most}`);
  }
  return given;
}

/** More buckets than anybody reads; a limit against a slip of units. */
export const MAX_BUCKETS: number = 1 << 20;
