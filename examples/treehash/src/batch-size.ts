/**
 * How many files go to a thread at once.
 *
 * A batch costs home and the thread about 20 µs, whatever is in it: as much as a small file from the page cache. So there
 * are as many files in it as are hashed in a few milliseconds, which is short enough that no thread is left waiting for
 * another at the end, and only one where each has to be waited for.
 */

/** How long a batch should take, in ms. */
const AIM = 3;
const FIRST = 8;
const MOST = 128;
/** The weight of the last batch. */
const WEIGHT = 1 / 4;

export class BatchSize {
  private msPerFile = AIM / FIRST;

  /** How many files the next batch should have. */
  get files(): number {
    return Math.max(1, Math.min(Math.round(AIM / this.msPerFile), MOST));
  }

  /** Takes note of how long a batch took. A single large file says little about the next ones. */
  took(ms: number, files: number): void {
    this.msPerFile += (Math.min(ms / files, AIM) - this.msPerFile) * WEIGHT;
  }
}
