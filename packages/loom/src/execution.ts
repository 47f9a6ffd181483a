/**
 * The one execution that a model is in: threads, memory, and the trace by which both are brought forth and back.
 *
 * JavaScript's functions cannot be suspended, so a thread that is to stop at an operation is thrown out of it (`ABANDON`),
 * and when it is to go on, its program is run again from its start, where each operation answers at once what it answered
 * before, up to the operation at which it stopped. A thread's program begins at the model's closure: the programs of its
 * parents are run again up to the spawn, so that each thread has its own copy of everything on the heap, as JavaScript's
 * threads have.
 *
 * **Who writes.** Only `record` adds to the trace and only `undoTo` takes away from it; all else follows from the trace.
 *
 * **Invariants.**
 * 1. Undoing an event restores memory, threads, clocks and hashes to what they were before it.
 * 2. A thread's log is the trace's own events of that thread; with its program it determines where the thread stands.
 * 3. While `abandoning`, no operation takes effect.
 */

import { callSite } from "./call-site.ts";
import { checkedArray } from "./checked-view.ts";
import { setCurrentExecution } from "./current.ts";
import {
  ERR_MODEL_DIVERGED,
  ERR_MODEL_FAILED,
  ERR_MODEL_RACE,
  ERR_MODEL_UNSUPPORTED,
  type Failure,
} from "./error.ts";
import { Event, type Woken } from "./event.ts";
import { Fingerprint, foldValue } from "./fingerprint.ts";
import { type Block, Memory, type View } from "./memory.ts";
import { ModelThread, Status } from "./model-thread.ts";
import { type ElementsConstructor, nativeAtomics, type Value } from "./native.ts";
import { isOwn, isScheduled, Op, opName } from "./op.ts";
import {
  joinClocks,
  MAX_THREADS,
  NOTHING_KNOWN,
  type Race,
  RaceDetector,
} from "./race-detector.ts";

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
  readonly threads: ModelThread[];
  readonly trace: Event[];
  readonly memory: Memory;
  readonly races: RaceDetector;
  /** Hash of all words that are not zero. */
  readonly memoryHash: Fingerprint;
  /** Words that two threads touch and one writes; switching elsewhere leads to nothing new. */
  readonly sharedWords: Set<number>;
  /** A word was found to be shared, so the search is to be done again. */
  learned: boolean;
  /** What happens from now on would not be judged rightly: the search must begin anew at once. */
  restart: boolean;
  /** How many events of the trace a schedule has entries for. */
  turns: number;
  failure: Failure | null;
  /** How often memory or a thread's standing has changed. */
  changes: number;
  /** Operations done, those that were only run again not counted. */
  steps: number;
  /** Whether to note where in the program each operation is. */
  locates: boolean;
  private readonly body: () => void;
  private readonly scheduler: Scheduler;
  private readonly touched: Map<number, { thread: number; written: boolean }>;
  private readonly queues: Map<number, ModelThread[]>;
  private blocks: number;
  private unjoined: number;
  /** The thread whose program runs, and how much of its log has been run again. */
  private running: ModelThread | null;
  private cursor: number;
  private target: ModelThread | null;
  private path: ModelThread[];
  private granted: boolean;
  private abandoning: boolean;
  private throws: number;

  constructor(body: () => void, scheduler: Scheduler) {
    this.threads = [];
    this.trace = [];
    this.memory = new Memory();
    this.races = new RaceDetector();
    this.memoryHash = new Fingerprint();
    this.sharedWords = new Set();
    this.learned = false;
    this.restart = false;
    this.turns = 0;
    this.failure = null;
    this.changes = 0;
    this.steps = 0;
    this.locates = false;
    this.body = body;
    this.scheduler = scheduler;
    this.touched = new Map();
    this.queues = new Map();
    this.blocks = 0;
    this.unjoined = 0;
    this.running = null;
    this.cursor = 0;
    this.target = null;
    this.path = [];
    this.granted = false;
    this.abandoning = false;
    this.throws = 0;
    this.threads.push(new ModelThread(0, null, "main", NOTHING_KNOWN));
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
    const event = this.record(thread, op, view, index, a, b);
    this.races.tick(thread);
    this.apply(event);
    return event.result;
  }

  /** Allocates a block for the running thread. */
  allocate(byteLength: number): SharedArrayBuffer {
    const thread = this.enter();
    const known = this.answerAgain(thread, Op.ALLOCATE, null, byteLength, 0, 0);
    if (known !== null) return known.block!.buffer;
    const block = this.memory.take(thread.key, thread.allocated, byteLength);
    const event = this.record(thread, Op.ALLOCATE, null, byteLength, 0, 0);
    event.block = block;
    thread.allocated += 1;
    this.blocks += 1;
    block.name = this.blocks <= 26 ? String.fromCharCode(64 + this.blocks) : `M${this.blocks}`;
    return block.buffer;
  }

  /** The array that the program sees for elements of a block. */
  view(
    block: Block,
    kind: ElementsConstructor,
    offset: number,
    length: number | undefined,
  ): object {
    if (kind.BYTES_PER_ELEMENT < this.races.unit && !this.abandoning) this.learnUnit();
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
    if (this.threads.length >= MAX_THREADS) {
      throw this.fail(ERR_MODEL_UNSUPPORTED, `a model has at most ${MAX_THREADS} threads`);
    }
    const event = this.record(thread, Op.SPAWN, null, thread.id, 0, 0);
    this.races.tick(thread);
    const id = this.threads.length;
    const child = new ModelThread(id, thread, name ?? `thread ${id}`, thread.clock);
    event.other = child;
    thread.spawned += 1;
    this.unjoined += 1;
    this.threads.push(child);
    this.changes += 1;
    // From now on there is somebody else who could go first.
    this.granted = false;
    return child;
  }

  /** Waits for a thread's end; answers what its program returned. */
  join(other: ModelThread): unknown {
    const thread = this.enter();
    const known = this.answerAgain(thread, Op.JOIN, null, other.id, 0, 0);
    if (known === null) {
      if (other.status !== Status.FINISHED) this.blockOn(thread, other);
      this.recordJoin(thread, other);
    }
    const { result } = other;
    return typeof result === "object" && result !== null ? structuredClone(result) : result;
  }

  /** Records that the program cannot go on, and stops it. */
  fail(code: string, message: string, cause?: unknown): object {
    this.failure ??= { code, message, cause };
    return this.abandon();
  }

  /** Wakes a thread whose wait has timed out. */
  timeOut(thread: ModelThread): void {
    const wait = thread.waiting!;
    const event = this.record(thread, Op.TIMEOUT, wait.view, wait.index, 0, 0);
    const queue = this.queueOf(wait);
    this.wake(event, thread, queue.indexOf(thread), "timed-out");
    this.changes += 1;
  }

  /** Marks a thread as one that spins: it is to wait until something changes. */
  hold(thread: ModelThread): void {
    this.record(thread, Op.HOLD, null, 0, 0, 0);
    thread.heldAt = this.changes;
  }

  /** Whether a thread spins and nothing has changed since. */
  isHeld(thread: ModelThread): boolean {
    return thread.heldAt === this.changes;
  }

  /** Writes the state into two hashes: memory, threads, waiters, and clocks if they matter. */
  fingerprint(into: Fingerprint): void {
    into.set(this.memoryHash.a ^ this.races.hash.a, this.memoryHash.b ^ this.races.hash.b);
    for (const thread of this.threads) {
      const { hash, key } = thread;
      into.toggle(key, hash.a, hash.b);
      into.toggle(~key, thread.status + 8 * Number(this.isHeld(thread)), this.placeInQueue(thread));
      if (!this.races.enabled) continue;
      into.toggle(key, -1, thread.id);
      for (let i = 0; i < thread.clock.length; i += 1) into.toggle(key, -2 - i, thread.clock[i]!);
    }
  }

  /** Takes the trace back to a length. */
  undoTo(length: number): void {
    while (this.trace.length > length) this.undo(this.trace.pop()!);
  }

  /** Why no thread can go on: who waits for what. */
  standstill(): string {
    const lines: string[] = [];
    for (const thread of this.threads) {
      if (thread.status === Status.JOINING) {
        lines.push(`${thread.name} waits for the end of ${thread.joining!.name}`);
      } else if (thread.status === Status.WAITING) lines.push(this.describeWait(thread));
    }
    return lines.join("; ");
  }

  /** Whether a thread sleeps although the word it sleeps on has changed, or was notified too early. */
  hasLostWakeup(): boolean {
    return this.threads.some((thread) => {
      if (thread.status !== Status.WAITING) return false;
      const { view, index, before } = thread.waiting!;
      if (view!.elements[index] !== before) return true;
      return this.trace.some(
        (event) =>
          event.op === Op.NOTIFY &&
          event.result === 0 &&
          event.view!.block === view!.block &&
          event.view!.byte(event.index) === view!.byte(index),
      );
    });
  }

  private describeWait(thread: ModelThread): string {
    const { view, index, before } = thread.waiting!;
    const now = view!.elements[index];
    const since = now === before ? "" : `, which has become ${now} since`;
    return `${thread.name} sleeps on ${view!.describe(index)} while ${before}${since}`;
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
    else this.finish(thread, result);
  }

  private raise(thread: ModelThread, error: unknown): void {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.fail(ERR_MODEL_FAILED, `${thread.name} threw ${text}`, error);
  }

  private finish(thread: ModelThread, result: unknown): void {
    this.record(thread, Op.FINISH, null, 0, 0, 0);
    thread.status = Status.FINISHED;
    thread.result = result;
    this.changes += 1;
    this.abandoning = true;
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

  private record(
    thread: ModelThread,
    op: Op,
    view: View | null,
    index: number,
    a: Value,
    b: Value,
  ): Event {
    const { memoryHash, races } = this;
    const event = new Event(op, thread, view, index, a, b, memoryHash, races.hash, this.changes);
    this.trace.push(event);
    if (isScheduled(op)) this.turns += 1;
    if (!isOwn(op)) return event;
    thread.log.push(event);
    this.cursor += 1;
    this.steps += 1;
    if (this.locates) event.where = callSite();
    return event;
  }

  private apply(event: Event): void {
    const { op, thread } = event;
    if (op === Op.YIELD) {
      thread.heldAt = this.changes;
      thread.hash.absorb(op);
      throw this.abandon();
    }
    if (op === Op.WAIT) this.applyWait(event);
    else if (op === Op.NOTIFY) this.applyNotify(event);
    else this.applyAccess(event);
  }

  private applyAccess(event: Event): void {
    const { op, view, index, thread } = event;
    const { elements, block } = view!;
    const before = elements[index]!;
    event.before = before;
    event.result = access(event);
    event.wrote = writes(event);
    event.after = elements[index]!;
    if (!Object.is(before, event.after)) {
      const byte = view!.byte(index);
      if (before !== 0 && before !== 0n) this.toggle(block, byte, before);
      if (event.after !== 0 && event.after !== 0n) this.toggle(block, byte, event.after);
      this.changes += 1;
    }
    thread.hash.absorb(foldValue(event.result));
    this.noteTouch(event, event.wrote);
    this.checkRace(event);
  }

  private toggle(block: Block, byte: number, value: Value): void {
    this.memoryHash.toggle(block.key, byte, foldValue(value));
  }

  private checkRace(event: Event): void {
    if (!this.races.enabled) return;
    const { op, view, wrote } = event;
    const plain = op === Op.READ || op === Op.WRITE;
    const race = plain
      ? this.races.plain(event, view!, wrote)
      : this.races.atomic(event, view!, op !== Op.STORE, wrote);
    if (race !== null) throw this.fail(ERR_MODEL_RACE, this.describeRace(event, race));
  }

  private describeRace(event: Event, race: Race): string {
    const other = this.threads[race.otherThread]!;
    const element = event.view!.describe(event.index);
    const byte = event.view!.byte(event.index);
    const earlier = other.log.findLast(
      (known) => known.view?.block === event.view!.block && known.view.byte(known.index) === byte,
    );
    const what = earlier === undefined ? "access" : opName(earlier.op);
    return (
      `data race on ${element}: the ${opName(event.op)} of ${event.thread.name} and the ${what} of ${other.name} ` +
      "are not ordered by anything"
    );
  }

  private applyWait(event: Event): void {
    const { view, index, thread } = event;
    const before = view!.elements[index]!;
    event.before = before;
    event.after = before;
    this.noteTouch(event, true);
    if (this.races.enabled) {
      this.races.enterWaiters(event, view!);
      const race = this.races.atomic(event, view!, true, false);
      if (race !== null) throw this.fail(ERR_MODEL_RACE, this.describeRace(event, race));
    }
    view!.scratch[0] = event.a;
    thread.hash.absorb(Op.WAIT);
    if (view!.scratch[0] !== before) this.answerWait(event, "not-equal");
    else if (Number(event.b) <= 0) this.answerWait(event, "timed-out");
    else this.sleep(event);
  }

  private answerWait(event: Event, result: string): void {
    event.result = result;
    event.thread.hash.absorb(foldValue(result));
  }

  private sleep(event: Event): never {
    const { thread } = event;
    thread.status = Status.WAITING;
    thread.waiting = event;
    this.queueOf(event).push(thread);
    this.changes += 1;
    throw this.abandon();
  }

  private applyNotify(event: Event): void {
    const { view, thread } = event;
    this.noteTouch(event, true);
    if (this.races.enabled) this.races.enterWaiters(event, view!);
    const queue = this.queueOf(event);
    const count = Math.min(Number(event.a), queue.length);
    for (let i = 0; i < count; i += 1) this.wake(event, queue[0]!, 0, "ok");
    if (count > 0) this.changes += 1;
    event.result = count;
    thread.hash.absorb(count);
  }

  private wake(event: Event, thread: ModelThread, place: number, result: string): void {
    const wait = thread.waiting!;
    const { hash, clock } = thread;
    event.woken ??= [];
    event.woken.push({ thread, wait, place, hashA: hash.a, hashB: hash.b, clock });
    this.queueOf(wait).splice(place, 1);
    thread.status = Status.RUNNABLE;
    thread.waiting = null;
    this.answerWait(wait, result);
    if (this.races.enabled && result === "ok") {
      thread.clock = joinClocks(clock, event.thread.clock);
    }
  }

  private blockOn(thread: ModelThread, other: ModelThread): never {
    const event = this.record(thread, Op.BLOCK, null, 0, 0, 0);
    event.other = other;
    thread.status = Status.JOINING;
    thread.joining = other;
    throw this.abandon();
  }

  private recordJoin(thread: ModelThread, other: ModelThread): void {
    const event = this.record(thread, Op.JOIN, null, other.id, 0, 0);
    event.other = other;
    event.wrote = !other.joined;
    event.after = thread.status;
    thread.status = Status.RUNNABLE;
    thread.joining = null;
    if (!other.joined) this.unjoined -= 1;
    other.joined = true;
    thread.hash.absorb(Op.JOIN);
    if (this.races.enabled) thread.clock = joinClocks(thread.clock, other.clock);
    this.races.tick(thread);
  }

  /** Learns which words are shared; not while every other thread is in the past. */
  private noteTouch(event: Event, writes: boolean): void {
    if (this.unjoined === 0) return;
    const { view, index, thread } = event;
    const first = view!.byte(index);
    for (let byte = first; byte < first + view!.size; byte += 4) {
      const word = view!.block.word(byte);
      if (this.sharedWords.has(word)) continue;
      const touched = this.touched.get(word);
      if (touched === undefined) this.touched.set(word, { thread: thread.key, written: writes });
      else this.noteAgain(word, touched, thread, writes);
    }
  }

  private noteAgain(
    word: number,
    touched: { thread: number; written: boolean },
    thread: ModelThread,
    writes: boolean,
  ): void {
    touched.written ||= writes;
    if (touched.thread === thread.key) return;
    // 0 is no thread's key: more than one has read it.
    if (!touched.written) touched.thread = 0;
    else {
      this.sharedWords.add(word);
      this.learned = true;
    }
  }

  private seePlain(): void {
    if (this.races.enabled) return;
    this.races.enabled = true;
    this.restart = true;
    throw this.abandon();
  }

  private learnUnit(): void {
    this.races.unit = 1;
    if (!this.races.enabled) return;
    this.restart = true;
    throw this.abandon();
  }

  private queueOf(event: Event): ModelThread[] {
    const key = event.view!.block.word(event.view!.byte(event.index));
    let queue = this.queues.get(key);
    if (queue === undefined) {
      queue = [];
      this.queues.set(key, queue);
    }
    return queue;
  }

  private placeInQueue(thread: ModelThread): number {
    return thread.waiting === null ? -1 : this.queueOf(thread.waiting).indexOf(thread);
  }

  private undo(event: Event): void {
    const { op, thread } = event;
    if (isOwn(op)) thread.log.pop();
    if (isScheduled(op)) this.turns -= 1;
    this.undoKind(event);
    for (const woken of (event.woken ?? []).toReversed()) this.sleepAgain(woken);
    this.races.undo(event);
    thread.hash.set(event.hashA, event.hashB);
    thread.clock = event.clock;
    thread.heldAt = event.heldAt;
    this.memoryHash.set(event.memoryA, event.memoryB);
    this.changes = event.changes;
  }

  private undoKind(event: Event): void {
    const { op, thread } = event;
    if (op === Op.WAIT) this.undoWait(event);
    else if (op < Op.YIELD) {
      if (event.wrote) event.view!.elements[event.index] = event.before;
    } else if (op === Op.SPAWN) this.undoSpawn(thread);
    else if (op === Op.JOIN) this.undoJoin(event);
    else if (op === Op.ALLOCATE) this.undoAllocate(event);
    else if (op === Op.FINISH || op === Op.BLOCK) {
      thread.status = Status.RUNNABLE;
      thread.joining = null;
      thread.result = undefined;
    }
  }

  private undoWait(event: Event): void {
    const { thread } = event;
    if (thread.waiting !== event) return;
    this.queueOf(event).pop();
    thread.status = Status.RUNNABLE;
    thread.waiting = null;
  }

  private undoSpawn(thread: ModelThread): void {
    this.threads.pop();
    thread.spawned -= 1;
    this.unjoined -= 1;
  }

  private undoJoin(event: Event): void {
    const { thread, other } = event;
    if (event.wrote) {
      other!.joined = false;
      this.unjoined += 1;
    }
    // It may have been blocked before.
    thread.status = event.after as Status;
    thread.joining = thread.status === Status.JOINING ? other : null;
  }

  private undoAllocate(event: Event): void {
    event.thread.allocated -= 1;
    this.blocks -= 1;
    this.memory.give(event.block!);
  }

  private sleepAgain(woken: Woken): void {
    const { thread, wait } = woken;
    this.queueOf(wait).splice(woken.place, 0, thread);
    thread.status = Status.WAITING;
    thread.waiting = wait;
    thread.hash.set(woken.hashA, woken.hashB);
    thread.clock = woken.clock;
    wait.result = undefined;
  }
}

