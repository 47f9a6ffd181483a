/** Counting tasks, to wait until all have ended. */
import {
  type Async,
  type Awaitable,
  Call,
  CLOSING,
  type Closing,
  callOf,
  currentRuntime,
  cx,
  DONE,
  type Future,
  type IntoFuture,
  intoFuture,
  Leaf,
  outsidePoll,
  type Poll,
  type RuntimeContext,
} from "@treadle/core";
import { Notify } from "./notify.ts";

/** What a tracker shows of the handle of a task it has spawned; the runtime's own handle has more. */
export interface TrackedHandle<T> extends Future<T>, PromiseLike<T> {
  /** The task's id. */
  readonly id: number;
  /** Cancels the task. */
  abort(): void;
  /** Whether the task has ended and its clean-up is done. */
  isFinished(): boolean;
  /** Says that nobody will look at the result. */
  detach(): void;
}

/** What a tracker asks of the runtime it spawns on. */
interface Spawner extends RuntimeContext {
  spawnCall<T>(call: Call<T>): TrackedHandle<T>;
}

/**
 * Counts tasks and waits until it is closed and all of them have ended.
 *
 * @remarks It keeps no results and no handles, so it can run for ever; for those use a `JoinSet`. To stop the tasks,
 * give them a {@link CancellationToken}.
 * @example
 * ```ts
 * import { type Async, Builder, fn, TaskTracker } from "treadle";
 *
 * const main = fn(function* main(): Async<number> {
 *   const tracker = new TaskTracker();
 *   let done = 0;
 *   for (let i = 0; i < 3; i++) tracker.spawn(function* (): Async<void> { done++; });
 *   tracker.close();
 *   yield* tracker.wait();
 *   return done;
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => 3
 * ```
 */
export class TaskTracker {
  private readonly emptied: Notify;
  private count: number;
  private closed: boolean;

  constructor() {
    this.emptied = new Notify();
    this.count = 0;
    this.closed = false;
  }

  /**
   * Spawns a task on the current runtime and counts it until it has ended, clean-up included.
   *
   * @remarks As the free `spawn`, also in its forms. A closed tracker spawns too.
   * @throws {@link RuntimeError} `ERR_NO_RUNTIME`; `ERR_INVALID_ARG` for what cannot be run.
   */
  spawn<T>(f: IntoFuture<T>): TrackedHandle<T>;
  spawn<A extends unknown[], T>(
    f: (...args: A) => Future<T> | Async<T>,
    ...args: A
  ): TrackedHandle<T>;
  spawn<T>(f: IntoFuture<T>, ...args: unknown[]): TrackedHandle<T> {
    const runtime = currentRuntime("TaskTracker.spawn()") as Spawner;
    const call: Call<T> = args.length === 0 ? intoFuture(f) : callOf(f as never, args);
    return runtime.spawnCall(new Call(new Tracked(call, this.token()), call));
  }

  /**
   * Wraps a future so that it counts, from this call until it is done or dropped.
   *
   * @remarks **Cancel safety**: that of `f`.
   */
  trackFuture<T>(f: IntoFuture<T>): Awaitable<T> {
    return new Tracked(intoFuture(f), this.token());
  }

  /** Counts something that is no future, until the token is disposed of. */
  token(): TaskTrackerToken {
    return new TaskTrackerToken(this);
  }

  /** Lets `wait()` end once the tracker is empty; true if it was open. Tasks can still be added. */
  close(): boolean {
    if (this.closed) return false;
    this.closed = true;
    this.notifyIfDone();
    return true;
  }

  /** Undoes {@link TaskTracker.close}; true if it was closed. */
  reopen(): boolean {
    const was = this.closed;
    this.closed = false;
    return was;
  }

  /**
   * Ready when the tracker is closed and empty, or was so at some time since this call.
   *
   * @remarks **Cancel safety**: safe.
   */
  wait(): Awaitable<void> {
    return new TrackerWait(this, this.emptied);
  }

  /** How many tasks are counted now. */
  get size(): number {
    return this.count;
  }

  /** Whether no task is counted now. */
  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** Whether the tracker is closed. */
  get isClosed(): boolean {
    return this.closed;
  }

  /** @internal */
  add(): void {
    this.count++;
  }

  /** @internal */
  remove(): void {
    this.count--;
    this.notifyIfDone();
  }

  private notifyIfDone(): void {
    if (this.closed && this.count === 0) this.emptied.notifyWaiters();
  }
}

/** Counts as one task of a {@link TaskTracker} until it is disposed of. */
export class TaskTrackerToken implements Disposable {
  /** The tracker it counts for. */
  readonly taskTracker: TaskTracker;
  private counted: boolean;

  /** @internal */
  constructor(tracker: TaskTracker) {
    this.taskTracker = tracker;
    this.counted = true;
    tracker.add();
  }

  /** Stops counting; a second call does nothing. */
  [Symbol.dispose](): void {
    if (!this.counted) return;
    this.counted = false;
    this.taskTracker.remove();
  }
}

/** Ready at once when the tracker is done now; otherwise with the next time it becomes so. */
class TrackerWait extends Leaf<void> {
  private readonly tracker: TaskTracker;
  private readonly notified: Future<void>;

  constructor(tracker: TaskTracker, emptied: Notify) {
    super();
    this.tracker = tracker;
    this.notified = emptied.notified();
  }

  override next(): Poll<void> {
    if (cx.waker === null) return outsidePoll(this, TrackerWait.prototype.next);
    if (!this.tracker.isClosed || !this.tracker.isEmpty) return this.notified.next();
    this.drop();
    return DONE;
  }

  protected override drop(): void {
    this.notified.return?.();
  }
}

/** A future that holds a token until it is gone. */
class Tracked<T> extends Leaf<T> {
  private readonly inner: Call<T>;
  private readonly token: TaskTrackerToken;

  constructor(inner: Call<T>, token: TaskTrackerToken) {
    super();
    this.inner = inner;
    this.token = token;
  }

  override next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, Tracked.prototype.next);
    try {
      const result = this.inner.next();
      if (result.done) this.token[Symbol.dispose]();
      return result;
    } catch (error) {
      this.token[Symbol.dispose]();
      throw error;
    }
  }

  override return(): Closing {
    if (!this.inner.return().done) return CLOSING;
    this.token[Symbol.dispose]();
    return DONE;
  }
}
