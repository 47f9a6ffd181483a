/**
 * Chooses who makes the system calls of a file: this thread, or a thread of Node's pool.
 *
 * From the page cache a small file is opened, read and closed in about 8 µs, while a single hop to the pool and back
 * costs 12 µs: reading in place is several times faster. From a disk that has to be waited for, it would hold up
 * everything else, and read one file at a time where the pool reads four. So each read in place is timed: when many of
 * the last ones were slow the next files go through the pool, and after those it is tried again. The part that was slow
 * is what counts, not their mean time: on a busy machine a few reads take long because another program had the
 * processor, while a cold cache makes most of them wait.
 *
 * On file systems that may never answer everything goes through the pool, see `mounts.ts`. A thread that leaves the
 * hashing to others reads its directories in place always: nothing else is held up by it.
 */

/** A read in place that takes longer than this and its share for its bytes is slow; in ms. */
const SLOW = 0.1;
const MS_PER_BYTE = 1e-6;
/** How many of the last reads may be slow. */
const TOLERANCE = 0.3;
const WEIGHT = 1 / 16;
const FEWEST_BY_POOL = 128;
const MOST_BY_POOL = 4096;

export class Pace {
  /** Whether nothing is ever read in place. */
  readonly onlyPool: boolean;
  private readonly onlyInPlace: boolean;
  /** The part of the last reads in place that was slow, 0 to 1. */
  private slowPart = 0;
  private leftByPool = 0;
  private nextByPool = FEWEST_BY_POOL;

  /** @param only - the one way in which everything is to be read, if there is no choice */
  constructor(only?: "by pool" | "in place") {
    this.onlyPool = only === "by pool";
    this.onlyInPlace = only === "in place";
  }

  /** Whether the next file should be read in place; its time is then told to `took`. */
  inPlace(): boolean {
    if (this.onlyPool) return false;
    if (this.leftByPool === 0) return true;
    this.leftByPool--;
    return false;
  }

  /** Whether the disk answers fast at the moment. */
  get isFast(): boolean {
    return !this.onlyPool && this.leftByPool === 0;
  }

  /** Takes note that a read in place of so many bytes took `ms`. */
  took(ms: number, bytes: number): void {
    const isSlow = ms > SLOW + bytes * MS_PER_BYTE;
    this.slowPart += ((isSlow ? 1 : 0) - this.slowPart) * WEIGHT;
    if (this.slowPart > TOLERANCE) this.turnToPool();
    else if (this.slowPart < TOLERANCE / 4) this.nextByPool = FEWEST_BY_POOL;
  }

  private turnToPool(): void {
    if (this.onlyInPlace) return;
    this.leftByPool = this.nextByPool;
    this.nextByPool = Math.min(this.nextByPool * 2, MOST_BY_POOL);
    // The next try is short: a few slow reads more end it.
    this.slowPart = TOLERANCE * 0.75;
  }
}
