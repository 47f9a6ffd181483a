/** What all parts of one run share. */
import type { Semaphore } from "treadle";
import type { RunOptions } from "./args.ts";
import type { BytePath } from "./byte-path.ts";
import type { ChunkBuffers } from "./chunk-buffers.ts";
import type { Live } from "./live.ts";
import type { Mounts } from "./mounts.ts";
import type { OrderedOutput } from "./ordered-output.ts";
import type { OwnFiles } from "./own-files.ts";
import type { Pace } from "./pace.ts";
import type { Tally } from "./tally.ts";
import type { Terminal } from "./terminal.ts";

/** One run. */
export interface Job {
  readonly options: RunOptions;
  /** The directory as a prefix of every path: it ends with a slash. */
  readonly root: BytePath;
  readonly tally: Tally;
  /** The pace of local file systems, and of those that may not answer. */
  readonly localPace: Pace;
  readonly remotePace: Pace;
  readonly mounts: Mounts;
  readonly terminal: Terminal;
  readonly output: OrderedOutput;
  /** What this run itself writes, and must not hash. */
  readonly own: OwnFiles;
  /** One permit per file, or batch, in work. */
  readonly slots: Semaphore;
  /** One of the slots, where several threads hash: that of this one. */
  readonly slotHere: Semaphore;
  readonly buffers: ChunkBuffers;
  readonly readAhead: boolean;
  /** What the threads are at that hash; undefined where this one does. */
  readonly live: Live | undefined;
}

/** A file, or a directory with a slash at the end of its path, as the walk comes upon it. */
export interface TreePath {
  readonly path: BytePath;
  /** The pace of the file system that it lies on. */
  readonly pace: Pace;
}

/** The directory where the walks begin. */
export function rootOf(job: Job): TreePath {
  return { path: job.root, pace: job.mounts.isRootLocal ? job.localPace : job.remotePace };
}

/** A directory in another one. */
export function directoryIn(job: Job, parent: TreePath, key: BytePath): TreePath {
  const path = parent.path + key;
  const isLocal = job.mounts.isLocal(path, parent.pace === job.localPace);
  return { path, pace: isLocal ? job.localPace : job.remotePace };
}
