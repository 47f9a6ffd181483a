/** The work that is sent to the threads: a batch of files, hashed one after the other by whoever is free. */
import { type Async, fn, type Sendable, sendable, yieldNow } from "treadle";
import type { BytePath } from "./byte-path.ts";
import { ChunkBuffers } from "./chunk-buffers.ts";
import { failureReason } from "./failure.ts";
import { hashFile, type Reading } from "./hash-file.ts";
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
    const counts = new BatchCounts(new LiveSlot(thread.setup.live, slot));
    const reading = { tally: counts, own: thread.own, buffers: thread.buffers, readAhead };
    const pace = onlyPool ? thread.remotePace : thread.localPace;
    const paths = joined.split(SEPARATOR);
    const unhashed: Unhashed[] = [];
    let digests = "";
    let rested = began;
    for (const [index, path] of paths.entries()) {
      counts.slot.begin(index);
      const result = yield* hashOne(thread, reading, path, pace, paths.length > 1);
      if (result.length === DIGEST_LENGTH) digests += result;
      else unhashed.push({ index, why: result });
      if (performance.now() - rested < SLICE) continue;
      yield* yieldNow();
      rested = performance.now();
    }
    const { bytes, hashedBytes, readInPlace, readByPool } = counts;
    const ms = performance.now() - began;
    return { digests, unhashed, bytes, hashedBytes, readInPlace, readByPool, ms };
  },
);

const hashOne = fn(function* hashOne(
  { setup }: ThisThread,
  reading: Reading,
  path: BytePath,
  pace: Pace,
  onlySmall: boolean,
): Async<string> {
  try {
    return yield* within(setup.timeout, hashFile(reading, path, pace, onlySmall));
  } catch (error) {
    const reason = failureReason(error);
    if (reason === undefined) throw error;
    // A text as long as a digest would be taken for one.
    return reason.length === DIGEST_LENGTH ? `${reason}.` : reason;
  }
});

class BatchCounts implements ReadCounts {
  bytes = 0;
  hashedBytes = 0;
  readInPlace = 0;
  readByPool = 0;
  readonly slot: LiveSlot;

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
