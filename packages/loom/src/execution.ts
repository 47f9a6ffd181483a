/**
 * The one execution that a model is in: runs the programs of its threads, operation by operation.
 *
 * JavaScript's functions cannot be suspended, so a thread that is to stop at an operation is thrown out of it (`ABANDON`),
 * and when it is to go on, its program is run again from its start, where each operation answers at once what it answered
 * before, up to the operation at which it stopped. A thread's program begins at the model's closure: the programs of its
 * parents are run again up to the spawn, so that each thread has its own copy of everything on the heap, as JavaScript's
 * threads have.
 *
 * What a thread's operations do, and how it is undone, is in `state.ts`.
 *
 * **Invariant.** While `abandoning`, no operation takes effect.
 */

import { checkedArray } from "./checked-view.ts";
import { setCurrentExecution } from "./current.ts";
import {
  ERR_MODEL_DIVERGED,
  ERR_MODEL_FAILED,
  ERR_MODEL_RACE,
  ERR_MODEL_UNSUPPORTED,
  type Failure,
} from "./error.ts";
import type { Event } from "./event.ts";
import type { Block, View } from "./memory.ts";
import { type ModelThread, Status } from "./model-thread.ts";
import type { ElementsConstructor, Value } from "./native.ts";
import { Op, opName } from "./op.ts";
import { MAX_THREADS } from "./race-detector.ts";
import { standstill } from "./standstill.ts";
import { After, State } from "./state.ts";

/** Thrown through a program that is to stop. */
const ABANDON: object = Object.freeze({ abandoned: true });
/** A program that catches everything and goes on is thrown out this often before it is given up. */
const MAX_THROWS = 100_000;

/** Who decides at each operation; answers whether the running thread goes on with it. */
export interface Scheduler {
  /** A visible operation is about to be done by the running thread. */
  mayProceed(
    thread: ModelThread,
    op: Op,
    view: View | null,
    index: number,
    a: Value,
    b: Value,
  ): boolean;
  /** Any operation, visible or not, is about to be recorded. */
  mayRecord(thread: ModelThread): boolean;
}

/** One execution; see above. */
export class Execution {
  readonly state: State;
  /** What happens from now on would not be judged rightly: the search must begin anew at once. */
  restart: boolean;
  failure: Failure | null;
  private readonly body: () => void;
  private readonly scheduler: Scheduler;
  /** The thread whose program runs, and how much of its log has been run again. */
  private running: ModelThread | null;
  private cursor: number;
  private target: ModelThread | null;
  private path: ModelThread[];
  private granted: boolean;
  private abandoning: boolean;
  private throws: number;

  constructor(body: () => void, scheduler: Scheduler) {
    this.state = new State();
    this.restart = false;
    this.failure = null;
    this.body = body;
    this.scheduler = scheduler;
    this.running = null;
    this.cursor = 0;
    this.target = null;
    this.path = [];
    this.granted = false;
    this.abandoning = false;
    this.throws = 0;
  }

  /** Lets a thread go on from where it stands until it stops, blocks or finishes. */
  run(thread: ModelThread): void {
    this.path = pathTo(thread);
    this.target = thread;
    this.granted = true;
    this.abandoning = false;
    this.throws = 0;
    setCurrentExecution(this);
    try {
      this.runProgram(this.path[0]!, this.body);
    } finally {
      setCurrentExecution(null);
      this.running = null;
    }
  }

  /** One operation of the running thread on an element; what `Atomics` and plain accesses come to. */
  perform(op: Op, view: View | null, index: number, a: Value, b: Value): unknown {
    const thread = this.enter();
    const known = this.answerAgain(thread, op, view, index, a, b);
    if (known !== null) return known.result;
    if (op !== Op.READ && op !== Op.WRITE) this.askLeave(thread, op, view, index, a, b);
    else this.seePlain();
    const event = this.state.record(thread, op, view, index, a, b);
    this.cursor += 1;
    const after = this.state.apply(event);
    if (after === After.RACE) throw this.fail(ERR_MODEL_RACE, this.state.race);
    if (after === After.STOP) throw this.abandon();
    return event.result;
  }

  /** Allocates a block for the running thread. */
  allocate(byteLength: number): SharedArrayBuffer {
    const thread = this.enter();
    const known = this.answerAgain(thread, Op.ALLOCATE, null, byteLength, 0, 0);
    if (known !== null) return known.block!.buffer;
    this.cursor += 1;
    return this.state.allocate(thread, byteLength).buffer;
  }

  /** The array that the program sees for elements of a block. */
  view(
    block: Block,
    kind: ElementsConstructor,
    offset: number,
    length: number | undefined,
  ): object {
    if (kind.BYTES_PER_ELEMENT < this.state.races.unit && !this.abandoning) this.learnUnit();
    return checkedArray(block, kind, offset, length);
  }