function pathTo(thread: ModelThread): ModelThread[] {
  const path: ModelThread[] = [];
  for (let at: ModelThread | null = thread; at !== null; at = at.parent) path.unshift(at);
  return path;
}

/** Carries an operation out on the element. */
function access(event: Event): Value {
  const { op, view, index, a, b } = event;
  const { elements } = view!;
  if (op === Op.READ) return elements[index]!;
  if (op === Op.WRITE) {
    elements[index] = a;
    return elements[index]!;
  }
  if (op === Op.LOAD) return nativeAtomics.load(elements, index);
  if (op === Op.STORE) return nativeAtomics.store(elements, index, a);
  if (op === Op.EXCHANGE) return nativeAtomics.exchange(elements, index, a);
  if (op === Op.COMPARE_EXCHANGE) return nativeAtomics.compareExchange(elements, index, a, b);
  if (op === Op.ADD) return nativeAtomics.add(elements, index, a);
  if (op === Op.SUB) return nativeAtomics.sub(elements, index, a);
  if (op === Op.AND) return nativeAtomics.and(elements, index, a);
  if (op === Op.OR) return nativeAtomics.or(elements, index, a);
  return nativeAtomics.xor(elements, index, a);
}

function writes(event: Event): boolean {
  const { op, view, a, before } = event;
  if (op === Op.LOAD || op === Op.READ) return false;
  if (op !== Op.COMPARE_EXCHANGE) return true;
  view!.scratch[0] = a;
  return view!.scratch[0] === before;
}
