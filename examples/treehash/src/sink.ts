/**
 * Where the list is written to.
 *
 * A file that is asked for by name gets its list under a passing name beside it, and is replaced in one step by
 * `commit()`: whoever looks at it sees the old list or a whole new one. What is no regular file (`/dev/null`, a fifo)
 * is written to as it is.
 *
 * Writes go through the pool: a reader who takes nothing, such as `less`, holds up the list and not the rest.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  open,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  write,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Async, type Future, fn, fromPromise, sleep } from "treadle";

const { O_CREAT, O_EXCL, O_WRONLY } = constants;

/** How long to wait before a full pipe that does not block is tried again; in ms. */
const FULL_PIPE = 5;

/** An open list. */
export interface Sink {
  readonly fd: number;
  /** The file that is asked for, without links; undefined for standard output. */
  readonly target: string | undefined;
  /** The file that is written and then put in the target's place, where there is one. */
  readonly passing: string | undefined;
}

/** Opens the list; `undefined` is standard output. Fails as `open` does. */
export const openSink: (file: string | undefined) => Future<Sink> = fn(function* openSink(file) {
  if (file === undefined) return { fd: 1, target: undefined, passing: undefined };
  const before = statSync(file, { throwIfNoEntry: false });
  if (before !== undefined && !before.isFile()) {
    return { fd: yield* openFile(file, O_WRONLY), target: file, passing: undefined };
  }
  // A link stays a link: what it leads to is replaced.
  const target = before === undefined ? file : realpathSync(file);
  const passing = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
  const fd = yield* openFile(passing, O_WRONLY | O_CREAT | O_EXCL);
  if (before !== undefined) fchmodSync(fd, before.mode);
  return { fd, target, passing };
});

const openFile = fn(function* openFile(file: string, flags: number): Async<number> {
  return yield* fromPromise(
    new Promise<number>((resolve, reject) => {
      open(file, flags, 0o666, (error, fd) => (error === null ? resolve(fd) : reject(error)));
    }),
  );
});

/** Writes all of `bytes`. */
export const writeAll: (sink: Sink, bytes: Buffer) => Future<void> = fn(
  function* writeAll(sink, bytes) {
    for (let at = 0; at < bytes.length; ) {
      const count = yield* fromPromise(writeSome(sink.fd, bytes, at));
      at += count;
      if (count === 0) yield* sleep(FULL_PIPE);
    }
  },
);

/** How many bytes were written; 0 where there is no room. */
function writeSome(fd: number, bytes: Buffer, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, at, bytes.length - at, null, (error, count) => {
      if (error === null) resolve(count);
      else if (error.code === "EAGAIN") resolve(0);
      else reject(error);
    });
  });
}

/** Closes a list that is as it should be, and puts it in its place. */
export function commit(sink: Sink): void {
  if (sink.target === undefined) return;
  closeSync(sink.fd);
  if (sink.passing !== undefined) renameSync(sink.passing, sink.target);
}

/** Closes a list that is to be forgotten. */
export function discard(sink: Sink): void {
  if (sink.target === undefined) return;
  closeSync(sink.fd);
  if (sink.passing !== undefined) rmSync(sink.passing, { force: true });
}

/** The files that it writes; none for standard output. */
export function pathsOf(sink: Sink): string[] {
  return [sink.target, sink.passing].filter((path) => path !== undefined);
}
