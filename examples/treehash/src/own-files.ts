/** The files that the run itself writes: they may lie inside the tree, and are left out of the list. */
import { fstatSync, realpathSync, type Stats } from "node:fs";
import { basename, dirname } from "node:path";
import { type BytePath, bytePath, withSlash } from "./byte-path.ts";

/** Knows them by their path in the walk, and standard output, which has none, by what `fstat` says. */
export class OwnFiles {
  private readonly paths: ReadonlySet<BytePath>;
  private readonly stdout: Stats | undefined;

  constructor(paths: ReadonlySet<BytePath>, stdout: Stats | undefined) {
    this.paths = paths;
    this.stdout = stdout;
  }

  /** Whether the walk's `path` is one of them. */
  hasPath(path: BytePath): boolean {
    return this.paths.size > 0 && this.paths.has(path);
  }

  /** Whether an open file is one of them. */
  hasFile(stats: Stats): boolean {
    const { stdout } = this;
    return stdout !== undefined && stats.ino === stdout.ino && stats.dev === stdout.dev;
  }
}

/** Standard output as a file of the tree: `treehash . > SHA256SUMS`. */
export function ownStdout(): OwnFiles {
  const stats = fstatSync(1);
  return new OwnFiles(new Set(), stats.isFile() ? stats : undefined);
}

/** The files of a list that has a name, as the walk below `root`, which is `directory`, comes upon them. */
export function ownPaths(root: BytePath, directory: string, files: readonly string[]): OwnFiles {
  const top = realDirectory(directory);
  const paths = new Set<BytePath>();
  for (const file of files) {
    const path = realDirectory(dirname(file)) + bytePath(basename(file));
    if (path.startsWith(top)) paths.add(root + path.slice(top.length));
  }
  return new OwnFiles(paths, undefined);
}

/** Its path without links. */
function realDirectory(directory: string): BytePath {
  return withSlash(realpathSync(directory, "buffer").toString("latin1"));
}
