/**
 * The hashing of a whole tree: a task walks, a task per file hashes, at most so many at once.
 *
 *     walk --mpsc--> dispatch --one task per file--> OrderedOutput
 */
import { type Async, type Future, fn, mpsc, type Permit, type Scope, scope } from "treadle";
import type { BytePath } from "./byte-path.ts";
import { checksumLine } from "./checksum-line.ts";
import { noteFailure } from "./failure.ts";
import { hashFile } from "./hash-file.ts";
import type { Job } from "./job.ts";
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
    const [sender, files] = mpsc.channel<BytePath>(AHEAD);
    s.spawn(walk, job, sender);
    yield* dispatch(job, s, files);
  });
});

const dispatch = fn(function* dispatch(
  job: Job,
  s: Scope,
  files: mpsc.Receiver<BytePath>,
): Async<void> {
  for (let at = 0; ; at++) {
    const path = yield* files.recv();
    if (path === undefined) return;
    const place = yield* job.output.place();
    place.forget();
    s.spawn(hashOne, job, at, path, yield* job.slots.acquire());
  }
});

function* hashOne(job: Job, at: number, path: BytePath, slot: Permit): Async<void> {
  job.tally.current = path;
  try {
    const digest = yield* within(job.options.timeout, hashFile(job, path));
    if (digest !== undefined) job.tally.hashed++;
    job.output.put(at, digest === undefined ? "" : checksumLine(digest, path));
  } catch (error) {
    noteFailure(job, path, error);
    job.output.put(at, "");
  } finally {
    slot.release();
  }
  job.tally.done++;
}
