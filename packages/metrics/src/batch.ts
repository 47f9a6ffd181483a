/**
 * What one worker counts on its hot loop: plain fields, handed over to its `WorkerMetrics` around parking and every event
 * interval. Counting a poll is one addition; the clock is read at the two ends of a batch of polls only, and not there
 * either where the caller has just read it. No allocation after the constructor.
 */
// The global of the same name is a getter, and adds a fifth to each reading.
import { performance } from "node:perf_hooks";
import { HistogramBatch } from "./histogram/index.ts";
import {
  BUSY_NANOS,
  LOCAL_SCHEDULES,
  MEAN_POLL_NANOS,
  NOOPS,
  OVERFLOWS,
  PARK_UNPARKS,
  PARKS,
  POLLS,
  STEAL_OPERATIONS,
  STEALS,
} from "./layout.ts";
import type { WorkerMetrics } from "./worker-metrics.ts";

const NANOS_PER_MS = 1_000_000;
/** How much one poll weighs in the mean poll time (Tokio's value). */
const MEAN_ALPHA = 0.1;
/** What the mean poll time starts from: 61 polls in 200 µs (Tokio's values). */
const MEAN_SEED_MS = 0.2 / 61;
/** Intervals that are longer in all, in ms, are timed one by one from then on; shorter ones twice as many at a time. */
const LONG_MS = 1;
const SHORT_MS = 0.25;
/** The most that are timed at a time. */
const MOST_INTERVALS = 16;

/** Milliseconds of a clock that never goes back and runs on while the runtime's time is paused. */
export type MonotonicClock = () => number;

/** How a batch counts. */
export interface MetricsBatchOptions {
  /** Keeps the moving average of a poll's time, default false; a scheduler that tunes itself by it wants it. */
  readonly meanPollTime?: boolean | undefined;
  /** The clock, default `performance.now`. */
  readonly clock?: MonotonicClock | undefined;
}

/**
 * One worker's counters between two submissions; the worker adds to the fields itself.
 *
 * @example
 * ```ts
 * import { MetricsBatch, MetricsMemory } from "@treadle/metrics";
 *
 * const [worker] = MetricsMemory.create(1).workers;
 * const batch = new MetricsBatch(worker!);
 * batch.pollCount += 1;
 * batch.aboutToPark();
 * worker!.read().parkCount; // => 0
 * batch.submit(0);
 * worker!.read().parkCount; // => 1
 * ```
 */
export class MetricsBatch {
  /** Polls; counted by the worker. */
  pollCount: number;
  /** Schedules from inside; counted by the worker. */
  localScheduleCount: number;
  /** Times the local queue was full; counted by the worker. */
  overflowCount: number;
  /** Tasks stolen; counted by the worker. */
  stealCount: number;
  /** Times tasks were stolen; counted by the worker. */
  stealOperations: number;
  /** Times the worker parked; counted by `aboutToPark`. */
  parkCount: number;
  /** Times the worker parked or unparked; counted by `aboutToPark` and `unparked`. */
  parkUnparkCount: number;
  /** Times the worker parked without having polled since it parked before; counted by `aboutToPark`. */
  noopCount: number;
  /** Time spent processing, in milliseconds; counted by `endProcessingScheduledTasks`. */
  busyDurationMs: number;
  /** Moving average of a poll's time, in milliseconds; 0 unless it is kept. */
  meanPollTimeMs: number;
  /** Whether `startPoll` and `endPoll` are to be called around each poll. */
  readonly timesPolls: boolean;
  private readonly worker: WorkerMetrics;
  private readonly pollTimes: HistogramBatch | null;
  private readonly clock: MonotonicClock;
  private readonly keepsMean: boolean;
  private pollCountOnLastPark: number;
  private pollCountOnStart: number;
  /** When processing began, -1 while there is none. */
  private startedAt: number;
  /** How many intervals are timed at a time, and how many of these are still to end. */
  private intervals: number;
  private untilReading: number;
  private pollStartedAt: number;

