/**
 * Running on this thread what any thread has spawned.
 *
 * **A cell's way.** Claimed (one CAS; whoever fails it forgets the entry), arguments read and their memory freed, run as a
 * local task of this thread that stays here, result written into the cell or a block of this thread's heap, marked done,
 * mailed back. A cell that was aborted meanwhile goes back only after the abort's own mail has come, so that it is never in
 * two places when it is used again.
 */
import type { Async, Future, Named } from "@treadle/core";
import {
  BESIDE,
  decodeArguments,
  discardArguments,
  discardOutcome,
  encodeOutcome,
  findSendable,
  finishEncoding,
  JoinError,
  type Outcome,
  type Schedule,
  type SendFunction,
  type SendMessage,
  type Task,
  type TaskId,
  takeMessage,
} from "@treadle/task";
import { CANCELLED, cellOf, INLINE_BYTES, MailKind, payloadOf } from "@treadle/task/shared";
import { BY_PORT, type Fabric } from "./fabric.ts";
import { type ReceivedMessage, readable } from "./parcels.ts";
import { newStartedTask, StartedTask } from "./started-task.ts";

/** A function that could not be found. */
class Missing implements Named {
  readonly name: string;
  readonly error: unknown;

  constructor(name: string, error: unknown) {
    this.name = name;
    this.error = error;
  }
}

type Known = SendFunction | Missing;

/** What the executor asks of its thread. */
export interface ExecutingThread extends Schedule {
  /** Takes a task onto the list of live tasks; false when the thread shuts down. */
  own(task: Task<unknown>): boolean;
  /** The live task at a place on that list, or null. */
  ownedAt(place: number): Task<unknown> | null;
  /** A cell that this thread has spawned itself is done. */
  returned(cell: number): void;
  /** Another thread is about to be told that its task has ended. */
  telling(): void;
  /** These entries can be started now. */
  startable(entries: readonly number[]): void;
  /** What has come with the arguments by message port. */
  takeParcel(cell: number): ReceivedMessage | undefined;
  /** Sends a result that cannot lie in shared memory to the thread that a reference names. */
  sendParcel(cell: number, spawner: number, message: SendMessage): void;
}

/** The thread's half of every task that it runs for another. */
export class Executor implements Schedule {
  private readonly thread: ExecutingThread;
  private readonly fabric: Fabric;
  /** The functions by the numbers that stand for their names. */
  private readonly functions = new Map<number, Known>();
  /** Entries whose modules are being imported, by the numbers of their functions. */
  private readonly waiting = new Map<number, number[]>();
  private started = 0;
  /** Done, but an abort is still on its way. */
  private held = 0;

  constructor(thread: ExecutingThread, fabric: Fabric) {
    this.thread = thread;
    this.fabric = fabric;
  }

  /** Tasks that were spawned on other threads and run here. */
  get running(): number {
    return this.started;
  }

  /** Cells that this thread has claimed and not sent back. */
  get size(): number {
    return this.started + this.held;
  }

  /**
   * Starts what an entry of a queue stands for; null when somebody else has it, when it was aborted before, or when the module
   * of its function must be imported first: then it waits unclaimed, so that it is not lost with this thread.
   */
  start(entry: number): Task<unknown> | null {
    const { fabric } = this;
    const cell = cellOf(entry);
    // If the entry is stale the key may be another one's; then the claim fails.
    const number = fabric.keyOf(cell);
    const known = this.functions.get(number) ?? this.find(number, entry);
    if (known === null) return null;
    const state = fabric.cells.claim(entry, fabric.ref);
    if (state === 0) return null;
    if ((state & CANCELLED) !== 0) {
      this.endUnpolled(cell);
      return null;
    }
    return this.begin(cell, known);
  }

  /** Ends what nobody has started, and will not run: as cancelled, or failed with `error`; false if somebody else has it. */
  refuse(entry: number, error: unknown): boolean {
    const { fabric } = this;
    const cell = cellOf(entry);
    if (fabric.cells.claim(entry, fabric.ref) === 0) return false;
    if (error === undefined) {
      this.endUnpolled(cell);
      return true;
    }
    this.discardArguments(cell);
    this.writeOutcome(cell, { status: "failed", error });
    this.finish(cell);
    return true;
  }

  private begin(cell: number, known: Known): Task<unknown> | null {
    const { fabric } = this;
    const id = fabric.idOf(cell) as TaskId;
    const task = newStartedTask(this.call(known, cell), known, this, id, cell);
    this.started++;
    if (this.thread.own(task)) {
      fabric.setRunner(cell, task.ownedAt);
      return task;
    }
    task.shutdown();
    return null;
  }

  private call(known: Known, cell: number): Async<unknown> | Future<unknown> {
    try {
      const args = this.readArguments(cell);
      return known instanceof Missing ? failing(known.error) : known.start(args);
    } catch (error) {
      return failing(error);
    }
  }

