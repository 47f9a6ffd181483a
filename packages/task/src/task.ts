/**
 * One task: its state word, its future, its output, and the harness that polls, cancels and completes it.
 *
 * The task is its own waker, so a poll allocates nothing. What each field means in which state:
 * - `future`: the bare generator where that is possible, so that a poll goes through no wrapper; from CLEANING on the
 *   `Call` around it; null from COMPLETE on, so that it can be collected.
 * - `status`: whether it was ever polled; from COMPLETE on, how it ended. `result`: the output, from COMPLETE on.
 * - `waiter`: the waker of the first joiner; null from COMPLETE on.
 * - `rare`: what few tasks need: more joiners, errors of clean-up (from CLEANING on), a captured context.
 * - `ownedAt`: the owned list's, see `owned-tasks.ts`.
 *
 * Completion order: future dropped, output stored, COMPLETE, joiners woken, released (hook, owned list).
 */
import {
  type Async,
  BUDGET,
  Call,
  cx,
  DropSink,
  type Future,
  Leaf,
  type Named,
  PENDING,
  type Poll,
  type TaskContext,
  type Waker,
} from "@treadle/core";
import { JoinError, type Outcome } from "./error.ts";
import { nextTaskId, type TaskId } from "./id.ts";
import type { Schedule } from "./schedule.ts";
import * as state from "./state.ts";

/** `ownedAt` of a task that is on no owned list. */
export const NOT_OWNED = -1;
/** `ownedAt` of a task that its owned list only counts, because it has not suspended yet. */
export const ADMITTED = -2;

/** The status of a task that was never polled. */
export const NEW = 0;
const STARTED = 1;
const OK = 2;
const FAILED = 3;
const CANCELLED = 4;

/** What few tasks need. */
class Rare {
  waiters: Set<Waker> | null = null;
  /** Whether a joiner's waker was left twice: by two waits of one task, or by one that was polled again. */
  shared = false;
  sink: DropSink | null = null;
  snapshot: Snapshot | null = null;
  failure: Failure | null = null;
}

/** A failure that nobody has looked at when it happened. */
export interface Failure {
  readonly id: TaskId;
  readonly name: string;
  readonly error: unknown;
  /** Whether somebody has looked at it since. */
  observed: boolean;
  /** Who is to be told when somebody looks at it, or when nobody will. */
  watch: FailureWatcher | null;
}

/** Keeps the failures that nobody has looked at yet. */
export interface FailureWatcher {
  /** Somebody has looked at the failure. */
  observed(failure: Failure): void;
  /** The handle was detached: nobody will look at it. */
  abandoned(failure: Failure): void;
}

/** Runs a function in the asynchronous context that was captured. */
export type Snapshot = <R>(f: () => R) => R;

/** What a new task holds; who makes one without its constructors writes these fields as {@link Task}'s constructor does. */
export interface TaskFields {
  word: number;
  id: TaskId;
  source: Named;
  scheduler: Schedule;
  future: Async<unknown> | Future<unknown> | null;
  status: number;
  result: unknown;
  waiter: Waker | null;
  ownedAt: number;
  rare: object | null;
}

/** A spawned future with all that its life needs; its public face is {@link JoinHandle}, the same object. */
export abstract class Task<T> extends Leaf<T> implements Waker, TaskContext {
  /** The state word; see `state.ts`. */
  word: number;
  /** The task's id. */
  readonly id: TaskId;
  protected readonly source: Named;
  protected readonly scheduler: Schedule;
  private future: Async<T> | Future<T> | null;
  private status: number;
  private result: unknown;
  private waiter: Waker | null;
  /** Its place on the owned list, `ADMITTED` or `NOT_OWNED`. */
  ownedAt: number;
  private rare: Rare | null;

  constructor(
    future: Async<T> | Future<T>,
    source: Named,
    scheduler: Schedule,
    id: TaskId = nextTaskId(),
  ) {
    super();
    this.word = state.INITIAL;
    this.id = id;
    this.source = source;
    this.scheduler = scheduler;
    this.future = future;
    this.status = NEW;
    this.result = undefined;
    this.waiter = null;
    this.ownedAt = NOT_OWNED;
    this.rare = null;
  }

  /** The name of the task function, for dumps and reports. */
  get name(): string {
    return this.source.name || "anonymous";
  }

  /** Itself: the current task is that of the current waker. */
  get task(): this {
    return this;
  }

  /** Asks for a poll; any number of wakes before it make one. */
  wake(): void {
    const word = this.word;
    if (state.isRested(word)) {
      this.word = state.restedToNotified(word);
      this.scheduler.schedule(this as Task<unknown>);
    } else {
      this.word = state.toNotified(word);
    }
  }

