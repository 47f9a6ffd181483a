/**
 * The hashing of a whole tree: a task walks, a task per file hashes, at most so many at once.
 *
 *     walk --mpsc--> dispatch --one task per file--> OrderedOutput
 *
 * On several threads the files go out in batches instead, see `hash-on-threads.ts`.
 */
import { type Async, type Future, fn, mpsc, type Permit, type Scope, scope } from "treadle";
import { checksumLine } from "./checksum-line.ts";
import { noteFailure } from "./failure.ts";
import { hashFile, OWN } from "./hash-file.ts";
import { dispatchToThreads } from "./hash-on-threads.ts";
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
    const { live } = job;
    yield* live === undefined ? dispatch(job, s, files) : dispatchToThreads(job, live, s, files);
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
  job.tally.inWork.add(file);
  try {
    const digest = yield* within(job.options.timeout, hashFile(job, path, file.pace));
    if (digest !== OWN) job.tally.hashed++;
    job.output.put(at, digest === OWN ? "" : checksumLine(digest, path));
  } catch (error) {
    noteFailure(job, path, error);
    job.output.put(at, "");
  } finally {
    job.tally.inWork.delete(file);
    slot.release();
  }
  job.tally.done++;
}
