/** A second walk beside the hashing one, which only counts: it tells how much there is to do. */
import { lstat, lstatSync, type Stats } from "node:fs";
import { type Async, fn, fromPromise, yieldNow } from "treadle";
import { type BytePath, systemPath } from "./byte-path.ts";
import { type Listing, listDirectory } from "./directory.ts";
import { directoryIn, type Job, rootOf, type TreePath } from "./job.ts";
import type { Pace } from "./pace.ts";

/** Sizes asked for in one go: about 0.2 ms. */
const SLICE = 64;

/** What the survey has found so far. */
export class Totals {
  files = 0;
  bytes = 0;
  isComplete = false;
}

/** Counts all files below the job's root, and their bytes. What it cannot read it leaves out: the walk reports it. */
export function* survey(job: Job, totals: Totals): Async<void> {
  const directories = [rootOf(job)];
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    for (const key of yield* keysOf(directory)) {
      if (key.endsWith("/")) directories.push(directoryIn(job, directory, key));
      else yield* add(directory.path + key, directory.pace, totals);
    }
  }
  totals.isComplete = true;
}

const keysOf = fn(function* keysOf(directory: TreePath): Async<readonly BytePath[]> {
  try {
    const listing: Listing = yield* listDirectory(directory);
    return listing.keys;
  } catch {
    return [];
  }
});

const add = fn(function* add(path: BytePath, pace: Pace, totals: Totals): Async<void> {
  totals.files++;
  if (totals.files % SLICE === 0) yield* yieldNow();
  totals.bytes += pace.isFast ? sizeInPlace(path) : yield* fromPromise(sizeByPool(path));
});

function sizeInPlace(path: BytePath): number {
  return sizeOf(lstatSync(systemPath(path), { throwIfNoEntry: false }));
}

function sizeByPool(path: BytePath): Promise<number> {
  return new Promise((resolve) => {
    lstat(systemPath(path), (error, stats) => resolve(error === null ? sizeOf(stats) : 0));
  });
}

function sizeOf(stats: Stats | undefined): number {
  return stats?.isFile() === true ? stats.size : 0;
}
