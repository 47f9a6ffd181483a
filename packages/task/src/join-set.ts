/** A group of tasks, joined in the order in which they end. */
import {
  type Async,
  type Awaitable,
  callOf,
  currentRuntime,
  cx,
  type Future,
  fn,
  type IntoFuture,
  intoFuture,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
  type Waker,
} from "@treadle/core";
import { AbortHandle } from "./abort-handle.ts";
import type { Outcome } from "./error.ts";
import type { JoinHandle } from "./join-handle.ts";
import type { TaskRuntime } from "./schedule.ts";
import type { SendFuture } from "./send/index.ts";
import { spawnOn } from "./spawn.ts";
import { type SpawnBlockingOptions, spawnBlockingOn } from "./spawn-blocking.ts";
import type { Task } from "./task.ts";
import { yieldNow } from "./yield-now.ts";

/** One task of a set; told by the task when it has ended. */
class Member<T> implements Waker {
  readonly task: Task<T>;
  /** The member that ended after this one, while both wait to be joined. */
  next: Member<T> | null;
  private readonly set: JoinSet<T>;

  constructor(set: JoinSet<T>, task: Task<T>) {
    this.set = set;
    this.task = task;
    this.next = null;
  }

  wake(): void {
    this.set.memberEnded(this);
  }
}

/**
 * A group of tasks with one kind of output.
 *
 * @remarks Nothing in JavaScript runs when a set is forgotten: end its life by `await using set = new JoinSet()`,
 * `shutdown()`, `joinAll()` or `detachAll()`.
 * @example
 * ```ts
 * import { type Async, Builder, fn, JoinSet, ready } from "treadle";
 *
 * const work = fn(function* work(n: number): Async<number> {
 *   return yield* ready(n * n);
 * });
 * const sum = fn(function* sum(): Async<number> {
 *   const set = new JoinSet<number>();
 *   for (const n of [1, 2, 3]) set.spawn(work, n);
 *   const squares = yield* set.joinAll();
 *   return squares.reduce((a, b) => a + b);
 * });
 * Builder.newCurrentThread().build().blockOn(sum()); // => 14
 * ```
 */
export class JoinSet<T> implements AsyncDisposable {
  private readonly members = new Set<Member<T>>();
  // Those that have ended, in that order: a list through the members, for an array shifts all that wait behind the first.
  private firstEnded: Member<T> | null = null;
  private lastEnded: Member<T> | null = null;
  private endedSize = 0;
  private readonly waits = new Set<SetWait>();

  /** Tasks in the set: running, or ended and not yet joined. */
  get size(): number {
    return this.members.size;
  }

  isEmpty(): boolean {
    return this.members.size === 0;
  }

  /** Spawns a task of this set on the current runtime; arguments as for {@link spawn}. */
  spawn(f: IntoFuture<T>): AbortHandle;
  spawn<A extends unknown[]>(f: (...args: A) => Future<T> | Async<T>, ...args: A): AbortHandle;
  spawn(f: IntoFuture<T>, ...args: unknown[]): AbortHandle {
    const runtime = currentRuntime("JoinSet.spawn()") as TaskRuntime;
    return this.insert(spawnOn(runtime, f, args));
  }

  /**
   * As `spawn` of a sendable call; where the memory that the threads share is full, waits until a task of this set has ended
   * and tries again.
   *
   * @remarks **Cancel safety**: dropped before it is ready, it has spawned nothing.
   */
  spawnWhenRoom(f: SendFuture<T>): Awaitable<AbortHandle> {
    return spawnWhenRoomIn(this, f);
  }

  /** How many tasks have ended and are not joined yet. @internal */
  get endedCount(): number {
    return this.endedSize;
  }

  /** Spawns a task of this set that stays on this thread. */
  spawnLocal(f: IntoFuture<T>): AbortHandle;
  spawnLocal<A extends unknown[]>(f: (...args: A) => Future<T> | Async<T>, ...args: A): AbortHandle;
  spawnLocal(f: IntoFuture<T>, ...args: unknown[]): AbortHandle {
    const runtime = currentRuntime("JoinSet.spawnLocal()") as TaskRuntime;
    const call = args.length === 0 ? intoFuture(f) : callOf<unknown[], T>(f as never, args);
    return this.insert(runtime.spawnLocalCall(call));
  }

  /** Spawns a call of a sendable function on the blocking pool, as a task of this set; see {@link spawnBlocking}. */
  spawnBlocking(f: SendFuture<T>, options?: SpawnBlockingOptions): AbortHandle {
    const runtime = currentRuntime("JoinSet.spawnBlocking()") as TaskRuntime;
    return this.insert(spawnBlockingOn(runtime, f, options));
  }

  /** Takes a task into the set. */
  insert(handle: JoinHandle<T>): AbortHandle {
    const task: Task<T> = handle;
    const member = new Member(this, task);
    this.members.add(member);
    if (task.isComplete()) member.wake();
    else task.addWaiter(member);
    return new AbortHandle(task as Task<unknown>);
  }

  /** @internal */
  memberEnded(member: Member<T>): void {
    if (this.lastEnded === null) this.firstEnded = member;
    else this.lastEnded.next = member;
    this.lastEnded = member;
    this.endedSize++;
    this.wakeWaits();
  }

  private wakeWaits(): void {
    for (const wait of this.waits) wait.waker?.wake();
  }