  /** Goes on from what the worker's block holds, so that a worker in the place of a crashed one loses no counts. */
  constructor(worker: WorkerMetrics, options: MetricsBatchOptions = {}) {
    worker.claim();
    const held = worker.read();
    this.pollCount = held.pollCount;
    this.localScheduleCount = held.localScheduleCount;
    this.overflowCount = held.overflowCount;
    this.stealCount = held.stealCount;
    this.stealOperations = held.stealOperations;
    this.parkCount = held.parkCount;
    // The worker before may have ended while it was parked; this one runs.
    this.parkUnparkCount = held.parkUnparkCount + (held.parkUnparkCount % 2);
    this.noopCount = held.noopCount;
    this.busyDurationMs = held.totalBusyDuration;
    this.keepsMean = options.meanPollTime === true;
    this.meanPollTimeMs = this.keepsMean ? held.meanPollTime || MEAN_SEED_MS : 0;
    this.timesPolls = worker.histogram !== null;
    this.worker = worker;
    this.pollTimes = worker.histogram === null ? null : new HistogramBatch(worker.histogram);
    this.clock = options.clock ?? now;
    this.pollCountOnLastPark = this.pollCount;
    this.pollCountOnStart = this.pollCount;
    this.startedAt = this.clock();
    this.pollStartedAt = this.startedAt;
    this.intervals = 1;
    this.untilReading = 1;
    if (this.pollTimes !== null) restore(this.pollTimes, worker);
  }

  /** The worker is about to park. */
  aboutToPark(): void {
    this.parkCount += 1;
    this.parkUnparkCount += 1;
    if (this.pollCountOnLastPark === this.pollCount) this.noopCount += 1;
    else this.pollCountOnLastPark = this.pollCount;
  }

  /** The worker is no longer parked. */
  unparked(): void {
    this.parkUnparkCount += 1;
  }

  /** A batch of polls begins. */
  startProcessingScheduledTasks(): void {
    this.startAt(this.clock());
  }

  /** The batch of polls ends. */
  endProcessingScheduledTasks(): void {
    if (this.startedAt < 0) return;
    this.endAt(this.clock());
    this.startedAt = -1;
  }

  /**
   * The batch of polls goes on in another event interval. While intervals take microseconds the clock is read at the end of
   * every 16th only, so what has been submitted of the busy time is then as old as that.
   */
  intervalEnded(): void {
    if (--this.untilReading > 0) return;
    const at = this.clock();
    const elapsed = this.endAt(at);
    if (elapsed > LONG_MS) this.intervals = 1;
    else if (elapsed < SHORT_MS) this.intervals = Math.min(MOST_INTERVALS, this.intervals * 2);
    this.untilReading = this.intervals;
    this.startAt(at);
  }

  private startAt(at: number): void {
    this.startedAt = at;
    this.pollCountOnStart = this.pollCount;
  }

  private endAt(at: number): number {
    const elapsed = Math.max(at - this.startedAt, 0);
    this.busyDurationMs += elapsed;
    if (this.keepsMean) this.updateMean(elapsed);
    return elapsed;
  }

  /** A poll begins; only if `timesPolls`. */
  startPoll(): void {
    this.pollStartedAt = this.clock();
  }

  /** The poll ends; only if `timesPolls`. */
  endPoll(): void {
    if (this.pollTimes !== null) this.pollTimes.measure(this.clock() - this.pollStartedAt);
  }

  /** Makes everything counted so far visible to all threads, and the length of the worker's own queue. */
  submit(localQueueDepth: number): void {
    const worker = this.worker;
    worker.beginWrite();
    worker.write(BUSY_NANOS, Math.round(this.busyDurationMs * NANOS_PER_MS));
    worker.write(PARKS, this.parkCount);
    worker.write(PARK_UNPARKS, this.parkUnparkCount);
    worker.write(NOOPS, this.noopCount);
    worker.write(STEALS, this.stealCount);
    worker.write(STEAL_OPERATIONS, this.stealOperations);
    worker.write(POLLS, this.pollCount);
    worker.write(MEAN_POLL_NANOS, Math.floor(this.meanPollTimeMs * NANOS_PER_MS));
    worker.write(LOCAL_SCHEDULES, this.localScheduleCount);
    worker.write(OVERFLOWS, this.overflowCount);
    if (this.pollTimes !== null) worker.writeHistogram(this.pollTimes);
    worker.endWrite();
    worker.setQueueDepth(localQueueDepth);
  }

  /** Each poll of the batch weighs in with the batch's mean, as Tokio's `Stats` has it. */
  private updateMean(elapsedMs: number): void {
    const polls = this.pollCount - this.pollCountOnStart;
    if (polls === 0) return;
    const weight = 1 - (1 - MEAN_ALPHA) ** polls;
    this.meanPollTimeMs = weight * (elapsedMs / polls) + (1 - weight) * this.meanPollTimeMs;
  }
}

function now(): number {
  return performance.now();
}

/** Takes over the counts of the worker before. */
function restore(batch: HistogramBatch, worker: WorkerMetrics): void {
  const held = worker.readPollTimes();
  batch.counts.set(held.buckets);
  batch.totalNanos = Math.round(held.total * NANOS_PER_MS);
}
