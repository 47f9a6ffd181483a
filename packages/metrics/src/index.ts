/** Counters, histograms and the public read side of a runtime's metrics. */
export { MetricsBatch, type MetricsBatchOptions, type MonotonicClock } from "./batch.ts";
export type {
  BlockingSource,
  IoSource,
  MetricsSource,
  PollTimes,
  SchedulerSource,
  WorkerCounters,
  WorkerSource,
} from "./contract.ts";
export {
  type BucketScale,
  type DurationRange,
  ERR_TOO_MANY_BUCKETS,
  HistogramBatch,
  HistogramConfiguration,
  type HistogramPlan,
  LogHistogram,
  LogHistogramBuilder,
  TooManyBucketsError,
} from "./histogram/index.ts";
export { MetricsMemory, type MetricsMemoryPlan } from "./metrics-memory.ts";
export type {
  OtelMeter,
  OtelObservable,
  OtelOptions,
  OtelRegistration,
  OtelResult,
} from "./otel.ts";
export { ERR_MISSING_PACKAGE, type PromRegistry } from "./prom-client.ts";
export { RuntimeMetrics } from "./runtime-metrics.ts";
export { SchedulerMetrics } from "./scheduler-metrics.ts";
export {
  type RuntimeSnapshot,
  type SnapshotRange,
  takeSnapshot,
  type WorkerSnapshot,
} from "./snapshot.ts";
export { WorkerMetrics } from "./worker-metrics.ts";
