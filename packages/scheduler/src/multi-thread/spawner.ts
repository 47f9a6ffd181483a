/**
 * What a thread has in others: the cells that it owns, and the tasks that stand for them here.
 *
 * A cell is taken from this thread's pool, filled, and offered; from then on it belongs to whoever claims it, and comes back
 * by mail. Its `proxy` word says which of `proxies` stands for it; one that was given up meanwhile is no longer there, and
 * the cell is only freed.
 */
import {
  BESIDE,
  decodeOutcome,
  discardArguments,
  encodeArguments,
  finishEncoding,
  type Outcome,
  OwnedTasks,
  type SendFuture,
  type SendMessage,
  spawnBlockingOn,
  spawnOn,
  spawnSite,
  type Task,
  takeMessage,
} from "@treadle/task";
import {
  CANCELLED as ABORTED,
  Abort,
  Fate,
  INLINE_BYTES,
  MailKind,
  Phase,
  payloadOf,
  phaseOf,
} from "@treadle/task/shared";
import { moduleEndsThreads, segmentFull, workerLost } from "./error.ts";
import { BY_PORT, type Fabric, Sort } from "./fabric.ts";
import { ImportDeaths } from "./import-deaths.ts";
import { type ReceivedMessage, readable } from "./parcels.ts";
import { type JobOwner, RemoteJob } from "./remote-job.ts";
import { NO_CELL, newRemoteTask, type RemoteTask } from "./remote-task.ts";

/** What the spawner asks of its thread. */
export interface SpawningThread {
  /** An unstarted task is to be run by whichever worker is free first. */
  offer(entry: number): void;
  /** Whether one more unstarted task can be offered. */
  hasRoom(): boolean;
  /** An unstarted task is to be run by one worker, which is sent its arguments. */
  direct(task: RemoteTask<unknown>, entry: number, message: SendMessage): void;
  /** A task that was directed to that thread has ended. */
  directedEnded(to: number): void;
  /** Whether what belongs to a result has come by message port. */
  hasParcel(cell: number, task: number): boolean;
  /** Whether the arguments of a task lie here still, since all workers are blocked in place. */
  keepsParcel(cell: number): boolean;
  /** What has come with a result by message port. */
  takeParcel(cell: number): ReceivedMessage | undefined;
  /** Takes in what has come by message port. */
  receiveParcels(): void;
  /** Whether one more job can be put in line. */
  hasJobRoom(): boolean;
  /** A job is to be run by whichever thread of the blocking pool is free first. */
  offerJob(entry: number): void;
  /** As `offerJob`, for one whose arguments come by message port. */
  directJob(job: RemoteJob<unknown>, entry: number, message: SendMessage): void;
  /** A job has ended. */
  jobEnded(): void;
  failed(task: Task<unknown>, error: unknown, awaited: boolean): void;
  terminated(task: Task<unknown>): void;
}

type NameOf = (ref: number) => { readonly worker: string; readonly why: string };

const CANCELLED = { status: "cancelled", error: undefined as never } as const;

/** The thread's own half of every task that was spawned on it and runs elsewhere. */
export class Spawner implements JobOwner {
  private readonly thread: SpawningThread;
  private readonly fabric: Fabric;
  private readonly proxies = new OwnedTasks();
  /** Cells that are back before what belongs to their results. */
  private readonly awaited = new Set<number>();
  /** Jobs of the blocking pool that have not ended. */
  private jobs = 0;
  private readonly importDeaths: ImportDeaths;

  constructor(thread: SpawningThread, fabric: Fabric) {
    this.thread = thread;
    this.fabric = fabric;
    this.importDeaths = new ImportDeaths(fabric);
  }

  /** Tasks that have not ended. */
  get size(): number {
    return this.proxies.size;
  }

  /** Spawns a call that any thread can start. */
  spawn<T>(future: SendFuture<T>): RemoteTask<T> {
    const { fabric } = this;
    const source = future.function;
    const key = fabric.shared.keys.intern(source.key);
    const cell = key >= 0 && this.thread.hasRoom() ? fabric.place.pool.allocate() : -1;
    if (cell < 0) throw segmentFull(fabric.shared.segment.limitBytes);
    const length = this.writeArguments(future, cell);
    const task = newRemoteTask<T>(source, spawnSite(source, spawnOn), this, cell);
    future.takeArguments();
    if (!this.proxies.bind(task as Task<unknown>)) return this.refuse(task);
    fabric.describe(cell, task.id, key, task.ownedAt, Sort.TASK);
    const entry = fabric.cells.enqueue(cell);
    if (length === BESIDE) this.direct(task as RemoteTask<unknown>, entry);
    else this.thread.offer(entry);
    return task;
  }

  /** Tasks that have not ended, without the jobs of the blocking pool. */
  get tasks(): number {
    return this.proxies.size - this.jobs;
  }

