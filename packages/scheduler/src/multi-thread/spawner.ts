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
  encodeArguments,
  finishEncoding,
  type Outcome,
  OwnedTasks,
  type SendFuture,
  type SendMessage,
  spawnOn,
  spawnSite,
  type Task,
  takeMessage,
} from "@treadle/task";
import { segmentFull } from "./error.ts";
import type { Fabric } from "./fabric.ts";
import { NO_CELL, type RemoteOwner, RemoteTask } from "./remote-task.ts";

/** What the spawner asks of its thread. */
export interface SpawningThread {
  /** An unstarted task is to be run by whichever worker is free first. */
  offer(entry: number): void;
  /** An unstarted task is to be run by one worker, which is sent its arguments. */
  direct(cell: number, entry: number, message: SendMessage): void;
  /** Tells the thread that runs a task that it is to be cancelled. */
  sendAbort(cell: number, executor: number): void;
  /** What came with the result by message port; undefined while it has not come. */
  takeParcel(cell: number): SendMessage | undefined;
  failed(task: Task<unknown>, error: unknown, awaited: boolean): void;
  terminated(task: Task<unknown>): void;
}

/** The thread's own half of every task that was spawned on it and runs elsewhere. */
export class Spawner implements RemoteOwner {
  private readonly thread: SpawningThread;
  private readonly fabric: Fabric;
  private readonly proxies = new OwnedTasks();

  constructor(thread: SpawningThread, fabric: Fabric) {
    this.thread = thread;
    this.fabric = fabric;
  }

  /** Tasks that have not ended. */
  get size(): number {
    return this.proxies.size;
  }

  /** Spawns a call that any thread can start. */
  spawn<T>(future: SendFuture<T>): RemoteTask<T> {
    const { fabric } = this;
    const source = future.function;
    const cell = fabric.allocateCell();
    if (cell === NO_CELL) throw segmentFull(fabric.limit);
    const where = this.writeArguments(future, cell);
    const task = new RemoteTask<T>(source, spawnSite(source, spawnOn), this, cell);
    future.takeArguments();
    if (!this.proxies.bind(task as Task<unknown>)) {
      fabric.dropArguments(cell);
      fabric.freeCell(cell);
      task.settle({ status: "cancelled", error: undefined as never });
      return task;
    }
    fabric.describe(cell, task.id, fabric.keys.numberOf(source.key), task.ownedAt);
    const entry = fabric.publish(cell);
    if (where === BESIDE) this.thread.direct(cell, entry, takeMessage());
    else this.thread.offer(entry);
    return task;
  }

  /** Writes the arguments into the cell, or to a block of the heap that the cell then names. */
  private writeArguments(future: SendFuture<unknown>, cell: number): number {
    const { fabric } = this;
    const args = future.arguments ?? [];
    try {
      const length = encodeArguments(args, fabric.area, fabric.inlineAt(cell), fabric.inlineBytes);
      if (length >= 0) fabric.setArguments(cell, 0);
      else if (length !== BESIDE) this.writeLarge(cell, -length);
      return length;
    } catch (error) {
      fabric.freeCell(cell);
      throw error;
    }
  }

  private writeLarge(cell: number, bytes: number): void {
    const { fabric } = this;
    const block = fabric.allocate(bytes);
    if (block < 0) throw segmentFull(fabric.limit);
    finishEncoding(fabric.area, block * 4);
    fabric.setArguments(cell, block);
  }

  abortRemote(task: RemoteTask<unknown>): void {
    const executor = this.fabric.requestAbort(task.cell);
    if (executor >= 0) this.thread.sendAbort(task.cell, executor);
  }

  forgetRemote(task: RemoteTask<unknown>): void {
    task.cell = NO_CELL;
  }

  /** A cell has come back: the task has ended. */
  returned(cell: number): void {
    const { fabric } = this;
    const task = this.proxyOf(cell);
    if (task === null) {
      fabric.dropResult(cell);
      fabric.freeCell(cell);
      return;
    }
    const outcome = this.readOutcome(cell, task);
    fabric.freeCell(cell);
    task.settle(outcome);
  }

  private proxyOf(cell: number): RemoteTask<unknown> | null {
    const task = this.proxies.at(this.fabric.proxyOf(cell)) as RemoteTask<unknown> | null;
    return task !== null && task.cell === cell ? task : null;
  }

  private readOutcome(cell: number, task: RemoteTask<unknown>): Outcome<unknown> {
    const { fabric } = this;
    const at = fabric.resultAt(cell);
    try {
      if (at < 0) throw segmentFull(fabric.limit);
      return decodeOutcome(fabric.area, at, undefined, task.function, task.site);
    } catch (error) {
      return { status: "failed", error };
    } finally {
      fabric.dropResult(cell);
    }
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
    this.thread.terminated(task);
    this.proxies.remove(task);
  }

  failed(task: Task<unknown>, error: unknown, awaited: boolean): void {
    this.thread.failed(task, error, awaited);
  }
}
