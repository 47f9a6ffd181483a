/** The walk through the tree, in the order of the list. */
import { type Async, fn, type mpsc, yieldNow } from "treadle";
import type { BytePath } from "./byte-path.ts";
import { type Listing, listDirectory } from "./directory.ts";
import { noteFailure } from "./failure.ts";
import { directoryIn, type Job, rootOf, type TreePath } from "./job.ts";

/** A directory that the walk is in. */
interface Level {
  readonly directory: TreePath;
  readonly keys: readonly BytePath[];
  next: number;
}

/** How long the walk goes on before it lets others have the thread, in ms. */
const SLICE = 2;

/**
 * Sends the path of every regular file below the job's root, sorted by its bytes, and closes the sender.
 *
 * Symbolic links are never entered, so it cannot run in circles. It keeps the names of the directories on its way only,
 * and runs ahead of the hashing by as much as the channel holds.
 */
export function* walk(job: Job, files: mpsc.Sender<TreePath>): Async<void> {
  let rested = performance.now();
  try {
    const levels: Level[] = [];
    yield* enter(job, rootOf(job), levels);
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const key = level.keys[level.next++];
      if (key === undefined) {
        levels.pop();
      } else if (key.endsWith("/")) {
        yield* enter(job, directoryIn(job, level.directory, key), levels);
        if (performance.now() - rested < SLICE) continue;
        yield* yieldNow();
        rested = performance.now();
      } else {
        const path = level.directory.path + key;
        if (!job.own.hasPath(path)) yield* files.send({ path, pace: level.directory.pace });
      }
    }
  } finally {
    files.close();
  }
}

const enter = fn(function* enter(job: Job, directory: TreePath, levels: Level[]): Async<void> {
  let listing: Listing;
  try {
    listing = yield* listDirectory(directory);
  } catch (error) {
    noteFailure(job, directory.path, error);
    return;
  }
  job.tally.directories++;
  for (const kind of listing.others) job.tally.skip(kind);
  levels.push({ directory, keys: listing.keys.sort(), next: 0 });
});
