/** The work that is sent to the threads: a batch of files, hashed one after the other by whoever is free. */
import { type Async, fn, type Sendable, sendable, yieldNow } from "treadle";
import type { BytePath } from "./byte-path.ts";
import { ChunkBuffers } from "./chunk-buffers.ts";
import { failureReason } from "./failure.ts";
import { hashAtOnce, hashFile, LARGE, OWN, type Reading } from "./hash-file.ts";
import { LiveSlot } from "./live.ts";
import { OwnFiles, ownStdout } from "./own-files.ts";
import { Pace } from "./pace.ts";
import type { ReadCounts } from "./tally.ts";
import { type ThreadSetup, threadSetup } from "./thread-setup.ts";
import { within } from "./within.ts";

/** How long a thread goes on before it looks whether the batch is still wanted, in ms. */
const SLICE = 2;

/** Stands between two paths: no path has it. */
export const SEPARATOR = "\0";
/** Characters of a digest. */
export const DIGEST_LENGTH = 64;

/** A file of a batch that was not hashed. */
export interface Unhashed {
  readonly index: number;
  /** `OWN`, `LARGE`, or the reason in words. */
  readonly why: string;
}

/**
 * What came out for a batch. Much of what a batch costs is the copying of strings: so there is one for all digests, and one
 * for all paths.
 */
export interface BatchResult {
  /** The digests of the hashed files, one behind the other. */
  readonly digests: string;
  /** The others, by their index. */
  readonly unhashed: readonly Unhashed[];
  readonly bytes: number;
  readonly hashedBytes: number;
  readonly readInPlace: number;
  readonly readByPool: number;
  /** How long it took, in ms. */
  readonly ms: number;
}

/**
 * Hashes some files that lie on the same kind of file system. A batch of several leaves those out that are not small: each
 * of them is worth a batch of its own, on any thread.
 *
 * `slot` is that of the batch in `Live`, `paths` are joined by {@link SEPARATOR}; `onlyPool` says that no system call may
 * keep the thread waiting, `readAhead` that there is a core to spare.
 */
export const hashBatch: Sendable<
  [slot: number, paths: BytePath, onlyPool: boolean, readAhead: boolean],
  Async<BatchResult>
> = sendable(
  import.meta.url,
  "hashBatch",
  function* hashBatch(
    slot: number,
    joined: BytePath,
    onlyPool: boolean,
    readAhead: boolean,
  ): Async<BatchResult> {
    const began = performance.now();
    const thread = thisThread();
    const work = new Work(thread, slot, joined.split(SEPARATOR), onlyPool, readAhead);
    for (let rested = began; work.index < work.paths.length; work.index++) {
      work.slot.begin(work.index);
      if (!work.hashAtOnce()) yield* hashInTime(work, thread.setup.timeout);
      if (performance.now() - rested < SLICE) continue;
      yield* yieldNow();
      rested = performance.now();
    }
    return work.result(performance.now() - began);
  },
);

/** Hashes the file that the work is at, however long that takes. */
const hashInTime = fn(function* hashInTime(work: Work, timeout: number | undefined): Async<void> {
  const { path, pace, isMany } = work;
  try {
    work.put(yield* within(timeout, hashFile(work, path, pace, isMany)));
  } catch (error) {
    work.fail(error);
  }
});

/** A batch as it is worked off. */
class Work implements Reading {
  /** The file that it is at. */
  index = 0;
  readonly paths: readonly BytePath[];
  readonly isMany: boolean;
  readonly pace: Pace;
  readonly slot: LiveSlot;
  readonly tally: BatchCounts;
  readonly own: OwnFiles;
  readonly buffers: ChunkBuffers;
  readonly readAhead: boolean;
  private digests = "";
  private readonly unhashed: Unhashed[] = [];

  constructor(
    thread: ThisThread,
    slot: number,
    paths: readonly BytePath[],
    onlyPool: boolean,
    readAhead: boolean,
  ) {
    this.paths = paths;
    this.isMany = paths.length > 1;
    this.pace = onlyPool ? thread.remotePace : thread.localPace;
    this.slot = new LiveSlot(thread.setup.live, slot);
    this.tally = new BatchCounts(this.slot);
    this.own = thread.own;
    this.buffers = thread.buffers;
    this.readAhead = readAhead;
  }

  get path(): BytePath {
    return this.paths[this.index] as BytePath;
  }

  /** Hashes the file if that needs no waiting; whether it is dealt with. */
  hashAtOnce(): boolean {
    try {
      const result = hashAtOnce(this, this.path, this.pace, this.isMany);
      if (result === undefined) return false;
      this.put(result);
    } catch (error) {
      this.fail(error);
    }
    return true;
  }

  /** Takes the digest of the file, or what stands in its place. */
  put(result: string): void {
    if (result === OWN || result === LARGE) this.leaveOut(result);
    else this.digests += result;
  }

  /** Takes why the file has no digest; throws what is no fault of the file. */
  fail(error: unknown): void {
    const reason = failureReason(error);
    if (reason === undefined) throw error;
    this.leaveOut(reason);
  }

  result(ms: number): BatchResult {
    const { digests, unhashed } = this;
    const { bytes, hashedBytes, readInPlace, readByPool } = this.tally;
    return { digests, unhashed, bytes, hashedBytes, readInPlace, readByPool, ms };
  }

  private leaveOut(why: string): void {
    this.unhashed.push({ index: this.index, why });
  }
}

class BatchCounts implements ReadCounts {
  bytes = 0;
  hashedBytes = 0;
  readInPlace = 0;
  readByPool = 0;
  private readonly slot: LiveSlot;

  constructor(slot: LiveSlot) {
    this.slot = slot;
  }

  read(bytes: number): void {
    this.bytes += bytes;
    this.slot.read(bytes);
  }
}

/** What a thread keeps from batch to batch. */
class ThisThread {
  readonly setup: ThreadSetup = threadSetup();
  readonly own: OwnFiles = this.setup.isListOnStdout
    ? ownStdout()
    : new OwnFiles(new Set(), undefined);
  readonly buffers: ChunkBuffers = new ChunkBuffers();
  readonly localPace: Pace = new Pace();
  readonly remotePace: Pace = new Pace("by pool");
}

let kept: ThisThread | undefined;

function thisThread(): ThisThread {
  kept ??= new ThisThread();
  return kept;
}
