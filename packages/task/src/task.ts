/**
 * One task: its state word, its future, its output, and the harness that polls, cancels and completes it.
 *
 * The task is its own waker, so a poll allocates nothing. What each field means in which state:
 * - `call`: the future; null from COMPLETE on, so that its generator can be collected.
 * - `result`, `status`: the output; meaningful from COMPLETE on.
 * - `waiter`, `waiters`: the wakers of joiners (usually one); empty from COMPLETE on.
 * - `sink`: the errors of clean-up; set from CLEANING on.
 * - `prev`, `next`, `owner`: the owned list's, see `owned-tasks.ts`.
 *
 * Completion order: future dropped, output stored, COMPLETE, joiners woken, released (hook, owned list).
 */
import {
  BUDGET,
  type Call,
  cx,
  DropSink,
  PENDING,
  type Poll,
  type TaskContext,
  type Waker,
} from "@treadle/core";
import { JoinError, type Outcome } from "./error.ts";
import { nextTaskId, type TaskId } from "./id.ts";
import type { JoinHandle } from "./join-handle.ts";
import type { OwnedTasks } from "./owned-tasks.ts";
import type { Schedule } from "./schedule.ts";
import * as state from "./state.ts";

const OK = 1;
const FAILED = 2;
const CANCELLED = 3;

/** A spawned future with all that its life needs; users hold it through a {@link JoinHandle}. */
export class Task<T> implements Waker, TaskContext {
  /** The state word; see `state.ts`. */
  word: number = state.INITIAL;
  readonly id: TaskId;
  /** The name of the task function, for dumps and reports. */
  readonly name: string;
  private readonly scheduler: Schedule;
  private call: Call<T> | null;
  private status = 0;
  private result: unknown = undefined;
  private waiter: Waker | null = null;
  private waiters: Waker[] | null = null;
  private sink: DropSink | null = null;
  /** The handle, while the task runs: what a failure's report watches for collection. */
  handle: JoinHandle<T> | null = null;
  /** Whether somebody has looked at the output; a failure nobody looks at is reported. */
  observed = false;
  owner: OwnedTasks | null = null;
  prev: Task<unknown> | null = null;
  next: Task<unknown> | null = null;
  /** For the hooks of whoever runs it: what was captured when it was spawned. */
  extra: unknown = undefined;

  constructor(call: Call<T>, scheduler: Schedule) {
    this.id = nextTaskId();
    this.name = call.name;
    this.scheduler = scheduler;
    this.call = call;
  }

  /** Asks for a poll; any number of wakes before it make one. */
  wake(): void {
    const word = this.word;
    this.word = state.toNotified(word);
    if (state.toNotifiedOutcome(word) === state.Outcome.SUBMIT) {
      this.scheduler.schedule(this as Task<unknown>);
    }
  }

  /** Asks the scheduler to cancel the task. */
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
    this.word = state.toRunning(word);
    const outcome = state.toRunningOutcome(word);
    if (outcome === state.Outcome.POLL) this.poll();
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

  private poll(): void {
    cx.task = this;
    cx.waker = this;
    cx.budget = BUDGET;
    let answer: Poll<T>;
    try {
      answer = (this.call as Call<T>).next();
    } catch (error) {
      this.finish(FAILED, error);
      return;
    }
    if (answer === PENDING) this.idle();
    else this.finish(OK, answer.value);
  }

  private idle(): void {
    const word = this.word;
    this.word = state.toIdle(word);
    const outcome = state.toIdleOutcome(word);
    if (outcome === state.Outcome.SUBMIT) this.scheduler.yieldNow(this as Task<unknown>);
    else if (outcome === state.Outcome.CLOSE) this.close();
  }

  /** One step of the drop. */
  private close(): void {
    this.word = state.toCleaning(this.word);
    this.sink ??= new DropSink();
    cx.task = this;
    cx.waker = this;
    cx.budget = BUDGET;
    cx.sink = this.sink;
    const answer = (this.call as Call<T>).return();
    cx.sink = null;
    if (!answer.done) this.idle();
    else if (this.sink.errors === null) this.finish(CANCELLED, undefined);
    else this.finish(FAILED, this.sink.errors[0]);
  }

  private finish(status: number, result: unknown): void {
    this.call = null;
    this.status = status;
    this.result = result;
    this.word = state.toComplete(this.word);
    const awaited = this.wakeJoiners();
    this.scheduler.release(this as Task<unknown>);
    this.word = state.toTerminal(this.word, this.owner === null ? 1 : 2);
    if (status === FAILED && !awaited) this.scheduler.failed(this as Task<unknown>, result);
    this.handle = null;
  }

  private wakeJoiners(): boolean {
    const { waiter, waiters } = this;
    this.waiter = null;
    this.waiters = null;
    if (waiter !== null) waiter.wake();
    if (waiters !== null) for (const other of waiters) other.wake();
    return waiter !== null || waiters !== null;
  }

  /** Keeps a joiner's waker until completion; the task must not be complete. */
  addWaiter(waker: Waker): void {
    if (this.waiter === waker) return;
    this.word = state.toJoinWaker(this.word);
    if (this.waiter === null) this.waiter = waker;
    else if (this.waiters === null) this.waiters = [waker];
    else if (!this.waiters.includes(waker)) this.waiters.push(waker);
  }

  /** Forgets a joiner's waker. */
  removeWaiter(waker: Waker | null): void {
    if (this.waiter === waker) this.waiter = this.waiters?.shift() ?? null;
    else if (this.waiters !== null) {
      const at = this.waiters.indexOf(waker as Waker);
      if (at >= 0) this.waiters.splice(at, 1);
    }
    if (this.waiters?.length === 0) this.waiters = null;
    if (this.waiter === null) this.word = state.toNoJoinWaker(this.word);
  }

  /** The output; throws the task's own error, or a {@link JoinError}. The task must be complete. */
  output(): T {
    this.observed = true;
    if (this.status === OK) return this.result as T;
    if (this.status === FAILED) throw this.result;
    throw this.cancelledError();
  }

  /** The output as a value. The task must be complete. */
  outcome(): Outcome<T> {
    this.observed = true;
    if (this.status === OK) return { status: "ok", value: this.result as T };
    if (this.status === CANCELLED) return { status: "cancelled", error: this.cancelledError() };
    const suppressed = this.sink?.errors?.slice(1) ?? [];
    return suppressed.length === 0
      ? { status: "failed", error: this.result }
      : { status: "failed", error: this.result, suppressed };
  }

  /** The handle gives up its interest in the output. */
  detach(): void {
    if ((this.word & state.JOIN_INTEREST) === 0) return;
    const word = this.word;
    this.word = state.toDetached(word);
    if (state.toDetachedOutcome(word) === state.Outcome.DEALLOC) this.result = undefined;
    this.handle = null;
  }

  private cancelledError(): JoinError {
    this.result ??= new JoinError(this.id);
    return this.result as JoinError;
  }
}
