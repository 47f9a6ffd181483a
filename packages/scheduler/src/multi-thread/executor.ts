/**
 * Running on this thread what any thread has spawned.
 *
 * **A cell's way.** Claimed (one CAS; whoever fails it forgets the entry), arguments read and their memory freed, run as a
 * local task of this thread that stays here, result written into the cell or a block of this thread's heap, marked done,
 * mailed back. A cell that was aborted meanwhile goes back only after the abort's own mail has come, so that it is never in
 * two places when it is used again.
 */
import type { Async, Future } from "@treadle/core";
import {
  BESIDE,
  ByteArea,
  decodeArguments,
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
import { BY_PORT, type Fabric, NO_ROOM } from "./fabric.ts";
import { importing, StartedTask } from "./started-task.ts";

/** What the executor asks of its thread. */
export interface ExecutingThread extends Schedule {
  /** Takes a task onto the list of live tasks; false when the thread shuts down. */
  own(task: Task<unknown>): boolean;
  /** A cell that this thread has spawned itself is done. */
  returned(cell: number): void;
  /** What has come with the arguments by message port. */
  takeParcel(cell: number): SendMessage;
  /** Sends a result that cannot lie in shared memory to the thread that a reference names. */
  sendParcel(cell: number, spawner: number, message: SendMessage): void;
}

/** The thread's half of every task that it runs for another. */
export class Executor implements Schedule {
  private readonly thread: ExecutingThread;
  private readonly fabric: Fabric;
  /** The functions by the numbers that stand for their names. */
  private readonly functions = new Map<number, SendFunction>();
  private readonly started = new Map<number, StartedTask>();
  /** Done, but an abort is still on its way. */
  private held = 0;

  constructor(thread: ExecutingThread, fabric: Fabric) {
    this.thread = thread;
    this.fabric = fabric;
  }

  /** Cells that this thread has claimed and not sent back. */
  get size(): number {
    return this.started.size + this.held;
  }

  /** Starts what an entry of a queue stands for; null when somebody else has it, or it was aborted before. */
  start(entry: number): Task<unknown> | null {
    const { fabric } = this;
    const state = fabric.cells.claim(entry, fabric.ref);
    if (state === 0) return null;
    const cell = cellOf(entry);
    if ((state & CANCELLED) === 0) return this.begin(cell);
    this.endUnpolled(cell);
    return null;
  }

  private begin(cell: number): Task<unknown> | null {
    const task = this.taskOf(cell);
    this.started.set(cell, task);
    if (this.thread.own(task)) return task;
    task.shutdown();
    return null;
  }

  private taskOf(cell: number): StartedTask {
    const { fabric } = this;
    const id = fabric.idOf(cell) as TaskId;
    const number = fabric.keyOf(cell);
    const known = this.functions.get(number) ?? this.find(number);
    if (known instanceof Promise) {
      const source = { name: nameOf(fabric.shared.keys.nameOf(number)) };
      const future = importing(known, () => this.takeArguments(task));
      const task: StartedTask = new StartedTask(future, source, this, id, cell);
      task.holdsArguments = true;
      return task;
    }
    return new StartedTask(this.call(known, cell), known, this, id, cell);
  }

  private call(source: SendFunction, cell: number): Async<unknown> | Future<unknown> {
    try {
      return source.start(this.readArguments(cell));
    } catch (error) {
      return failing(error);
    }
  }

  private find(number: number): SendFunction | Promise<SendFunction> {
    const found = findSendable(this.fabric.shared.keys.nameOf(number));
    if (found instanceof Promise) {
      found.then(
        (source) => {
          this.functions.set(number, source);
        },
        () => {},
      );
    } else {
      this.functions.set(number, found);
    }
    return found;
  }

  private takeArguments(task: StartedTask): unknown[] {
    task.holdsArguments = false;
    return this.readArguments(task.cell);
  }

  private readArguments(cell: number): unknown[] {
    const { fabric } = this;
    const at = fabric.argumentsAt(cell);
    try {
      if (at !== BY_PORT) return decodeArguments(fabric.area, at);
      const message = this.thread.takeParcel(cell);
      return decodeArguments(new ByteArea(message.bytes), 0, message.beside);
    } finally {
      fabric.freeArguments(cell);
    }
  }

  /** It was aborted before anybody had started it. */
  private endUnpolled(cell: number): void {
    const { fabric } = this;
    fabric.freeArguments(cell);
    this.writeOutcome(cell, { status: "cancelled", error: JoinError.of(fabric.idOf(cell)) });
    this.finish(cell);
  }

  /** An abort has come by mail. */
  abort(cell: number): void {
    if (!this.fabric.cells.takeAbort(cell)) {
      this.started.get(cell)?.abort();
      return;
    }
    this.held--;
    this.sendBack(cell);
  }

  /** Gives a started task up: what it still does is nobody's business. */
  forsakeAll(): void {
    for (const task of this.started.values()) task.forsake();
  }

  private writeOutcome(cell: number, outcome: Outcome<unknown>): void {
    const { fabric } = this;
    const length = encodeOutcome(outcome, fabric.area, fabric.inlineAt(cell), INLINE_BYTES);
    if (length >= 0) fabric.setResult(cell, 0);
    else if (length === BESIDE) this.sendBeside(cell);
    else this.writeLarge(cell, -length);
  }

  private sendBeside(cell: number): void {
    this.fabric.setResult(cell, BY_PORT);
    this.thread.sendParcel(cell, this.fabric.cells.spawner(cell), takeMessage());
  }

  private writeLarge(cell: number, bytes: number): void {
    const { fabric } = this;
    const block = fabric.place.heap.allocate(bytes);
    fabric.setResult(cell, block < 0 ? NO_ROOM : block);
    if (block >= 0) finishEncoding(fabric.area, payloadOf(block));
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
    } else if (!fabric.mail(spawner, cell, MailKind.DONE)) {
      // Nobody wants the result; whoever inherits the cell may use it again.
      fabric.freeResult(cell);
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
    const { cell, holdsArguments } = task as StartedTask;
    this.started.delete(cell);
    if (holdsArguments) this.fabric.freeArguments(cell);
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
