/**
 * The memory that the threads of a runtime share: one buffer, handed out from the bottom up.
 *
 * **Layout.** `layout.ts`; the word TOP is the first address that has not been handed out.
 * **Who writes.** Any thread moves TOP up, by compare-and-swap, never past the limit and never down.
 * **Invariant.** What two calls have answered does not overlap. Nothing is given back: pools and heaps keep it.
 *
 * The buffer is reserved whole at the start, for the system commits a page when it is first touched: reserving takes 0.04 ms
 * and no memory, whether 64 MiB or 1 GiB. Views of a growable buffer are three times slower. Shared buffers are no external
 * memory to the engine: with 0, 64, 256 or 1024 MiB reserved, 4 million small objects and 20 000 buffers of 32 KiB bring the
 * same number of collections (within 3 with small objects, within 8 with buffers of 32 KiB beside them) on Node 20, 22, 24 and 26, on the main thread as on a worker. Only
 * `process.memoryUsage().arrayBuffers` counts the whole of it, which, and systems that do not overcommit, speak for a
 * moderate default: 256 MiB are two million cells.
 */
import { RuntimeError } from "@treadle/core";
import { compareExchange, load, store } from "@treadle/core/shared";
import {
  CELL_WORDS,
  LIMIT,
  layoutOf,
  MAGIC,
  MAGIC_VALUE,
  MAX_PARTICIPANTS,
  PARTICIPANTS,
  RING,
  roundUp,
  type SegmentLayout,
  type SegmentSizes,
  TOP,
  WORKERS,
} from "./layout.ts";

/** How large a segment is unless it is said, in bytes. */
export const DEFAULT_SEGMENT_BYTES: number = 256 * 1024 * 1024;

/** How large a segment is to be. */
export interface SegmentOptions {
  /** Bytes that it may use; default {@link DEFAULT_SEGMENT_BYTES}. */
  readonly limitBytes?: number | undefined;
  /** How many threads can take part at a time; default and at most 1024. */
  readonly participants?: number | undefined;
  /** How many of them are workers. */
  readonly workers: number;
  /** Slots of a worker's ring; default 256. */
  readonly ring?: number | undefined;
}

/** The shared memory of a runtime, as one thread sees it. */
export class Segment {
  /** What other threads are given, to {@link Segment.attach} to. */
  readonly buffer: SharedArrayBuffer;
  /** All of it, as words. */
  readonly words: Int32Array;
  /** All of it, as bytes. */
  readonly bytes: Uint8Array;
  /** How large its parts are. */
  readonly sizes: SegmentSizes;
  /** Where they lie. */
  readonly layout: SegmentLayout;

  private constructor(buffer: SharedArrayBuffer, words: Int32Array, sizes: SegmentSizes) {
    this.buffer = buffer;
    this.words = words;
    this.bytes = new Uint8Array(buffer);
    this.sizes = sizes;
    this.layout = layoutOf(sizes);
  }

  /** Reserves the memory of a new runtime. */
  static create(options: SegmentOptions): Segment {
    const sizes: SegmentSizes = {
      limit: Math.floor((options.limitBytes ?? DEFAULT_SEGMENT_BYTES) / 4),
      participants: options.participants ?? MAX_PARTICIPANTS,
      workers: options.workers,
      ring: options.ring ?? 256,
    };
    const { end } = layoutOf(sizes);
    if (sizes.limit < end) throw tooSmall(sizes.limit * 4, end * 4);
    const buffer = new SharedArrayBuffer(sizes.limit * 4);
    const words = new Int32Array(buffer);
    words[LIMIT] = sizes.limit;
    words[PARTICIPANTS] = sizes.participants;
    words[WORKERS] = sizes.workers;
    words[RING] = sizes.ring;
    store(words, TOP, end);
    store(words, MAGIC, MAGIC_VALUE);
    return new Segment(buffer, words, sizes);
  }

  /** The segment that another thread has created. */
  static attach(buffer: SharedArrayBuffer): Segment {
    const words = new Int32Array(buffer);
    if (load(words, MAGIC) !== MAGIC_VALUE) throw notASegment();
    // Plain reads: nobody writes the sizes after MAGIC.
    const sizes: SegmentSizes = {
      limit: words[LIMIT]!,
      participants: words[PARTICIPANTS]!,
      workers: words[WORKERS]!,
      ring: words[RING]!,
    };
    return new Segment(buffer, words, sizes);
  }

  /** Takes so many words, rounded up to whole cells, zeroed; answers their address, or -1 when the limit is reached. */
  allocate(count: number): number {
    const size = roundUp(count, CELL_WORDS);
    let top = load(this.words, TOP);
    while (size <= this.sizes.limit - top) {
      const found = compareExchange(this.words, TOP, top, top + size);
      if (found === top) return top;
      // Another thread has taken memory first: the next try is above it.
      top = found;
    }
    return -1;
  }

  /** Bytes handed out so far, the fixed parts included. */
  get usedBytes(): number {
    return load(this.words, TOP) * 4;
  }

  /** Bytes that can be handed out at most. */
  get limitBytes(): number {
    return this.sizes.limit * 4;
  }
}

function tooSmall(given: number, needed: number): RuntimeError {
  return new RuntimeError(
    "ERR_INVALID_ARG",
    `a segment of ${given} bytes has no room for its fixed parts, ${needed} bytes; give it a higher limit`,
  );
}

function notASegment(): RuntimeError {
  return new RuntimeError(
    "ERR_INVALID_ARG",
    "the buffer is no segment of this version; every thread must load the same version of the package",
  );
}
