/** A batch of files, as the thread has it that sends it out. */
import type { SendFuture } from "treadle";
import type { BytePath } from "./byte-path.ts";
import { type BatchResult, hashBatch, SEPARATOR } from "./hash-batch.ts";
import type { TreePath } from "./job.ts";
import type { Live } from "./live.ts";
import type { InWork } from "./tally.ts";

/** Files that are hashed one after the other. */
export class Batch implements InWork {
  /** The place of the first in the list. */
  readonly at: number;
  readonly files: readonly TreePath[];
  readonly live: Live;
  readonly slot: number;

  constructor(at: number, files: readonly TreePath[], live: Live) {
    this.at = at;
    this.files = files;
    this.live = live;
    this.slot = live.take();
  }

  get path(): BytePath {
    return (this.files[this.live.file(this.slot)] ?? (this.files[0] as TreePath)).path;
  }

  /** The call that hashes it, on whichever thread it is run. */
  call(readAhead: boolean): SendFuture<BatchResult> {
    const paths = this.files.map((file) => file.path).join(SEPARATOR);
    const { onlyPool } = (this.files[0] as TreePath).pace;
    return hashBatch(this.slot, paths, onlyPool, readAhead);
  }
}

/** Cuts a list where the file system changes. */
export function* alike(files: readonly TreePath[]): Iterable<readonly TreePath[]> {
  let from = 0;
  for (let i = 1; i <= files.length; i++) {
    if (files[i]?.pace === files[from]?.pace) continue;
    yield files.slice(from, i);
    from = i;
  }
}
