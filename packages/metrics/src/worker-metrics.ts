/**
 * One worker's counters on shared memory: written by that worker, read by any thread.
 *
 * Layout: see `layout.ts`. There are two copies of the counters and buckets; the lowest bit of the sequence word tells which
 * one is current. The queue's depth and the thread's id are one word each and stand beside that.
 *
 * Who writes: the owner alone. It fills the copy that is not current (`beginWrite`, `write`), then makes it current by adding
 * one to the sequence (`endWrite`).
 *
 * Invariants:
 * 1. Submission n is written to copy `n % 2` while the sequence is `n - 1`, hence no word of the copy that the sequence names
 *    changes before the sequence does.
 * 2. By that, a reading whose sequence is the same before and after is of one submission: no counter of it is torn, and all
 *    belong together. It holds for an owner that was terminated while it wrote, too: its last submission stands.
 * 3. A reader never waits for the owner; it begins anew only if a whole submission fell into its reading. After `MAX_TRIES` of
 *    that it takes what it read: two submissions may then stand side by side, and a counter that crossed a multiple of 2^32
 *    in between may be off by that.
 */
import { load, store } from "@treadle/core/shared";
import type { PollTimes, WorkerCounters } from "./contract.ts";
import { loadPair, storePair } from "./counters.ts";
import type { HistogramBatch, HistogramConfiguration } from "./histogram/index.ts";
import {
  BUSY_NANOS,
  COPIES,
  copyWords,
  DEATHS,
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

/** Submissions are microseconds apart and a reading takes less than one. */
const MAX_TRIES = 64;
const NANOS_PER_MS = 1_000_000;

/** One worker's block of counters. */
export class WorkerMetrics {
  /** How polls are measured, or null if they are not. */
  readonly histogram: HistogramConfiguration | null;
  private readonly words: Int32Array;
  private readonly at: number;
  private readonly numBuckets: number;
  /** What the owner wrote last to each copy, so that it stores only what changed. */
  private readonly written: readonly [Float64Array, Float64Array];
  /** The submission that is being written. */
  private submission: number;
  /** The one that was written last, which the owner alone moves on. */
  private submitted: number;
  /** The length of the local queue as the owner set it last, -1 if it never has. */
  private depth: number;
  /** Where each copy begins. */
  private readonly copies: readonly [number, number];

  /** The counters in `workerWords(buckets)` words from `at` on; all zero at the beginning. */
  constructor(words: Int32Array, at: number, histogram: HistogramConfiguration | null) {
    const numBuckets = histogram === null ? 0 : histogram.numBuckets;
    const values = NUM_COUNTERS + numBuckets;
    this.histogram = histogram;
    this.words = words;
    this.at = at;
    this.numBuckets = numBuckets;
    this.written = [new Float64Array(values), new Float64Array(values)];
    this.submission = 0;
    this.submitted = 0;
    this.depth = -1;
    this.copies = [at + COPIES, at + COPIES + copyWords(numBuckets)];
  }

  /** Makes this thread the owner, in the place of one that is gone; before the first write. */
  claim(): void {
    this.load(0, 0, this.written[0]);
    this.load(1, 0, this.written[1]);
    this.submitted = load(this.words, this.at + SEQUENCE);
    this.depth = -1;
  }

  /** Begins a submission, which writes every counter (and bucket); by the owner. */
  beginWrite(): void {
    this.submission = (this.submitted + 1) | 0;
  }

  /** Sets one counter to a whole number; by the owner, between `beginWrite` and `endWrite`. */
  write(counter: number, value: number): void {
    const copy = this.submission & 1;
    const written = this.written[copy as 0 | 1];
    const before = written[counter] as number;
    if (before === value) return;
    written[counter] = value;
    storePair(this.words, this.pairAt(copy, counter), before, value);
  }

  /** Sets the buckets and their sum; by the owner, between `beginWrite` and `endWrite`. */
  writeHistogram(batch: HistogramBatch): void {
    const counts = batch.counts;
    for (let bucket = 0; bucket < counts.length; bucket += 1) {
      this.write(NUM_COUNTERS + bucket, counts[bucket]!);
    }
    this.write(POLL_NANOS, batch.totalNanos);
  }

  /** Ends the submission: from now on readers see it; by the owner. */
  endWrite(): void {
    this.submitted = this.submission;
    store(this.words, this.at + SEQUENCE, this.submission);
  }

  /** Sets the length of the local queue; by the owner. */
  setQueueDepth(length: number): void {
    if (this.depth === length) return;
    this.depth = length;
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

  /** Counts a thread of the worker that has died; by whoever replaces it, on one thread. */
  addDeath(): void {
    store(this.words, this.at + DEATHS, load(this.words, this.at + DEATHS) + 1);
  }

  /** How many threads of the worker have died. */
  deathCount(): number {
    return load(this.words, this.at + DEATHS);
  }

  /** All counters as of one submission. */
  read(): WorkerCounters {
    const values = new Float64Array(NUM_COUNTERS);
    this.readInto(0, values);
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
    // The sum is the last counter, the buckets follow it.
    const values = new Float64Array(1 + this.numBuckets);
    this.readInto(POLL_NANOS, values);
    return { total: values[0]! / NANOS_PER_MS, buckets: Array.from(values.subarray(1)) };
  }

  /** Reads consecutive values of one submission; see the invariants. */
  private readInto(from: number, into: Float64Array): void {
    const sequence = this.at + SEQUENCE;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const before = load(this.words, sequence);
      this.load(before & 1, from, into);
      if (load(this.words, sequence) === before) return;
    }
  }

  private load(copy: number, from: number, into: Float64Array): void {
    for (let i = 0; i < into.length; i += 1) {
      into[i] = loadPair(this.words, this.pairAt(copy, from + i));
    }
  }

  private pairAt(copy: number, value: number): number {
    return this.copies[copy as 0 | 1] + 2 * value;
  }
}
