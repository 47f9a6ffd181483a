/**
 * The hashing of a whole tree: a task walks, a task per file hashes, at most so many at once.
 *
 *     walk --mpsc--> dispatch --one task per file--> OrderedOutput
 */
import { type Async, type Future, fn, mpsc, type Permit, type Scope, scope } from "treadle";
import { checksumLine } from "./checksum-line.ts";
import { noteFailure } from "./failure.ts";
import { hashFile } from "./hash-file.ts";
import type { Job, TreePath } from "./job.ts";
import { walk } from "./walk.ts";
import { within } from "./within.ts";

/** Paths that the walk may be ahead of the hashing. */
const AHEAD = 1024;

/**
 * Hashes every file of the job and puts its line out. Failures of files are noted; any other one ends it.
 *
 * **Cancel safety**: dropping it stops the walk and gives up the files in work; no task is left behind.
 */
export const hashTree: (job: Job) => Future<void> = fn(function* hashTree(job) {
  yield* scope(function* (s): Async<void> {
    const [sender, files] = mpsc.channel<TreePath>(AHEAD);
    s.spawn(walk, job, sender);
    yield* dispatch(job, s, files);
  });
});

const dispatch = fn(function* dispatch(
  job: Job,
  s: Scope,
  files: mpsc.Receiver<TreePath>,
): Async<void> {
  for (let at = 0; ; at++) {
    const file = yield* files.recv();
    if (file === undefined) return;
    (yield* job.output.place()).forget();
    s.spawn(hashOne, job, at, file, yield* job.slots.acquire());
  }
});

function* hashOne(job: Job, at: number, file: TreePath, slot: Permit): Async<void> {
  const { path } = file;
  job.tally.inWork.add(path);
  try {
    const digest = yield* within(job.options.timeout, hashFile(job, file));
    if (digest !== undefined) job.tally.hashed++;
    job.output.put(at, digest === undefined ? "" : checksumLine(digest, path));
  } catch (error) {
    noteFailure(job, path, error);
    job.output.put(at, "");
  } finally {
    job.tally.inWork.delete(path);
    slot.release();
  }
  job.tally.done++;
}
