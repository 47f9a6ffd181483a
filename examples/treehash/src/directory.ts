/** Reading one directory. */
import { type Dirent, readdir, readdirSync } from "node:fs";
import { type Future, fn, fromPromise } from "treadle";
import { type BytePath, systemPath } from "./byte-path.ts";
import type { TreePath } from "./job.ts";
import type { Pace } from "./pace.ts";

/**
 * What is in a directory.
 *
 * `keys` are the names of its files, and of its directories with a slash at their end: sorted, a walk that enters each
 * directory where it stands meets all files in the order of the bytes of their whole paths, `a.txt` before `a/b`.
 */
export interface Listing {
  readonly keys: BytePath[];
  /** What the entries that are neither file nor directory are called. */
  readonly others: string[];
}

/** Reads a directory in no particular order. */
export const listDirectory: (directory: TreePath) => Future<Listing> = fn(function* listDirectory({
  path,
  pace,
}) {
  return listing(pace.isFast ? readInPlace(path, pace) : yield* fromPromise(readByPool(path)));
});

/** What an entry costs to read, in bytes of a file. */
const BYTES_PER_ENTRY = 4096;

type Entry = Dirent<Buffer>;

// As buffers, for Node looks up entries of file systems that do not tell types by their name as UTF-8 otherwise.
const BYTES = { withFileTypes: true, encoding: "buffer" } as const;

function readInPlace(path: BytePath, pace: Pace): Entry[] {
  const before = performance.now();
  const entries = readdirSync(systemPath(path), BYTES);
  pace.took(performance.now() - before, entries.length * BYTES_PER_ENTRY);
  return entries;
}

function readByPool(path: BytePath): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    readdir(systemPath(path), BYTES, (error, entries) => {
      if (error === null) resolve(entries);
      else reject(error);
    });
  });
}

function listing(entries: readonly Entry[]): Listing {
  const keys: BytePath[] = [];
  const others: string[] = [];
  for (const entry of entries) {
    const name = entry.name.toString("latin1");
    if (entry.isFile()) keys.push(name);
    else if (entry.isDirectory()) keys.push(`${name}/`);
    else others.push(kindOf(entry));
  }
  return { keys, others };
}

function kindOf(entry: Entry): string {
  if (entry.isSymbolicLink()) return "symbolic link";
  if (entry.isFIFO()) return "fifo";
  if (entry.isSocket()) return "socket";
  if (entry.isBlockDevice() || entry.isCharacterDevice()) return "device";
  return "unknown";
}