  /** As `spawn`, for the blocking pool. */
  spawnJob<T>(future: SendFuture<T>, mandatory: boolean): RemoteJob<T> {
    const { fabric } = this;
    const source = future.function;
    const key = fabric.shared.keys.intern(source.key);
    const cell = key >= 0 && this.thread.hasJobRoom() ? fabric.place.pool.allocate() : -1;
    if (cell < 0) throw segmentFull(fabric.shared.segment.limitBytes);
    const length = this.writeArguments(future, cell);
    const job = new RemoteJob<T>(source, spawnSite(source, spawnBlockingOn), this, cell, mandatory);
    this.jobs++;
    future.takeArguments();
    if (!this.proxies.bind(job as Task<unknown>)) {
      this.refuse(job);
      return job;
    }
    const sort = mandatory ? Sort.MANDATORY_JOB : Sort.JOB;
    fabric.describe(cell, job.id, key, job.ownedAt, sort);
    const entry = fabric.cells.enqueue(cell);
    if (length === BESIDE) this.direct(job as RemoteJob<unknown>, entry);
    else this.thread.offerJob(entry);
    // The pool may have ended before it could see the job; if it did see it, this does nothing.
    if (fabric.participants.isClosed) job.abort();
    return job;
  }

  /** Sends what cannot lie in memory; a call that brings what Node does not give away was never spawned. */
  private direct(task: RemoteTask<unknown>, entry: number): void {
    const message = takeMessage();
    try {
      if (task instanceof RemoteJob) this.thread.directJob(task, entry, message);
      else this.thread.direct(task, entry, message);
    } catch (error) {
      this.unspawn(task, message);
      throw error;
    }
  }

  private unspawn(task: RemoteTask<unknown>, { bytes, beside }: SendMessage): void {
    const { fabric } = this;
    const { cell } = task;
    fabric.cells.withdraw(cell);
    if (bytes.byteLength > 0) discardArguments(fabric.areaOf(bytes), 0, beside);
    fabric.freeArguments(cell);
    fabric.place.pool.free(cell);
    task.cell = NO_CELL;
    this.forget(task);
  }

  withdrawRemote(task: RemoteTask<unknown>): void {
    const { fabric } = this;
    const { cell } = task;
    if (cell === NO_CELL || !fabric.cells.withdraw(cell)) return;
    fabric.discardArguments(cell);
    fabric.place.pool.free(cell);
    task.settle(CANCELLED);
  }

  /** Fails the tasks that no thread has begun, for none will. */
  failUnstarted(error: Error): void {
    for (const task of this.pending()) {
      if (task.isJob || !this.fabric.cells.withdraw(task.cell)) continue;
      this.fabric.freeArguments(task.cell);
      this.lose(task, error);
    }
  }

  /** The runtime is shut down. */
  private refuse<T>(task: RemoteTask<T>): RemoteTask<T> {
    this.fabric.discardArguments(task.cell);
    this.fabric.place.pool.free(task.cell);
    task.settle(CANCELLED);
    return task;
  }

  /** Writes the arguments into the cell, or to a block of the heap that the cell then names. */
  private writeArguments(future: SendFuture<unknown>, cell: number): number {
    const { fabric } = this;
    const args = future.arguments ?? [];
    try {
      const length = encodeArguments(args, fabric.area, fabric.inlineAt(cell), INLINE_BYTES);
      if (length >= 0) fabric.setArguments(cell, 0);
      else if (length === BESIDE) fabric.setArguments(cell, BY_PORT);
      else this.writeLarge(cell, -length);
      return length;
    } catch (error) {
      fabric.place.pool.free(cell);
      throw error;
    }
  }

  private writeLarge(cell: number, bytes: number): void {
    const { fabric } = this;
    const block = fabric.place.heap.allocate(bytes);
    if (block < 0) throw segmentFull(fabric.shared.segment.limitBytes);
    finishEncoding(fabric.area, payloadOf(block));
    fabric.setArguments(cell, block);
  }

  abortRemote(task: RemoteTask<unknown>): void {
    const { cells } = this.fabric;
    if (cells.abort(task.cell) !== Abort.MAIL) return;
    // One that is gone will be found to be dead, and the task with it.
    this.fabric.mail(cells.executor(task.cell), task.cell, MailKind.ABORT);
  }

  forgetRemote(task: RemoteTask<unknown>): void {
    task.cell = NO_CELL;
  }

  /** A cell has come back: the task has ended. */
  returned(cell: number): void {
    const { fabric } = this;
    const task = this.proxyOf(cell);
    if (task === null) {
      fabric.discardResult(cell);
      fabric.place.pool.free(cell);
      return;
    }
    const at = fabric.resultAt(cell);
    if (at === BY_PORT && !this.hasParcel(cell, task.id)) {
      this.awaited.add(cell);
      return;
    }
    const outcome = this.readOutcome(cell, at, task);
    this.importDeaths.ran(fabric.keyOf(cell));
    fabric.place.pool.free(cell);
    task.settle(outcome);
  }

  /** Whether what belongs to a result is here; sent straight it is, as it was sent before the cell. */
  private hasParcel(cell: number, task: number): boolean {
    if (this.thread.hasParcel(cell, task)) return true;
    this.thread.receiveParcels();
    return this.thread.hasParcel(cell, task);
  }

