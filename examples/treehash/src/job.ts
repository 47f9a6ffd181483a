/** What all parts of one run share. */
import type { Semaphore } from "treadle";
import type { RunOptions } from "./args.ts";
import type { BytePath } from "./byte-path.ts";
import type { ChunkBuffers } from "./chunk-buffers.ts";
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
  readonly pace: Pace;
  readonly terminal: Terminal;
  readonly output: OrderedOutput;
  /** What this run itself writes, and must not hash. */
  readonly own: OwnFiles;
  /** One permit per file in work. */
  readonly slots: Semaphore;
  readonly buffers: ChunkBuffers;
}
