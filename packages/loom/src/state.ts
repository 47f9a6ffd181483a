/**
 * The state that an execution is in, and the trace by which it is brought forth and back: threads, memory, waiters, clocks.
 *
 * **Who writes.** Only `record` adds to the trace and only `undoTo` takes away from it; all else follows from the trace.
 *
 * **Invariants.**
 * 1. Undoing an event restores memory, threads, clocks and hashes to what they were before it.
 * 2. A thread's log is the trace's own events of that thread; with its program it determines where the thread stands.
 */
import { access, writes } from "./access.ts";
import { callSite } from "./call-site.ts";
import { Event, type Woken } from "./event.ts";
import { Fingerprint, foldValue } from "./fingerprint.ts";
import { type Block, Memory, type View } from "./memory.ts";
import { ModelThread, Status } from "./model-thread.ts";
import type { Value } from "./native.ts";
import { isOwn, isScheduled, Op, opName } from "./op.ts";
import { joinClocks, NOTHING_KNOWN, type Race, RaceDetector } from "./race-detector.ts";
import { SharedWords } from "./shared-words.ts";
import { WaitQueues } from "./wait-queues.ts";

/** What is to become of the thread whose event was applied. */
export const After = {
  /** It goes on with the event's result. */
  GO_ON: 0,
  /** It stops here: it sleeps, or lets others go first. */
  STOP: 1,
  /** Nobody goes on: a race was found, see `State.race`. */
  RACE: 2,
} as const;
/** One of {@link After}. */
export type After = (typeof After)[keyof typeof After];

/** Threads, memory and the trace. */
export class State {
  readonly threads: ModelThread[];
  readonly trace: Event[];
  readonly races: RaceDetector;
  readonly sharedWords: SharedWords;
  /** How many events of the trace a schedule has entries for. */
  turns: number;
  /** How often memory or a thread's standing has changed. */
  changes: number;
  /** Operations done, those that were only run again not counted. */
  steps: number;
  /** Whether to note where in the program each operation is. */
  locates: boolean;
  /** The race that was found, in words. */
  race: string;
  private readonly memory: Memory;
  /** Hash of all words that are not zero. */
  private readonly memoryHash: Fingerprint;
  private readonly waiters: WaitQueues;
  private blocks: number;
  private unjoined: number;

  constructor() {
    this.threads = [new ModelThread(0, null, "main", NOTHING_KNOWN)];
    this.trace = [];
    this.races = new RaceDetector();
    this.sharedWords = new SharedWords();
    this.turns = 0;
    this.changes = 0;
    this.steps = 0;
    this.locates = false;
    this.race = "";
    this.memory = new Memory();
    this.memoryHash = new Fingerprint();
    this.waiters = new WaitQueues();
    this.blocks = 0;
    this.unjoined = 0;
  }

  /** Adds an event to the trace; `apply`, or what else the operation comes to, follows. */
  record(thread: ModelThread, op: Op, view: View | null, index: number, a: Value, b: Value): Event {
    const { memoryHash, races } = this;
    const event = new Event(op, thread, view, index, a, b, memoryHash, races.hash, this.changes);
    this.trace.push(event);
    if (isScheduled(op)) this.turns += 1;
    if (!isOwn(op)) return event;
    thread.log.push(event);
    this.steps += 1;
    if (this.locates) event.where = callSite();
    return event;
  }

  /** Carries a recorded operation on an element out. */
  apply(event: Event): After {
    const { op, thread } = event;
    this.races.tick(thread);
    if (op === Op.WAIT) return this.applyWait(event);
    if (op === Op.NOTIFY) return this.applyNotify(event);
    if (op !== Op.YIELD) return this.applyAccess(event);
    thread.heldAt = this.changes;
    thread.hash.absorb(op);
    return After.STOP;
  }

  /** Allocates a block for a thread. */
  allocate(thread: ModelThread, byteLength: number): Block {
    const block = this.memory.take(thread.key, thread.allocated, byteLength);
    const event = this.record(thread, Op.ALLOCATE, null, byteLength, 0, 0);
    event.block = block;
    thread.allocated += 1;
    this.blocks += 1;
    block.name = this.blocks <= 26 ? String.fromCharCode(64 + this.blocks) : `M${this.blocks}`;
    return block;
  }

  /** Starts a thread. */
  spawn(parent: ModelThread, name: string | undefined): ModelThread {
    const event = this.record(parent, Op.SPAWN, null, parent.id, 0, 0);
    this.races.tick(parent);
    const id = this.threads.length;
    const child = new ModelThread(id, parent, name ?? `thread ${id}`, parent.clock);
    event.other = child;
    parent.spawned += 1;
    this.unjoined += 1;
    this.threads.push(child);
    this.changes += 1;
    return child;
  }

  /** A thread waits for another one's end. */
  block(thread: ModelThread, other: ModelThread): void {
    const event = this.record(thread, Op.BLOCK, null, 0, 0, 0);
    event.other = other;
    thread.status = Status.JOINING;
    thread.joining = other;
  }