  /**
   * The outcome of the next task to end, or undefined when the set is empty.
   *
   * @remarks **Cancel safety**: safe, no outcome is lost.
   */
  joinNext(): Awaitable<Outcome<T> | undefined> {
    return new JoinNext(this);
  }

  /** The outcome of a task that has ended, or undefined when none has. */
  tryJoinNext(): Outcome<T> | undefined {
    const member = this.firstEnded;
    if (member === null) return undefined;
    this.firstEnded = member.next;
    if (member.next === null) this.lastEnded = null;
    this.endedSize--;
    this.members.delete(member);
    // To whoever else waits, an empty set is an answer too.
    if (this.members.size === 0) this.wakeWaits();
    return member.task.ending();
  }

  /** @internal */
  beginWait(wait: SetWait): void {
    this.waits.add(wait);
  }

  /** @internal */
  endWait(wait: SetWait): void {
    this.waits.delete(wait);
  }

  /**
   * Waits for all tasks; their outputs in the order in which they ended.
   *
   * @remarks The first failure or cancellation aborts the others, waits for their clean-up, and is thrown. **Cancel
   * safety**: dropping it leaves the tasks in the set and loses the outputs taken so far.
   */
  joinAll(): Awaitable<T[]> {
    return joinAllOf(this);
  }

  /** Aborts every task; their outcomes stay to be joined. */
  abortAll(): void {
    for (const member of this.members) member.task.abort();
  }

  /** Aborts every task and waits until all are gone; a failure that was not joined, or of clean-up, is reported. */
  shutdown(): Awaitable<void> {
    return shutdownOf(this as JoinSet<unknown>);
  }

  /** Lets all tasks go: they run on, and the set is empty. */
  detachAll(): void {
    for (const member of this.members) {
      member.task.removeWaiter(member);
      member.task.detach();
    }
    this.members.clear();
    this.firstEnded = null;
    this.lastEnded = null;
    this.endedSize = 0;
    this.wakeWaits();
  }

  /** The outcomes as they come, until the set is empty; for async functions. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Outcome<T>, void, void> {
    for (;;) {
      const outcome = this.tryJoinNext() ?? (await this.joinNext());
      if (outcome === undefined) return;
      yield outcome;
    }
  }

  /** As {@link JoinSet.shutdown}. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.members.size > 0) await this.shutdown();
  }
}

/** Who waits for a task of a set to end. */
interface SetWait {
  readonly waker: Waker | null;
}

class JoinNext<T> extends Leaf<Outcome<T> | undefined> {
  waker: Waker | null;
  private readonly set: JoinSet<T>;

  constructor(set: JoinSet<T>) {
    super();
    this.set = set;
    this.waker = null;
  }

  override next(): Poll<Outcome<T> | undefined> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, JoinNext.prototype.next);
    if (!pollProceed()) return PENDING;
    this.drop();
    const outcome = this.set.tryJoinNext();
    if (outcome !== undefined || this.set.isEmpty()) return readyPoll(outcome);
    refundBudget();
    this.waker = waker;
    this.set.beginWait(this);
    return PENDING;
  }

  protected override drop(): void {
    if (this.waker === null) return;
    this.waker = null;
    this.set.endWait(this);
  }
}

const joinAllOf = fn(function* joinAll<T>(set: JoinSet<T>): Async<T[]> {
  const values: T[] = [];
  for (;;) {
    const outcome = yield* set.joinNext();
    if (outcome === undefined) return values;
    if (outcome.status !== "ok") {
      yield* shutdownOf(set as JoinSet<unknown>);
      throw outcome.error;
    }
    values.push(outcome.value);
  }
}) as <T>(set: JoinSet<T>) => Awaitable<T[]>;

const shutdownOf = fn(function* shutdown(set: JoinSet<unknown>): Async<void> {
  set.abortAll();
  for (;;) {
    const outcome = yield* set.joinNext();
    if (outcome === undefined) return;
    if (outcome.status === "failed") cx.runtime?.reportFailure(outcome.error, "task of a JoinSet");
  }
});

/** Waits until one more task of a set has ended than when it was made; at once when none is running. */
class NextEnd<T> extends Leaf<void> implements SetWait {
  waker: Waker | null;
  private readonly set: JoinSet<T>;
  private readonly from: number;

  constructor(set: JoinSet<T>) {
    super();
    this.waker = null;
    this.set = set;
    this.from = set.endedCount;
  }

  protected override poll(): Poll<void> {
    const { set } = this;
    this.drop();
    if (set.endedCount !== this.from || set.endedCount === set.size) return readyPoll(undefined);
    this.waker = cx.waker;
    set.beginWait(this);
    return PENDING;
  }

  protected override drop(): void {
    if (this.waker === null) return;
    this.waker = null;
    this.set.endWait(this);
  }
}

const spawnWhenRoomIn = fn(function* spawnWhenRoom<T>(
  set: JoinSet<T>,
  f: SendFuture<T>,
): Async<AbortHandle> {
  for (;;) {
    const spawned = trySpawn(set, f);
    if (spawned !== null) return spawned;
    yield* new NextEnd(set);
    // Others fill the memory: lets them go on.
    yield* yieldNow();
  }
}) as <T>(set: JoinSet<T>, f: SendFuture<T>) => Awaitable<AbortHandle>;

function trySpawn<T>(set: JoinSet<T>, f: SendFuture<T>): AbortHandle | null {
  try {
    return set.spawn(f);
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === "ERR_SEGMENT_FULL") return null;
    throw error;
  }
}
