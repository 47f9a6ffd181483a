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

/** A file that could not be hashed. */
export interface Failed {
  readonly reason: string;
}

/** What came out for one file: its digest, `OWN`, `LARGE`, or why there is none. */
export type FileResult = string | Failed;

/** What came out for a batch. */
export interface BatchResult {
  /** As many as there were files. */
  readonly files: readonly FileResult[];
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
 * `slot` is that of the batch in `Live`; `onlyPool` says that no system call may keep the thread waiting.
 */
export const hashBatch: Sendable<
  [slot: number, paths: BytePath[], onlyPool: boolean],
  Async<BatchResult>
> = sendable(
  import.meta.url,
  "hashBatch",
  function* hashBatch(slot: number, paths: BytePath[], onlyPool: boolean): Async<BatchResult> {
    const began = performance.now();
    const thread = thisThread();
    const counts = new BatchCounts(new LiveSlot(thread.setup.live, slot));
    const reading = { tally: counts, own: thread.own, buffers: thread.buffers };
    const pace = onlyPool ? thread.remotePace : thread.localPace;
    const files: FileResult[] = [];
    let rested = began;
    for (const path of paths) {
      counts.slot.begin(files.length);
      files.push(yield* hashOne(thread, reading, path, pace, paths.length > 1));
      if (performance.now() - rested < SLICE) continue;
      yield* yieldNow();
      rested = performance.now();
    }
    const { bytes, hashedBytes, readInPlace, readByPool } = counts;
    const ms = performance.now() - began;
    return { files, bytes, hashedBytes, readInPlace, readByPool, ms };
  },
);

const hashOne = fn(function* hashOne(
  { setup }: ThisThread,
  reading: Reading,
  path: BytePath,
  pace: Pace,
  onlySmall: boolean,
): Async<FileResult> {
  try {
    return yield* within(setup.timeout, hashFile(reading, path, pace, onlySmall));
  } catch (error) {
    const reason = failureReason(error);
    if (reason === undefined) throw error;
    return { reason };
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