  /** What is to come beside a result has come. */
  parcelCame(cell: number): void {
    if (this.awaited.delete(cell)) this.returned(cell);
  }

  /** The task of that cell and id, if it is still in line. */
  inLine(cell: number, id: number): RemoteTask<unknown> | null {
    const task = this.proxyOf(cell);
    const isIt = task !== null && task.id === id;
    return isIt && phaseOf(this.fabric.cells.state(cell)) === Phase.QUEUED ? task : null;
  }

  private proxyOf(cell: number): RemoteTask<unknown> | null {
    const task = this.proxies.at(this.fabric.proxyOf(cell)) as RemoteTask<unknown> | null;
    return task !== null && task.cell === cell ? task : null;
  }

  private readOutcome(cell: number, at: number, task: RemoteTask<unknown>): Outcome<unknown> {
    const { fabric } = this;
    try {
      if (at !== BY_PORT)
        return decodeOutcome(fabric.area, at, undefined, task.function, task.site);
      const message = readable(this.thread.takeParcel(cell) as ReceivedMessage);
      return decodeOutcome(
        fabric.areaOf(message.bytes),
        0,
        message.beside,
        task.function,
        task.site,
      );
    } catch (error) {
      return { status: "failed", error };
    } finally {
      fabric.freeResult(cell);
    }
  }

  /** Somebody has died, and all mail since has been taken in: sees what has become of each task. */
  sweep(nameOf: NameOf): void {
    this.importDeaths.look();
    for (const task of this.pending()) this.seeAfter(task, nameOf);
  }

  private seeAfter(task: RemoteTask<unknown>, nameOf: NameOf): void {
    const { fabric } = this;
    const { cell } = task;
    const ref = fabric.cells.executor(cell);
    switch (fabric.cells.fate(cell, fabric.participants)) {
      case Fate.RUNNING:
        return;
      case Fate.DONE:
        this.returned(cell);
        return;
      case Fate.QUEUED:
        if (!this.isGivenUp(task)) this.offerAgain(task, nameOf);
        return;
      case Fate.LOST: {
        const { worker, why } = nameOf(ref);
        this.lose(task, workerLost(`${task.name} (task ${task.id})`, worker, why));
      }
    }
  }

  /** Fails a task whose module ends all threads that import it. */
  private isGivenUp(task: RemoteTask<unknown>): boolean {
    const { fabric } = this;
    const { cell } = task;
    const key = fabric.keyOf(cell);
    const why = this.importDeaths.reason(key);
    if (why === undefined || !fabric.cells.withdraw(cell)) return false;
    fabric.discardArguments(cell);
    this.lose(task, moduleEndsThreads(fabric.shared.keys.nameOf(key), why));
    return true;
  }

  private offerAgain(task: RemoteTask<unknown>, nameOf: NameOf): void {
    if (task.directedTo >= 0) {
      if (this.fabric.participants.isCurrent(task.directedTo)) return;
      // What was never sent is sent to another.
      if (this.thread.keepsParcel(task.cell)) return;
      const wasAborted = (this.fabric.cells.state(task.cell) & ABORTED) !== 0;
      if (!this.fabric.cells.withdraw(task.cell)) return;
      if (wasAborted) {
        this.fabric.place.pool.free(task.cell);
        task.settle(CANCELLED);
        return;
      }
      const { worker, why } = nameOf(task.directedTo);
      this.lose(task, workerLost(`${task.name} (task ${task.id})`, worker, why));
      return;
    }
    const entry = this.fabric.cells.reoffer(task.cell);
    if (entry === 0) return;
    if (task.isJob) this.thread.offerJob(entry);
    else this.thread.offer(entry);
  }

  private lose(task: RemoteTask<unknown>, error: Error): void {
    this.fabric.place.pool.free(task.cell);
    task.settle({ status: "failed", error });
  }

  /** Refuses new tasks and asks for the end of all. */
  close(): void {
    this.proxies.closeAndShutdownAll();
  }

  /** Those that have not ended. */
  pending(): RemoteTask<unknown>[] {
    return this.proxies.toArray() as RemoteTask<unknown>[];
  }

  // Schedule: nothing wakes a task that is elsewhere.

  schedule(_task: Task<unknown>): void {}

  yieldNow(_task: Task<unknown>): void {}

  release(task: Task<unknown>): void {
    const remote = task as RemoteTask<unknown>;
    this.thread.terminated(task);
    this.forget(remote);
    if (remote.isJob) this.thread.jobEnded();
  }

  private forget(task: RemoteTask<unknown>): void {
    this.proxies.remove(task as Task<unknown>);
    if (task.isJob) {
      this.jobs--;
      return;
    }
    const to = task.directedTo;
    if (to >= 0) this.thread.directedEnded(to);
  }

  failed(task: Task<unknown>, error: unknown, awaited: boolean): void {
    this.thread.failed(task, error, awaited);
  }
}
