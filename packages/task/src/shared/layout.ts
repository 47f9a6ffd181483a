/**
 * Where everything lies in the segment that the threads of a runtime share.
 *
 * **Layout.** Words (Int32) of one SharedArrayBuffer: the header; the idle words; the bitmaps of offers and of job offers;
 * the table of participants, one block of `stride` words for each; and from `end` on what is allocated while the runtime
 * runs: cells, payloads, buffers of outboxes, keys. An address is the index of a word; 0 is none.
 *
 * Words that different threads write in turn stand on different cache lines. An engine may put a buffer 16 bytes past a
 * page, so of the 16 words of a line only the first 12 are sure to be on it.
 */

/** Words of a cache line. */
export const LINE: number = 16;
/** Words that every allocation is a multiple of, and that a cell has; addresses of cells have five low bits to spare. */
export const CELL_WORDS: number = 32;

// The header.
/** {@link MAGIC_VALUE}. */
export const MAGIC: number = 0;
/** The sizes, as {@link SegmentSizes} names them. */
export const LIMIT: number = 1;
/** See {@link LIMIT}. */
export const PARTICIPANTS: number = 2;
/** See {@link LIMIT}. */
export const WORKERS: number = 3;
/** See {@link LIMIT}. */
export const RING: number = 4;
/** The first word that has not been allocated. */
export const TOP: number = 1 * LINE;
/** The first key, or 0. */
export const KEYS: number = 2 * LINE;
/** Participants up to this index have ever taken part. */
export const USED: number = 3 * LINE;
/** How many participants have died. */
export const DEATHS: number = 3 * LINE + 1;
/** Not 0 once the runtime shuts down. */
export const CLOSED: number = 3 * LINE + 2;
/** Words for what is no part of this package, {@link ROOTS_COUNT} of them. */
export const ROOTS: number = 4 * LINE;
/** See {@link ROOTS}. */
export const ROOTS_COUNT: number = 4 * LINE;
/** Words of the header. */
export const HEADER_WORDS: number = 8 * LINE;

/** What stands in {@link MAGIC}. */
export const MAGIC_VALUE: number = 0x74726431;

// A participant's block. Its first line is what a thread touches that posts mail to it.
/** The word of `participants.ts`. */
export const STATUS: number = 0;
/** The head of `mailbox.ts`. */
export const MAILBOX: number = 1;
/** The word of `park-word.ts`. */
export const PARK: number = 2;
/** The number of the reactor that unparks it natively, or 0. */
export const NATIVE: number = 3;
/** The mail that it has taken and not yet dealt with. */
export const IN_HAND: number = 4;
/** The head of its `run-ring.ts`. */
export const RING_HEAD: number = 1 * LINE;
/** The tail of its ring. */
export const RING_TAIL: number = 2 * LINE;
/** The word of `lifo-slot.ts`. */
export const LIFO: number = 3 * LINE;
/** The head of its `outbox.ts`; the tail and the buffer are the first words of the next line. */
export const OUTBOX: number = 4 * LINE;
/** As {@link OUTBOX}, for jobs of the blocking pool. */
export const JOBS: number = 6 * LINE;
/** The blocks of its heap that other threads have freed. */
export const REMOTE_FREE: number = 8 * LINE;
/** Its `cell-pool.ts`: the first free cell, the first chunk, the number of live cells. */
export const POOL: number = 9 * LINE;
/** Its `payload-heap.ts`: where its arena goes on and ends, the number of live blocks, the free lists. */
export const HEAP: number = 10 * LINE;
/** Words for what is no part of this package, {@link EXTRA_COUNT} of them. */
export const EXTRA: number = 18 * LINE;
/** See {@link EXTRA}. */
export const EXTRA_COUNT: number = 4 * LINE;
/** The slots of its ring. */
export const SLOTS: number = 22 * LINE;

/** The most participants that a segment can have: what fits into a reference to one. */
export const MAX_PARTICIPANTS: number = 1024;
/** Workers per word of `idle.ts`. */
export const WORKERS_PER_WORD: number = 16;

/** How large the parts of a segment are. */
export interface SegmentSizes {
  /** Words in all. */
  readonly limit: number;
  /** How many threads can take part at a time, at most {@link MAX_PARTICIPANTS}. */
  readonly participants: number;
  /** How many of them are workers: participants 1 … workers. */
  readonly workers: number;
  /** Slots of a worker's ring; a power of two, at least 2. */
  readonly ring: number;
}

/** Addresses of the parts of a segment. */
export interface SegmentLayout {
  /** The words of `idle.ts`. */
  readonly idle: number;
  /** The bitmap of outboxes that hold something. */
  readonly offers: number;
  /** The bitmap of outboxes of jobs. */
  readonly jobOffers: number;
  /** The block of participant 0. */
  readonly table: number;
  /** From one participant's block to the next. */
  readonly stride: number;
  /** The first word that can be allocated. */
  readonly end: number;
}

/** Where the parts lie, given their sizes. */
export function layoutOf(sizes: SegmentSizes): SegmentLayout {
  const idle = HEADER_WORDS;
  const offers = idle + lines(Math.ceil(sizes.workers / WORKERS_PER_WORD));
  const jobOffers = offers + lines(Math.ceil(sizes.participants / 32));
  const table = jobOffers + lines(Math.ceil(sizes.participants / 32));
  const stride = SLOTS + lines(sizes.ring);
  const end = roundUp(table + stride * sizes.participants, CELL_WORDS);
  return { idle, offers, jobOffers, table, stride, end };
}

/** So many words, rounded up to whole cache lines. */
function lines(words: number): number {
  return roundUp(words, LINE);
}

/** The next multiple of `unit`, a power of two. */
export function roundUp(words: number, unit: number): number {
  return (words + unit - 1) & -unit;
}