  /**
   * Cancels the task: the scheduler drops its future at its next turn, clean-up included.
   *
   * @remarks Does nothing to a task that has ended; a task that ends in the very poll in which it was aborted keeps its
   * output. A second abort does not disturb the clean-up of the first.
   */
  abort(): void {
    const word = this.word;
    this.word = state.toAborted(word);
    if (state.toAbortedOutcome(word) === state.Outcome.SUBMIT) {
      this.scheduler.schedule(this as Task<unknown>);
    }
  }

  /** Whether the task has ended and its output is there. */
  isComplete(): boolean {
    return (this.word & state.COMPLETE) !== 0;
  }

  /** Whether the task failed, once it is complete. */
  isFailed(): boolean {
    return this.status === FAILED;
  }

  /** Runs the task once, as its place in a run queue says; `cx` is set for it and left so. */
  run(): void {
    const word = this.word;
    if (state.isReadyToPoll(word)) {
      this.word = state.readyToRunning(word);
      this.runPoll();
      return;
    }
    this.word = state.toRunning(word);
    const outcome = state.toRunningOutcome(word);
    if (outcome === state.Outcome.POLL) this.runPoll();
    else if (outcome === state.Outcome.CLOSE) this.close();
  }

  /** Cancels the task inline because the runtime shuts down; its clean-up may go on in later runs. */
  shutdown(): void {
    const word = this.word;
    this.word = state.toShutdown(word);
    if (state.toShutdownOutcome(word) !== state.Outcome.CLOSE) return;
    // A notified task stays in its queue; this run has a reference of its own.
    this.word += state.REF_ONE;
    this.close();
  }

  /** Gives a task up whose clean-up did not end in the time it was given. */
  forsake(): void {
    if (this.isComplete()) return;
    if ((this.word & state.RUNNING) === 0) this.word = (this.word | state.RUNNING) + state.REF_ONE;
    this.word |= state.CANCELLED;
    this.finish(CANCELLED, undefined);
  }

  /** Takes the task off the run queue before it was ever in it: its future is in another thread. */
  protected runElsewhere(): void {
    this.word = state.ELSEWHERE;
  }

  /** Ends a task whose future ran in another thread. */
  protected conclude(outcome: Outcome<T>): void {
    if (this.isComplete()) return;
    if ((this.word & state.RUNNING) === 0) this.word = (this.word | state.RUNNING) + state.REF_ONE;
    if (outcome.status === "ok") this.finish(OK, outcome.value);
    else if (outcome.status === "cancelled") this.finish(CANCELLED, undefined);
    else this.finish(FAILED, outcome.error);
  }

  private runPoll(): void {
    cx.waker = this;
    cx.budget = BUDGET;
    this.status = STARTED;
    let answer: Poll<T>;
    try {
      answer = (this.future as Future<T>).next();
      if (answer !== PENDING && !answer.done) answer = this.refuseYield(answer);
    } catch (error) {
      this.finish(FAILED, error);
      return;
    }
    if (answer === PENDING) this.idle();
    else this.finish(OK, answer.value);
  }

  private refuseYield(answer: Poll<T>): Poll<T> {
    const g = this.future;
    return this.wrapped().refuseYield(g as never, answer) as Poll<T>;
  }

  /** The `Call` around the future, made when it is first needed. */
  private wrapped(): Call<T> {
    const future = this.future as Async<T>;
    if (future instanceof Call) return future;
    const call = this.status === NEW ? new Call<T>(future, this) : Call.resume<T>(future, this);
    this.future = call;
    return call;
  }

  private rarely(): Rare {
    this.rare ??= new Rare();
    return this.rare;
  }

  /** Runs each poll inside a captured asynchronous context. */
  set snapshot(snapshot: Snapshot | null) {
    this.rarely().snapshot = snapshot;
  }

  get snapshot(): Snapshot | null {
    return this.rare === null ? null : this.rare.snapshot;
  }

  private idle(): void {
    if (this.ownedAt === ADMITTED) this.scheduler.suspended?.(this as Task<unknown>);
    const word = this.word;
    if (state.isPolledOnly(word)) {
      this.word = state.polledToIdle(word);
      return;
    }
    this.word = state.toIdle(word);
    const outcome = state.toIdleOutcome(word);
    if (outcome === state.Outcome.SUBMIT) this.scheduler.yieldNow(this as Task<unknown>);
    else if (outcome === state.Outcome.CLOSE) this.close();
  }

  /** One step of the drop. */
  private close(): void {
    this.word = state.toCleaning(this.word);
    const rare = this.rarely();
    rare.sink ??= new DropSink();
    cx.waker = this;
    cx.budget = BUDGET;
    cx.sink = rare.sink;
    const answer = this.wrapped().return();
    cx.sink = null;
    if (!answer.done) this.idle();
    else if (rare.sink.errors === null) this.finish(CANCELLED, undefined);
    else this.finish(FAILED, rare.sink.errors[0]);
  }