  /** A thread joins one that has finished. */
  join(thread: ModelThread, other: ModelThread): void {
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

  /** A thread's program has come to its end. */
  finish(thread: ModelThread, result: unknown): void {
    this.record(thread, Op.FINISH, null, 0, 0, 0);
    thread.status = Status.FINISHED;
    thread.result = result;
    this.changes += 1;
  }

  /** Wakes a thread whose wait has timed out. */
  timeOut(thread: ModelThread): void {
    const wait = thread.waiting!;
    const event = this.record(thread, Op.TIMEOUT, wait.view, wait.index, 0, 0);
    this.wake(event, thread, this.waiters.placeOf(thread), "timed-out");
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
      const standing = thread.status + 8 * Number(this.isHeld(thread));
      into.toggle(~key, standing, this.waiters.placeOf(thread));
      if (!this.races.enabled) continue;
      into.toggle(key, -1, thread.id);
      for (let i = 0; i < thread.clock.length; i += 1) into.toggle(key, -2 - i, thread.clock[i]!);
    }
  }

  /** Takes the trace back to a length. */
  undoTo(length: number): void {
    while (this.trace.length > length) this.undo(this.trace.pop()!);
  }

  private applyAccess(event: Event): After {
    const { view, index, thread } = event;
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
    return this.checkRace(event);
  }

  private toggle(block: Block, byte: number, value: Value): void {
    this.memoryHash.toggle(block.key, byte, foldValue(value));
  }

  private checkRace(event: Event): After {
    if (!this.races.enabled) return After.GO_ON;
    const { op, view, wrote } = event;
    const plain = op === Op.READ || op === Op.WRITE;
    const race = plain
      ? this.races.plain(event, view!, wrote)
      : this.races.atomic(event, view!, op !== Op.STORE, wrote);
    return this.judge(event, race);
  }

  private judge(event: Event, race: Race | null): After {
    if (race === null) return After.GO_ON;
    const other = this.threads[race.otherThread]!;
    const element = event.view!.describe(event.index);
    const byte = event.view!.byte(event.index);
    const earlier = other.log.findLast(
      (known) => known.view?.block === event.view!.block && known.view.byte(known.index) === byte,
    );
    const what = earlier === undefined ? "access" : opName(earlier.op);
    this.race =
      `data race on ${element}: the ${opName(event.op)} of ${event.thread.name} and the ${what} of ${other.name} ` +
      "are not ordered by anything";
    return After.RACE;
  }

  private applyWait(event: Event): After {
    const { view, index, thread } = event;
    const before = view!.elements[index]!;
    event.before = before;
    event.after = before;
    this.noteTouch(event, true);
    if (this.races.enabled) {
      this.races.enterWaiters(event, view!);
      const verdict = this.judge(event, this.races.atomic(event, view!, true, false));
      if (verdict !== After.GO_ON) return verdict;
    }
    view!.scratch[0] = event.a;
    thread.hash.absorb(Op.WAIT);
    if (view!.scratch[0] !== before) return answerWait(event, "not-equal");
    if (Number(event.b) <= 0) return answerWait(event, "timed-out");
    thread.status = Status.WAITING;
    thread.waiting = event;
    this.waiters.of(event).push(thread);
    this.changes += 1;
    return After.STOP;
  }

  private applyNotify(event: Event): After {
    const { view, thread } = event;
    this.noteTouch(event, true);
    if (this.races.enabled) this.races.enterWaiters(event, view!);
    const queue = this.waiters.of(event);
    const count = Math.min(Number(event.a), queue.length);
    for (let i = 0; i < count; i += 1) this.wake(event, queue[0]!, 0, "ok");
    if (count > 0) this.changes += 1;
    event.result = count;
    thread.hash.absorb(count);
    return After.GO_ON;
  }

  private wake(event: Event, thread: ModelThread, place: number, result: string): void {
    const wait = thread.waiting!;
    const { hash, clock } = thread;
    event.woken ??= [];
    event.woken.push({ thread, wait, place, hashA: hash.a, hashB: hash.b, clock });
    this.waiters.of(wait).splice(place, 1);
    thread.status = Status.RUNNABLE;
    thread.waiting = null;
    answerWait(wait, result);
    if (this.races.enabled && result === "ok") {
      thread.clock = joinClocks(clock, event.thread.clock);
    }
  }

  /** Nobody learns anything while every other thread is in the past. */
  private noteTouch(event: Event, writes: boolean): void {
    if (this.unjoined > 0) this.sharedWords.note(event, writes);
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
    this.waiters.of(event).pop();
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
    this.waiters.of(wait).splice(woken.place, 0, thread);
    thread.status = Status.WAITING;
    thread.waiting = wait;
    thread.hash.set(woken.hashA, woken.hashB);
    thread.clock = woken.clock;
    wait.result = undefined;
  }
}

function answerWait(event: Event, result: string): After {
  event.result = result;
  event.thread.hash.absorb(foldValue(result));
  return After.GO_ON;
}