  /** Starts a thread; answers it. Never returns where the program is run again for that thread's sake. */
  spawn(program: () => unknown, name: string | undefined): ModelThread {
    const thread = this.enter();
    const known = this.answerAgain(thread, Op.SPAWN, null, thread.id, 0, 0);
    if (known !== null) {
      const child = known.other!;
      if (this.path[this.path.indexOf(thread) + 1] !== child) return child;
      this.runProgram(child, program);
      throw this.abandon();
    }
    if (this.state.threads.length >= MAX_THREADS) {
      throw this.fail(ERR_MODEL_UNSUPPORTED, `a model has at most ${MAX_THREADS} threads`);
    }
    this.cursor += 1;
    const child = this.state.spawn(thread, name);
    // From now on there is somebody else who could go first.
    this.granted = false;
    return child;
  }

  /** Waits for a thread's end; answers what its program returned. */
  join(other: ModelThread): unknown {
    const thread = this.enter();
    const known = this.answerAgain(thread, Op.JOIN, null, other.id, 0, 0);
    if (known === null) {
      this.cursor += 1;
      if (other.status !== Status.FINISHED) {
        this.state.block(thread, other);
        throw this.abandon();
      }
      this.state.join(thread, other);
    }
    const { result } = other;
    return typeof result === "object" && result !== null ? structuredClone(result) : result;
  }

  /** Records that the program cannot go on, and stops it. */
  fail(code: string, message: string, cause?: unknown): object {
    this.failure ??= { code, message, cause };
    return this.abandon();
  }

  /** No thread can go on: right if all have finished, a failure otherwise. */
  endOfProgram(): void {
    this.failure ??= standstill(this.state.threads, this.state.trace);
  }

  private runProgram(thread: ModelThread, program: () => unknown): void {
    this.running = thread;
    this.cursor = 0;
    let result: unknown;
    try {
      result = program();
    } catch (error) {
      if (error !== ABANDON && !this.abandoning) this.raise(thread, error);
      return;
    }
    if (this.abandoning) return;
    if (this.cursor < thread.log.length || thread !== this.target) this.diverged(thread, "ended");
    else {
      this.state.finish(thread, result);
      this.abandoning = true;
    }
  }

  private raise(thread: ModelThread, error: unknown): void {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.fail(ERR_MODEL_FAILED, `${thread.name} threw ${text}`, error);
  }

  private enter(): ModelThread {
    if (this.abandoning) throw this.abandon();
    return this.running!;
  }

  private abandon(): object {
    this.abandoning = true;
    this.throws += 1;
    if (this.throws > MAX_THROWS) {
      throw new Error("a thread of the model catches what it is stopped with, and loops");
    }
    return ABANDON;
  }

  /** What the operation answered the first time; null if this is the first time. */
  private answerAgain(
    thread: ModelThread,
    op: Op,
    view: View | null,
    index: number,
    a: Value,
    b: Value,
  ): Event | null {
    if (this.cursor < thread.log.length) {
      const event = thread.log[this.cursor]!;
      this.cursor += 1;
      if (event.isAskedBy(op, view, index, a, b)) return event;
      throw this.diverged(thread, `did ${opName(op)} instead of ${opName(event.op)}`);
    }
    if (thread !== this.target) throw this.diverged(thread, `did ${opName(op)} instead of spawn`);
    if (!this.scheduler.mayRecord(thread)) throw this.abandon();
    return null;
  }

  private diverged(thread: ModelThread, how: string): object {
    return this.fail(
      ERR_MODEL_DIVERGED,
      `${thread.name} ${how} when it was run again with the same answers: something outside of the model's closure ` +
        "has changed (a variable, the time, a random number). Create it inside of the closure",
    );
  }

  private askLeave(
    thread: ModelThread,
    op: Op,
    view: View | null,
    index: number,
    a: Value,
    b: Value,
  ): void {
    if (this.granted) this.granted = false;
    else if (!this.scheduler.mayProceed(thread, op, view, index, a, b)) throw this.abandon();
  }

  private seePlain(): void {
    if (this.state.races.enabled) return;
    this.state.races.enabled = true;
    this.restart = true;
    throw this.abandon();
  }

  private learnUnit(): void {
    this.state.races.unit = 1;
    if (!this.state.races.enabled) return;
    this.restart = true;
    throw this.abandon();
  }
}

function pathTo(thread: ModelThread): ModelThread[] {
  const path: ModelThread[] = [];
  for (let at: ModelThread | null = thread; at !== null; at = at.parent) path.unshift(at);
  return path;
}
