/** What has happened so far: the numbers behind the progress line and the summary. */

import type { BytePath } from "./byte-path.ts";

/** Counters of one run; plain fields, for all of it runs on one thread. */
export class Tally {
  /** When the run began, on the clock of `performance.now()`. */
  readonly startedAt: number = performance.now();
  /** Files whose line is in the list. */
  hashed = 0;
  /** Files that are dealt with: hashed, failed or left out. */
  done = 0;
  /** Bytes of those files. */
  hashedBytes = 0;
  /** Bytes read, of files that are still in work or have failed too. */
  bytes = 0;
  directories = 0;
  /** The files in work, the one that was begun first in front. */
  readonly inWork: Set<BytePath> = new Set();
  /** Files read on this thread. */
  readInPlace = 0;
  /** Files read by the threads of Node's pool. */
  readByPool = 0;
  /** How many of each kind were left out, by what they are called. */
  readonly skipped: Map<string, number> = new Map();
  /** How many failed, by why. */
  readonly failures: Map<string, number> = new Map();

  skip(kind: string): void {
    this.skipped.set(kind, (this.skipped.get(kind) ?? 0) + 1);
  }

  fail(why: string): void {
    this.failures.set(why, (this.failures.get(why) ?? 0) + 1);
  }

  get failed(): number {
    let sum = 0;
    for (const count of this.failures.values()) sum += count;
    return sum;
  }

  /** Milliseconds since the run began. */
  elapsed(): number {
    return performance.now() - this.startedAt;
  }
}