  /** The function, if its module is loaded; otherwise the entry waits until it is. */
  private find(number: number, entry: number): Known | null {
    const waiting = this.waiting.get(number);
    if (waiting !== undefined) {
      waiting.push(entry);
      return null;
    }
    const key = this.fabric.shared.keys.nameOf(number);
    const found = findSendable(key);
    if (!(found instanceof Promise)) {
      this.functions.set(number, found);
      return found;
    }
    this.waiting.set(number, [entry]);
    this.fabric.setImporting(number);
    found.then(
      (source) => this.imported(number, source),
      (error) => this.imported(number, new Missing(nameOf(key), error)),
    );
    return null;
  }

  private imported(number: number, found: Known): void {
    this.functions.set(number, found);
    const entries = this.waiting.get(number) ?? [];
    this.waiting.delete(number);
    if (this.waiting.size === 0) this.fabric.setImporting(-1);
    this.thread.startable(entries);
  }

  /** Whether tasks wait for a module. */
  get isImporting(): boolean {
    return this.waiting.size > 0;
  }

  private readArguments(cell: number): unknown[] {
    const { fabric } = this;
    const at = fabric.argumentsAt(cell);
    try {
      if (at !== BY_PORT) return decodeArguments(fabric.area, at);
      const message = readable(this.thread.takeParcel(cell) as ReceivedMessage);
      return decodeArguments(fabric.areaOf(message.bytes), 0, message.beside);
    } finally {
      fabric.freeArguments(cell);
    }
  }

  /** Nobody reads the arguments: ends of channels among them are closed. */
  private discardArguments(cell: number): void {
    const { fabric } = this;
    if (fabric.argumentsAt(cell) === BY_PORT) {
      const message = this.thread.takeParcel(cell);
      if (message !== undefined && message.bytes.byteLength > 0) {
        discardArguments(fabric.areaOf(message.bytes), 0, message.beside);
      }
    }
    fabric.discardArguments(cell);
  }

  /** It was aborted before anybody had started it. */
  private endUnpolled(cell: number): void {
    const { fabric } = this;
    this.discardArguments(cell);
    this.writeOutcome(cell, { status: "cancelled", error: JoinError.of(fabric.idOf(cell)) });
    this.finish(cell);
  }

  /** An abort has come by mail. */
  abort(cell: number): void {
    if (!this.fabric.cells.takeAbort(cell)) {
      this.runnerOf(cell)?.abort();
      return;
    }
    this.held--;
    this.sendBack(cell);
  }

  /** The task that runs a cell. */
  private runnerOf(cell: number): Task<unknown> | null {
    const task = this.thread.ownedAt(this.fabric.runnerOf(cell));
    return task instanceof StartedTask && task.cell === cell ? task : null;
  }

  private writeOutcome(cell: number, outcome: Outcome<unknown>): void {
    const { fabric } = this;
    const length = encodeOutcome(outcome, fabric.area, fabric.inlineAt(cell), INLINE_BYTES);
    if (length >= 0) fabric.setResult(cell, 0);
    else if (length === BESIDE) this.sendBeside(cell);
    else this.writeLarge(cell, -length);
  }

  private sendBeside(cell: number): void {
    const { fabric } = this;
    const message = takeMessage();
    try {
      this.thread.sendParcel(cell, fabric.cells.spawner(cell), message);
      fabric.setResult(cell, BY_PORT);
    } catch (error) {
      const { bytes, beside } = message;
      if (bytes.byteLength > 0) discardOutcome(fabric.areaOf(bytes), 0, beside);
      this.writeOutcome(cell, { status: "failed", error });
    }
  }

  private writeLarge(cell: number, bytes: number): void {
    const { fabric } = this;
    const block = fabric.place.heap.allocate(bytes);
    if (block < 0) {
      // No room, and nobody here who could wait for some: it goes by message port.
      this.sendBeside(cell);
      return;
    }
    fabric.setResult(cell, block);
    finishEncoding(fabric.area, payloadOf(block));
  }

  private finish(cell: number): void {
    if (this.fabric.cells.complete(cell)) this.sendBack(cell);
    else this.held++;
  }

  private sendBack(cell: number): void {
    const { fabric } = this;
    const spawner = fabric.cells.spawner(cell);
    if (spawner === fabric.ref) {
      this.thread.returned(cell);
      return;
    }
    this.thread.telling();
    if (!fabric.mail(spawner, cell, MailKind.DONE)) {
      // Nobody wants the result; whoever inherits the cell may use it again.
      fabric.discardResult(cell);
      fabric.cells.abandon(cell);
    }
  }

  // Schedule: a started task is scheduled as the thread's own ones, and when it has ended its spawner is told.

  schedule(task: Task<unknown>): void {
    this.thread.schedule(task);
  }

  yieldNow(task: Task<unknown>): void {
    this.thread.yieldNow(task);
  }

  release(task: Task<unknown>): void {
    this.thread.release(task);
    const { cell } = task as StartedTask;
    this.started--;
    this.writeOutcome(cell, task.ending());
    this.finish(cell);
  }

  /** Whoever spawned it is told, here nobody is. */
  failed(_task: Task<unknown>, _error: unknown, _awaited: boolean): void {}
}

// biome-ignore lint/correctness/useYield: it fails at its first poll.
function* failing(error: unknown): Async<never> {
  throw error;
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf("#") + 1);
}
