/** The SHA-256 of one file. */
import { createHash, hash } from "node:crypto";
import { type Async, type Future, fn } from "treadle";
import type { BytePath } from "./byte-path.ts";
import type { Job, TreePath } from "./job.ts";
import type { Pace } from "./pace.ts";
import { SourceFile } from "./source-file.ts";

/** Files up to this size are read at once on this thread, where the pace allows: about 0.1 ms with the hashing. */
const IN_PLACE_MAX = 128 * 1024;

/** One byte more, to notice a file that has grown. */
const inPlace = Buffer.allocUnsafeSlow(IN_PLACE_MAX + 1);

/**
 * The digest of a file in hex, or undefined for one that this run itself writes.
 *
 * **Cancel safety**: the file is closed as soon as nothing reads it any more.
 */
export const hashFile: (job: Job, file: TreePath) => Future<string | undefined> = fn(
  function* hashFile(job, { path, pace }) {
    const file = new SourceFile(job.own);
    try {
      if (pace.inPlace()) {
        const digest = hashInPlace(job, file, path, pace);
        if (digest !== undefined) return digest;
      } else {
        yield* file.open(path);
      }
      return file.isOwn ? undefined : yield* hashChunks(job, file);
    } finally {
      file.release();
    }
  },
);

/** Opens the file; reads and hashes it too where that takes a single read. */
function hashInPlace(job: Job, file: SourceFile, path: BytePath, pace: Pace): string | undefined {
  const before = performance.now();
  file.openInPlace(path);
  const { size } = file;
  const isSmall = size <= IN_PLACE_MAX && !file.isOwn;
  const count = isSmall ? file.readInPlace(inPlace, size + 1, 0) : 0;
  pace.took(performance.now() - before, count);
  // A file that is longer or shorter than it said is read again, until its end, by chunks.
  if (!isSmall || count !== size) return undefined;
  job.tally.readInPlace++;
  job.tally.bytes += count;
  job.tally.hashedBytes += count;
  return hash("sha256", inPlace.subarray(0, count), "hex");
}

/** Reads the open file by chunks, one ahead: the pool reads the next while this thread hashes the last. */
const hashChunks = fn(function* hashChunks(job: Job, file: SourceFile): Async<string> {
  const { buffers, tally } = job;
  const sum = createHash("sha256");
  let front = buffers.take();
  let back = buffers.take();
  let reading: Future<number> = file.read(front, 0);
  let position = 0;
  for (;;) {
    const count = yield* reading;
    position += count;
    const isLast = count === 0 || position === file.size;
    if (!isLast) reading = file.read(back, position);
    sum.update(count === front.length ? front : front.subarray(0, count));
    tally.bytes += count;
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
