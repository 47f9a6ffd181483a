/**
 * Hashing on several threads: the paths go out in batches, the digests come back, and everything else stays here.
 *
 *     recvMany --a task per batch, at most so many at once--> hashBatch on any thread --> OrderedOutput
 *
 * This thread takes a batch itself when the others have enough to do.
 */
import {
  type Async,
  ERR_WORKER_LOST,
  type Future,
  fn,
  type mpsc,
  type Permit,
  type Scope,
  select,
  spawn,
} from "treadle";
import { alike, Batch } from "./batch.ts";
import { BatchSize } from "./batch-size.ts";
import type { BytePath } from "./byte-path.ts";
import { checksumLine } from "./checksum-line.ts";
import { noteFailure, noteReason } from "./failure.ts";
import { type BatchResult, DIGEST_LENGTH } from "./hash-batch.ts";
import { LARGE, OWN } from "./hash-file.ts";
import type { Job, TreePath } from "./job.ts";
import type { Live } from "./live.ts";

/** Sends all files out; the tasks that wait for them are the scope's. */
export const dispatchToThreads: (
  job: Job,
  live: Live,
  s: Scope,
  files: mpsc.Receiver<TreePath>,
) => Future<void> = fn(function* dispatchToThreads(job, live, s, files) {
  const size = new BatchSize();
  for (let at = 0; ; ) {
    // The slot first: while none is free the walk goes on, and the next batch gets its full size.
    let slot: Slot | undefined = yield* freeSlot(job);
    const received = yield* files.recvMany(slot.isHere ? Math.ceil(size.files / 2) : size.files);
    if (received.length === 0) {
      slot.permit.release();
      return;
    }
    (yield* job.output.place(received.length)).forget();
    for (const part of alike(received)) {
      slot ??= yield* freeSlot(job);
      s.spawn(hashPart, job, s, new Batch(at, part, live), slot, size);
      slot = undefined;
      at += part.length;
    }
  }
});

/** The right to have one batch in work, on another thread or on this one. */
interface Slot {
  readonly permit: Permit;
  readonly isHere: boolean;
}

/** Waits for a slot of the other threads; or for the one of this thread, which helps when they have enough to do. */
const freeSlot = fn(function* freeSlot({ slots, slotHere }: Job): Async<Slot> {
  const permit = slots.tryAcquire();
  if (permit !== undefined) return { permit, isHere: false };
  const { key, value } = yield* select({ there: slots.acquire(), here: slotHere.acquire() });
  return { permit: value, isHere: key === "here" };
});

/** Has a batch hashed; each file that turns out to be large gets a task of its own. */
function* hashPart(job: Job, s: Scope, batch: Batch, slot: Slot, size: BatchSize): Async<void> {
  const large = yield* hashAndNote(job, batch, slot, size);
  for (const i of large) {
    const file = batch.files[i] as TreePath;
    const itsSlot = yield* freeSlot(job);
    s.spawn(hashPart, job, s, new Batch(batch.at + i, [file], batch.live), itsSlot, size);
  }
}

/** Has a batch hashed and puts out what came of it; the indices of files that are still to be hashed. */
const hashAndNote = fn(function* hashAndNote(
  job: Job,
  batch: Batch,
  slot: Slot,
  size: BatchSize,
): Async<readonly number[]> {
  job.tally.inWork.add(batch);
  try {
    const isCoreIdle = job.tally.inWork.size < job.options.threads;
    const result = yield* slot.isHere ? batch.call(isCoreIdle) : sendTwice(batch, isCoreIdle);
    size.took(result.ms, batch.files.length);
    count(job, result);
    if (slot.isHere) job.tally.hashedHere += result.digests.length / DIGEST_LENGTH;
    return noteResults(job, batch, result);
  } catch (error) {
    for (const [i, { path }] of batch.files.entries()) {
      noteFailure(job, path, error);
      finish(job, batch.at + i, "");
    }
    return [];
  } finally {
    job.tally.inWork.delete(batch);
    batch.live.giveBack(batch.slot);
    slot.permit.release();
  }
});

/** Sends a batch to a thread; once more if that thread dies, for it need not be the batch's fault. */
const sendTwice = fn(function* sendTwice(batch: Batch, readAhead: boolean): Async<BatchResult> {
  try {
    return yield* send(batch, readAhead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== ERR_WORKER_LOST) throw error;
    return yield* send(batch, readAhead);
  }
});

/** Runs it on a thread; if it is dropped, no thread works on it any more when it is gone. */
const send = fn(function* send(batch: Batch, readAhead: boolean): Async<BatchResult> {
  const task = spawn(batch.call(readAhead));
  try {
    return yield* task;
  } finally {
    task.abort();
    yield* task.outcome();
  }
});

function count(job: Job, result: BatchResult): void {
  const { tally } = job;
  tally.read(result.bytes);
  tally.hashedBytes += result.hashedBytes;
  tally.readInPlace += result.readInPlace;
  tally.readByPool += result.readByPool;
}

/** Puts the lines out; the indices of the files that are large. */
function noteResults(job: Job, batch: Batch, { digests, unhashed }: BatchResult): number[] {
  const large: number[] = [];
  let others = 0;
  for (const [index, { path }] of batch.files.entries()) {
    const other = unhashed[others];
    if (other?.index === index) {
      others++;
      if (other.why === LARGE) large.push(index);
      else noteUnhashed(job, path, batch.at + index, other.why);
    } else {
      const from = (index - others) * DIGEST_LENGTH;
      job.tally.hashed++;
      finish(job, batch.at + index, checksumLine(digests.slice(from, from + DIGEST_LENGTH), path));
    }
  }
  return large;
}

function noteUnhashed(job: Job, path: BytePath, at: number, why: string): void {
  if (why !== OWN) noteReason(job, path, why);
  finish(job, at, "");
}

function finish(job: Job, at: number, line: BytePath): void {
  job.output.put(at, line);
  job.tally.done++;
}
