/**
 * Where the metrics of a runtime lie in its shared segment.
 *
 * Layout: `Int32` words from the base on: the scheduler's block, then one block for each worker, each padded to 128 bytes,
 * so that no two writers share a cache line (or a pair of them that is fetched together).
 *
 *     scheduler   3 words for each counter that several threads add to: see `counters.ts`
 *     worker      0 sequence   number of submissions; its lowest bit tells which copy is current
 *                 1 depth      length of the local queue, one word, beside the sequence
 *                 2 thread     id of its thread + 1, 0 for none, one word, beside the sequence
 *                 3 deaths     how many of its threads have died, one word, beside the sequence
 *                 4..          two copies, each: the counters below and the counts of the poll-time histogram's
 *                              buckets, two words each (low, high)
 *
 * Who writes: a worker's block is written by that worker alone, save `deaths`, which whoever replaces its threads writes; the scheduler's block by anybody, by `add`.
 */

/** Words in a padded line of 128 bytes. */
export const LINE_WORDS = 32;

/** Words of the scheduler's block. */
export const SCHEDULER_WORDS: number = LINE_WORDS;
/** Where the count of spawned tasks begins in the scheduler's block. */
export const SPAWNED_TASKS = 0;
/** Where the count of schedules from outside begins in the scheduler's block. */
export const REMOTE_SCHEDULES = 3;
/** Where the count of yields that the budget forced begins in the scheduler's block. */
export const BUDGET_FORCED_YIELDS = 6;

/** The word that counts submissions. */
export const SEQUENCE = 0;
/** The word with the length of the local queue. */
export const QUEUE_DEPTH = 1;
/** The word with the thread's id + 1. */
export const THREAD = 2;
/** The word with the number of its threads that have died. */
export const DEATHS = 3;
/** The first word of the first copy. */
export const COPIES = 4;

/** Time spent processing, in nanoseconds. */
export const BUSY_NANOS = 0;
/** Times the worker parked. */
export const PARKS = 1;
/** Times the worker parked or unparked. */
export const PARK_UNPARKS = 2;
/** Times the worker parked again without having polled anything. */
export const NOOPS = 3;
/** Tasks stolen. */
export const STEALS = 4;
/** Times tasks were stolen. */
export const STEAL_OPERATIONS = 5;
/** Polls. */
export const POLLS = 6;
/** The moving average of a poll's time, in nanoseconds. */
export const MEAN_POLL_NANOS = 7;
/** Schedules from inside. */
export const LOCAL_SCHEDULES = 8;
/** Times the local queue was full. */
export const OVERFLOWS = 9;
/** Time spent in polls that were measured, in nanoseconds. */
export const POLL_NANOS = 10;
/** How many counters a copy has; its buckets follow them. */
export const NUM_COUNTERS = 11;

/** Words of one copy with a histogram of so many buckets (0 for none). */
export function copyWords(numBuckets: number): number {
  return 2 * (NUM_COUNTERS + numBuckets);
}

/** Words of a worker's block with a histogram of so many buckets (0 for none). */
export function workerWords(numBuckets: number): number {
  return Math.ceil((COPIES + 2 * copyWords(numBuckets)) / LINE_WORDS) * LINE_WORDS;
}

/** Words of all metrics of a runtime. */
export function metricsWords(numWorkers: number, numBuckets: number): number {
  return SCHEDULER_WORDS + numWorkers * workerWords(numBuckets);
}

/** Where a worker's block begins, counted from the base. */
export function workerAt(worker: number, numBuckets: number): number {
  return SCHEDULER_WORDS + worker * workerWords(numBuckets);
}
