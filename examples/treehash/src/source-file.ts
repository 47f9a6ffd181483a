/**
 * One file that is being read.
 *
 * **Opening** never blocks and never has an effect: a symbolic link or a fifo that has taken the place of a file since
 * the directory was read is refused, not followed and not waited for.
 *
 * **Dropping.** A read that a thread of the pool is busy with cannot be called back. So `release()`, which is all that a
 * cancelled or timed-out task does, waits for nothing: the descriptor is closed when that read returns.
 */
import { closeSync, constants, fstatSync, open, openSync, read, readSync } from "node:fs";
import { type Future, fromPromise } from "treadle";
import { type BytePath, systemPath } from "./byte-path.ts";
import { Replaced } from "./failure.ts";
import type { OwnFiles } from "./own-files.ts";

// What Windows does not have is undefined there, and counts as 0.
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** How a link is refused that was a file when the directory was read. */
const LINK_CODES = new Set(["ELOOP", "EMLINK"]);

export class SourceFile {
  /** Bytes, as told when it was opened; files that the kernel makes up have 0. */
  size = 0;
  /** Whether it is one that this run writes. */
  isOwn = false;
  private readonly own: OwnFiles;
  private fd = -1;
  private busy = false;
  private released = false;

  constructor(own: OwnFiles) {
    this.own = own;
  }

  /** Opens it on this thread. */
  openInPlace(path: BytePath): void {
    try {
      this.fd = openSync(systemPath(path), FLAGS);
    } catch (error) {
      throw explained(error);
    }
    this.look();
  }

  /** Opens it by the pool. */
  open(path: BytePath): Future<void> {
    return fromPromise(
      new Promise<void>((resolve, reject) => {
        this.busy = true;
        open(systemPath(path), FLAGS, (error, fd) => {
          if (error === null) this.fd = fd;
          this.settled();
          if (error === null) resolve();
          else reject(explained(error));
        });
      }).then(() => this.look()),
    );
  }

  /** Reads from `position` on this thread; how many bytes. */
  readInPlace(buffer: Buffer, length: number, position: number): number {
    return readSync(this.fd, buffer, 0, length, position);
  }

  /** Reads from `position` by the pool; one read at a time. */
  read(buffer: Buffer, position: number): Future<number> {
    return fromPromise(
      new Promise<number>((resolve, reject) => {
        this.busy = true;
        read(this.fd, buffer, 0, buffer.length, position, (error, count) => {
          this.settled();
          if (error === null) resolve(count);
          else reject(error);
        });
      }),
    );
  }

  /** Closes it, as soon as nothing reads it. */
  release(): void {
    this.released = true;
    if (!this.busy) this.close();
  }

  private settled(): void {
    this.busy = false;
    if (this.released) this.close();
  }

  private close(): void {
    const { fd } = this;
    this.fd = -1;
    if (fd >= 0) closeSync(fd);
  }

  private look(): void {
    if (this.released) return;
    const stats = fstatSync(this.fd);
    if (!stats.isFile()) throw new Replaced();
    this.size = stats.size;
    this.isOwn = this.own.hasFile(stats);
  }
}

function explained(error: unknown): unknown {
  return LINK_CODES.has((error as NodeJS.ErrnoException).code ?? "") ? new Replaced() : error;
}
