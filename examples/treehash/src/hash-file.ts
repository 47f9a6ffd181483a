/** The SHA-256 of one file. */
import { createHash, hash } from "node:crypto";
import { type Async, type Future, fn, yieldNow } from "treadle";
import type { BytePath } from "./byte-path.ts";
import type { ChunkBuffers } from "./chunk-buffers.ts";
import type { OwnFiles } from "./own-files.ts";
import type { Pace } from "./pace.ts";
import { SourceFile } from "./source-file.ts";
import type { ReadCounts } from "./tally.ts";

/** What reading a file needs of the run, on whichever thread. */
export interface Reading {
  readonly tally: ReadCounts;
  readonly own: OwnFiles;
  readonly buffers: ChunkBuffers;
  /** Whether a large file is read by the pool while its last part is hashed: two cores for one file, if one is idle. */
  readonly readAhead: boolean;
}

/** In the place of a digest: the run itself writes this file. */
export const OWN = "own";
/** In the place of a digest: the file is not small, and was not read. */
export const LARGE = "large";

/** Files up to this size are read at once on this thread, where the pace allows: about 0.1 ms with the hashing. */
const IN_PLACE_MAX = 128 * 1024;

/** How long a thread goes on with a large file before it looks whether that is still wanted, in ms. */
const SLICE = 2;

/** One byte more, to notice a file that has grown. */
const inPlace = Buffer.allocUnsafeSlow(IN_PLACE_MAX + 1);

/**
 * The digest of a file in hex, or {@link OWN}; with `onlySmall` {@link LARGE} for a file beyond the limit of a read in
 * place.
 *
 * **Cancel safety**: the file is closed as soon as nothing reads it any more.
 */
export const hashFile: (
  reading: Reading,
  path: BytePath,
  pace: Pace,
  onlySmall?: boolean,
) => Future<string> = fn(function* hashFile(reading, path, pace, onlySmall) {
  const file = new SourceFile(reading.own);
  try {
    const isInPlace = pace.inPlace();
    if (isInPlace) {
      const digest = hashInPlace(reading, file, path, pace);
      if (digest !== undefined) return digest;
    } else {
      yield* file.open(path);
    }
    if (file.isOwn) return OWN;
    if (onlySmall === true && file.size > IN_PLACE_MAX) return LARGE;
    if (isInPlace && !reading.readAhead) return yield* hashOneByOne(reading, file, pace);
    return yield* hashAhead(reading, file);
  } finally {
    file.release();
  }
});

/**
 * As {@link hashFile}, for a file that can be dealt with at once; undefined for one that cannot, which is then not begun. A
 * plain call costs a fraction of a future.
 */
export function hashAtOnce(
  reading: Reading,
  path: BytePath,
  pace: Pace,
  onlySmall: boolean,
): string | undefined {
  if (!pace.isFast) return undefined;
  const file = new SourceFile(reading.own);
  try {
    const digest = hashInPlace(reading, file, path, pace);
    if (digest !== undefined) return digest;
    if (file.isOwn) return OWN;
    return onlySmall && file.size > IN_PLACE_MAX ? LARGE : undefined;
  } finally {
    file.release();
  }
}

/** Opens the file; reads and hashes it too where that takes a single read. */
function hashInPlace(
  { tally }: Reading,
  file: SourceFile,
  path: BytePath,
  pace: Pace,
): string | undefined {
  const before = performance.now();
  file.openInPlace(path);
  const { size } = file;
  const isSmall = size <= IN_PLACE_MAX && !file.isOwn;
  const count = isSmall ? file.readInPlace(inPlace, size + 1, 0) : 0;
  pace.took(performance.now() - before, count);
  // A file that is longer or shorter than it said is read again, until its end, by chunks.
  if (!isSmall || count !== size) return undefined;
  tally.readInPlace++;
  tally.read(count);
  tally.hashedBytes += count;
  return hash("sha256", inPlace.subarray(0, count), "hex");
}

/** Reads the open file by chunks, each when the one before it is hashed; in place, as long as that is fast. */
const hashOneByOne = fn(function* hashOneByOne(
  { buffers, tally }: Reading,
  file: SourceFile,
  pace: Pace,
): Async<string> {
  const sum = createHash("sha256");
  const buffer = buffers.take();
  let position = 0;
  for (let rested = performance.now(), count = -1; count !== 0 && position !== file.size; ) {
    count = pace.inPlace()
      ? readInPlace(file, buffer, position, pace)
      : yield* file.read(buffer, position);
    position += count;
    sum.update(count === buffer.length ? buffer : buffer.subarray(0, count));
    tally.read(count);
    if (performance.now() - rested < SLICE) continue;
    yield* yieldNow();
    rested = performance.now();
  }
  tally.readInPlace++;
  tally.hashedBytes += position;
  // Not in a `finally` block: a read that was given up may still write to it.
  buffers.giveBack(buffer);
  return sum.digest("hex");
});

function readInPlace(file: SourceFile, buffer: Buffer, position: number, pace: Pace): number {
  const before = performance.now();
  const count = file.readInPlace(buffer, buffer.length, position);
  pace.took(performance.now() - before, count);
  return count;
}

/** Reads the open file by chunks, one ahead: the pool reads the next while this thread hashes the last. */
const hashAhead = fn(function* hashAhead(reading: Reading, file: SourceFile): Async<string> {
  const { buffers, tally } = reading;
  const sum = createHash("sha256");
  let front = buffers.take();
  let back = buffers.take();
  let next: Future<number> = file.read(front, 0);
  let position = 0;
  for (;;) {
    const count = yield* next;
    position += count;
    const isLast = count === 0 || position === file.size;
    if (!isLast) next = file.read(back, position);
    sum.update(count === front.length ? front : front.subarray(0, count));
    tally.read(count);
    if (isLast) break;
    [front, back] = [back, front];
  }
  tally.readByPool++;
  tally.hashedBytes += position;
  // Not in a `finally` block: a read that was given up may still write to its buffer.
  buffers.giveBack(front);
  buffers.giveBack(back);
  return sum.digest("hex");
});
