/**
 * One worker's counters on shared memory: written by that worker, read by any thread.
 *
 * Layout: see `layout.ts`. The sequence word covers the counters and the buckets; the queue's depth and the thread's id are
 * one word each and need no cover.
 *
 * Who writes: the owner alone, between `beginWrite` and `endWrite`; `setQueueDepth` and `setThreadId` too are its own.
 *
 * Transitions of the sequence word, all by the owner: even → odd (`beginWrite`), odd → even (`endWrite`). A worker that was
 * terminated within leaves it odd; its successor's next `endWrite` makes it even again.
 *
 * Invariants:
 * 1. A reading whose sequence was even before and the same after is of one submission: no counter of it is torn, and all
 *    belong together.
 * 2. A reader never waits for the owner. After `MAX_TRIES` it takes what it read: counters of two submissions may then stand
 *    side by side, and one that crossed a multiple of 2^32 in this very submission may be off by that.
 */
import { load, store } from "@treadle/core/shared";
import type { PollTimes, WorkerCounters } from "./contract.ts";
import { loadPair, storePair } from "./counters.ts";
import type { HistogramBatch, HistogramConfiguration } from "./histogram/index.ts";
import {
  BUCKETS,
  BUSY_NANOS,
  COUNTERS,
  LOCAL_SCHEDULES,
  MEAN_POLL_NANOS,
  NOOPS,
  NUM_COUNTERS,
  OVERFLOWS,
  PARK_UNPARKS,
  PARKS,
  POLL_NANOS,
  POLLS,
  QUEUE_DEPTH,
  SEQUENCE,
  STEAL_OPERATIONS,
  STEALS,
  THREAD,
} from "./layout.ts";

/** A writer needs less than a microsecond, unless it was taken off its core or terminated. */
const MAX_TRIES = 64;
const NANOS_PER_MS = 1_000_000;

/** One worker's block of counters. */
export class WorkerMetrics {
  /** How polls are measured, or null if they are not. */
  readonly histogram: HistogramConfiguration | null;
  private readonly words: Int32Array;
  private readonly at: number;
  /** What the owner wrote last, so that it stores only what changed. */
  private readonly written: Float64Array;
  private readonly writtenBuckets: Float64Array;

  /** The counters in `workerWords(buckets)` words from `at` on; all zero at the beginning. */
  constructor(words: Int32Array, at: number, histogram: HistogramConfiguration | null) {
    this.histogram = histogram;
    this.words = words;
    this.at = at;
    this.written = new Float64Array(NUM_COUNTERS);
    this.writtenBuckets = new Float64Array(histogram === null ? 0 : histogram.numBuckets);
  }

  /** Makes this thread the owner: it goes on from what the block holds. Called once, before the first write. */
  claim(): void {
    this.copy(COUNTERS, this.written);
    this.copy(BUCKETS, this.writtenBuckets);
  }

  /** Begins to write; by the owner. */
  beginWrite(): void {
    const sequence = this.at + SEQUENCE;
    // Odd already if the owner before this one was terminated while it wrote.
    store(this.words, sequence, load(this.words, sequence) | 1);
  }

  /** Sets one counter to a whole number; by the owner, between `beginWrite` and `endWrite`. */
  write(counter: number, value: number): void {
    if (this.written[counter] === value) return;
    this.written[counter] = value;
    storePair(this.words, this.at + COUNTERS + 2 * counter, value);
  }

  /** Sets the buckets; by the owner, between `beginWrite` and `endWrite`. */
  writeHistogram(batch: HistogramBatch): void {
    const counts = batch.counts;
    for (let bucket = 0; bucket < counts.length; bucket += 1) {
      const count = counts[bucket]!;
      if (this.writtenBuckets[bucket] === count) continue;
      this.writtenBuckets[bucket] = count;
      storePair(this.words, this.at + BUCKETS + 2 * bucket, count);
    }
    this.write(POLL_NANOS, batch.totalNanos);
  }

  /** Ends writing: what was written is one submission for readers; by the owner. */
  endWrite(): void {
    const sequence = this.at + SEQUENCE;
    store(this.words, sequence, (load(this.words, sequence) + 1) | 0);
  }

  /** Sets the length of the local queue; by the owner. */
  setQueueDepth(length: number): void {
    store(this.words, this.at + QUEUE_DEPTH, length);
  }

  /** The length of the local queue when it was set last. */
  queueDepth(): number {
    return load(this.words, this.at + QUEUE_DEPTH);
  }

  /** Sets the id of the thread that the worker runs on (`threadId` of `node:worker_threads`), undefined for none. */
  setThreadId(id: number | undefined): void {
    store(this.words, this.at + THREAD, id === undefined ? 0 : id + 1);
  }

  /** The id of the thread that the worker runs on, undefined while it has none. */
  threadId(): number | undefined {
    const word = load(this.words, this.at + THREAD);
    return word === 0 ? undefined : word - 1;
  }

  /** All counters as of one submission. */
  read(): WorkerCounters {
    const values = new Float64Array(NUM_COUNTERS);
    this.copy(COUNTERS, values);
    return {
      totalBusyDuration: values[BUSY_NANOS]! / NANOS_PER_MS,
      parkCount: values[PARKS]!,
      parkUnparkCount: values[PARK_UNPARKS]!,
      noopCount: values[NOOPS]!,
      stealCount: values[STEALS]!,
      stealOperations: values[STEAL_OPERATIONS]!,
      pollCount: values[POLLS]!,
      meanPollTime: values[MEAN_POLL_NANOS]! / NANOS_PER_MS,
      localScheduleCount: values[LOCAL_SCHEDULES]!,
      overflowCount: values[OVERFLOWS]!,
      totalPollTime: values[POLL_NANOS]! / NANOS_PER_MS,
    };
  }

  /** The poll-time histogram as of one submission; no buckets if polls are not measured. */
  readPollTimes(): PollTimes {
    const buckets = this.writtenBuckets.length;
    // The total lies before the buckets; one copy takes both.
    const first = COUNTERS + 2 * POLL_NANOS;
    const values = new Float64Array((BUCKETS - first) / 2 + buckets);
    this.copy(first, values);
    return {
      total: values[0]! / NANOS_PER_MS,
      buckets: Array.from(values.subarray(values.length - buckets)),
    };
  }

  /** Copies consecutive pairs; see the invariants. */
  private copy(from: number, into: Float64Array): void {
    const sequence = this.at + SEQUENCE;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const before = load(this.words, sequence);
      for (let i = 0; i < into.length; i += 1) {
        into[i] = loadPair(this.words, this.at + from + 2 * i);
      }
      if ((before & 1) === 0 && load(this.words, sequence) === before) return;
    }
  }
}
