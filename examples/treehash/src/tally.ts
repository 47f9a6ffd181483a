/** What has happened so far: the numbers behind the progress line and the summary. */

import type { BytePath } from "./byte-path.ts";
import type { Live } from "./live.ts";

/** What is counted where a file is read. */
export interface ReadCounts {
  /** Takes note of bytes that were read. */
  read(bytes: number): void;
  /** Bytes of whole files. */
  hashedBytes: number;
  /** Files read by the thread that hashes them. */
  readInPlace: number;
  /** Files read by the threads of Node's pool. */
  readByPool: number;
}

/** A file in work, or several that one thread has in work one after the other. */
export interface InWork {
  /** The one that it is at. */
  readonly path: BytePath;
}

/** Counters of one run; plain fields, for only the thread that walks counts here. */
export class Tally implements ReadCounts {
  /** When the run began, on the clock of `performance.now()`. */
  readonly startedAt: number = performance.now();
  /** Files whose line is in the list. */
  hashed = 0;
  /** Files that are dealt with: hashed, failed or left out. */
  done = 0;
  /** Bytes of those files. */
  hashedBytes = 0;
  directories = 0;
  /** The files in work, the one that was begun first in front. */
  readonly inWork: Set<InWork> = new Set();
  readInPlace = 0;
  readByPool = 0;
  /** Files that this thread has hashed, where others hash too. */
  hashedHere = 0;
  /** How many of each kind were left out, by what they are called. */
  readonly skipped: Map<string, number> = new Map();
  /** How many failed, by why. */
  readonly failures: Map<string, number> = new Map();
  private counted = 0;
  private readonly live: Live | undefined;

  /** @param live - what other threads are at, where they hash */
  constructor(live?: Live) {
    this.live = live;
  }

  /** Bytes read, of files that are still in work or have failed too. */
  get bytes(): number {
    return this.counted + (this.live?.bytes() ?? 0);
  }

  read(bytes: number): void {
    this.counted += bytes;
  }

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