  private finish(status: number, result: unknown): void {
    this.future = null;
    this.status = status;
    this.result = result;
    this.word = state.toComplete(this.word);
    const awaited = this.wakeJoiners();
    const references = this.ownedAt === NOT_OWNED ? 1 : 2;
    this.scheduler.release(this as Task<unknown>);
    this.word = state.toTerminal(this.word, references);
    // Whoever was woken may be gone before it looks, so being awaited is not enough.
    if (status === FAILED && this.rare?.failure?.observed !== true) {
      this.scheduler.failed(this as Task<unknown>, result, awaited);
    }
  }

  private wakeJoiners(): boolean {
    const { waiter, rare } = this;
    if (waiter === null) return false;
    this.waiter = null;
    waiter.wake();
    if (rare !== null && rare.waiters !== null) {
      const { waiters } = rare;
      rare.waiters = null;
      for (const other of waiters) other.wake();
    }
    return true;
  }

  /** Keeps a joiner's waker until completion; the task must not be complete. */
  addWaiter(waker: Waker): void {
    if (this.waiter === waker) {
      this.rarely().shared = true;
      return;
    }
    this.word = state.toJoinWaker(this.word);
    if (this.waiter === null) {
      this.waiter = waker;
      return;
    }
    const rare = this.rarely();
    if (rare.waiters === null) rare.waiters = new Set([waker]);
    else if (rare.waiters.has(waker)) rare.shared = true;
    else rare.waiters.add(waker);
  }

  /**
   * A wait of the current waker was dropped. Another wait of the same task shares its waker, so where there may be one, the
   * task is polled again and that wait leaves the waker anew.
   *
   * @param alone - the caller knows that the waker is there for its own wait, and possibly for others.
   */
  dropWait(alone: boolean): void {
    const waker = cx.waker;
    if (waker === null || !this.removeWaiter(waker)) return;
    if (!alone || this.rare?.shared === true) waker.wake();
  }

  /** Forgets a joiner's waker; false when it was not there. */
  removeWaiter(waker: Waker): boolean {
    const waiters = this.rare === null ? null : this.rare.waiters;
    if (this.waiter === waker) {
      const [next] = waiters ?? [];
      this.waiter = next ?? null;
      if (next !== undefined) waiters?.delete(next);
    } else if (waiters?.delete(waker) !== true) {
      return false;
    }
    if (waiters !== null && waiters.size === 0 && this.rare !== null) this.rare.waiters = null;
    if (this.waiter === null) this.word = state.toNoJoinWaker(this.word);
    return true;
  }

  /** The output; throws the task's own error, or a {@link JoinError}. The task must be complete. */
  output(): T {
    this.markObserved();
    if (this.status === OK) return this.result as T;
    if (this.status === FAILED) throw this.result;
    throw this.cancelledError();
  }

  /** The output as a value. The task must be complete. */
  ending(): Outcome<T> {
    this.markObserved();
    if (this.status === OK) return { status: "ok", value: this.result as T };
    if (this.status === CANCELLED) return { status: "cancelled", error: this.cancelledError() };
    const suppressed = this.rare?.sink?.errors?.slice(1) ?? [];
    return suppressed.length === 0
      ? { status: "failed", error: this.result }
      : { status: "failed", error: this.result, suppressed };
  }

  /** Says that nobody will look at the result: a failure is then reported when it happens, or now. */
  detach(): void {
    if ((this.word & state.JOIN_INTEREST) === 0) return;
    const word = this.word;
    this.word = state.toDetached(word);
    if (state.toDetachedOutcome(word) === state.Outcome.DEALLOC) this.result = undefined;
    const failure = this.rare === null ? null : this.rare.failure;
    if (failure !== null) failure.watch?.abandoned(failure);
  }

  /** Whether the handle has given up its interest. */
  isDetached(): boolean {
    return (this.word & state.JOIN_INTEREST) === 0;
  }

  /** What a report of its failure needs, apart from the task, so that the task can be collected. */
  failure(error: unknown): Failure {
    const rare = this.rarely();
    rare.failure ??= { id: this.id, name: this.name, error, observed: false, watch: null };
    return rare.failure;
  }

  private markObserved(): void {
    if (this.status !== FAILED) return;
    const failure = this.failure(this.result);
    if (failure.observed) return;
    failure.observed = true;
    failure.watch?.observed(failure);
  }

  private cancelledError(): JoinError {
    this.result ??= JoinError.of(this.id);
    return this.result as JoinError;
  }
}
