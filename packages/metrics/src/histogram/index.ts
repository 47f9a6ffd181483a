/** Histograms of durations: scales, their configuration, and a worker's batch of counts. */
export { HistogramBatch } from "./batch.ts";
export { type DurationRange, HistogramConfiguration } from "./configuration.ts";
export {
  ERR_TOO_MANY_BUCKETS,
  LogHistogram,
  LogHistogramBuilder,
  TooManyBucketsError,
} from "./log.ts";
export type { BucketScale, HistogramPlan } from "./scale.ts";
