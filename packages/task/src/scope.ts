/** Structured concurrency: a block that does not end before the tasks it has spawned. */
import {
  type Async,
  type Awaitable,
  type Call,
  CLOSING,
  type Closing,
  callOf,
  closeStep,
  currentRuntime,
  cx,
  DONE,
  DropSink,
  type ErrorSink,
  type Future,
  type IntoFuture,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  pushDropError,
  RuntimeError,
  readyPoll,
  type Waker,
} from "@treadle/core";
import type { JoinHandle } from "./join-handle.ts";
import type { TaskRuntime } from "./schedule.ts";
import { spawnOn } from "./spawn.ts";
import type { Task } from "./task.ts";

/** Code of the error thrown when a scope that has ended is asked to spawn. */
export const ERR_SCOPE_CLOSED = "ERR_SCOPE_CLOSED";

/** One task of a scope; told by the task when it has ended. */
class Child implements Waker {
  readonly task: Task<unknown>;
  private readonly scope: Scope;

  constructor(scope: Scope, task: Task<unknown>) {
    this.scope = scope;
    this.task = task;
  }

  wake(): void {
    this.scope.childEnded(this);
  }
}

/** What the body of a {@link scope} is given. */
export class Scope {
  private readonly children = new Set<Child>();
  private waker: Waker | null = null;
  private closed = false;
  /** The first failure of a child, in a box. */
  failure: { readonly error: unknown } | null = null;
  private readonly later: unknown[] = [];

  /**
   * Spawns a task that ends before the scope does; arguments as for the free `spawn`.
   *
   * @throws {@link RuntimeError} `ERR_SCOPE_CLOSED` when the scope has ended or is being cancelled.
   */
  spawn<T>(f: IntoFuture<T>): JoinHandle<T>;
  spawn<A extends unknown[], T>(f: (...args: A) => Future<T> | Async<T>, ...args: A): JoinHandle<T>;
  spawn<T>(f: IntoFuture<T>, ...args: unknown[]): JoinHandle<T> {
    if (this.closed) {
      throw new RuntimeError(
        ERR_SCOPE_CLOSED,
        "scope.spawn() was called after the scope had ended or was cancelled: spawn while its body runs",
      );
    }
    const runtime = currentRuntime("scope.spawn()") as TaskRuntime;
    const handle = spawnOn(runtime, f, args);
    const child = new Child(this, handle as Task<unknown>);
    this.children.add(child);
    if (child.task.isComplete()) child.wake();
    else child.task.addWaiter(child);
    return handle;
  }

  /** Aborts every task of the scope; its body goes on, and may spawn again. */
  cancel(): void {
    for (const child of this.children) child.task.abort();
  }

  /** @internal */
  childEnded(child: Child): void {
    this.children.delete(child);
    const outcome = child.task.ending();
    if (outcome.status === "failed") {
      if (this.failure === null) this.failure = { error: outcome.error };
      else if (outcome.error !== this.failure.error) this.later.push(outcome.error);
    }
    this.waker?.wake();
  }

  /** @internal */
  close(): void {
    this.closed = true;
  }

  /** @internal */
  isEmpty(): boolean {
    return this.children.size === 0;
  }

  /** @internal */
  wakeWith(waker: Waker | null): void {
    this.waker = waker;
  }

  /** @internal */
  takeLaterFailures(): unknown[] {
    return this.later.splice(0);
  }
}

const BODY = 0;
const FAILING = 1;
const WAITING = 2;

class ScopeFuture<T> extends Leaf<T> {
  private readonly scope: Scope = new Scope();
  private body: Call<T> | null;
  private state = BODY;
  private value: T | undefined = undefined;
  private sink: DropSink | null = null;
  private started = false;

  constructor(make: (scope: Scope) => Async<T> | Future<T>) {
    super();
    this.body = callOf(make, [this.scope]);
  }

  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, ScopeFuture.prototype.next);
    this.started = true;
    this.scope.wakeWith(waker);
    if (this.state === BODY) this.pollBody();
    if (this.state !== FAILING && this.scope.failure !== null) this.beginFailing(null);
    if (this.state === FAILING) this.closeBody(this.sink as DropSink);
    if (this.body !== null || !this.scope.isEmpty()) return PENDING;
    return this.end();
  }

  /** Polls the body; when it is over, only the children are left to wait for. */
  private pollBody(): void {
    try {
      const answer = (this.body as Call<T>).next();
      if (answer === PENDING) return;
      this.value = answer.value as T;
      this.body = null;
      this.state = WAITING;
    } catch (error) {
      this.body = null;
      this.beginFailing({ error });
    }
  }

  private beginFailing(own: { readonly error: unknown } | null): void {
    this.state = FAILING;
    this.sink = new DropSink();
    const failure = own ?? this.scope.failure;
    if (failure !== null) this.sink.push(failure.error);
    this.scope.close();
    this.scope.cancel();
  }

  /** One step of dropping the body, errors to `sink`, or to the drop that is going on. */
  private closeBody(sink: ErrorSink | null): void {
    if (this.body === null) return;
    const step = sink === null ? this.body.return() : closeStep(this.body, sink);
    if (step.done) this.body = null;
  }

  private end(): Poll<T> {
    this.scope.close();
    this.scope.wakeWith(null);
    if (this.sink !== null) {
      const first = this.sink.errors?.[0];
      const own = this.scope.failure;
      // The body may have failed because it waited for the very child that failed.
      if (own !== null && own.error !== first) this.sink.push(own.error);
      for (const error of this.scope.takeLaterFailures()) this.sink.push(error);
      this.sink.raise();
    }
    return readyPoll(this.value as T);
  }

  /** Gives what it has failed with to the drop around it. */
  private handOver(): void {
    if (this.sink === null) return;
    // What the sink tells is not told again at the end.
    if (this.sink.errors?.[0] === this.scope.failure?.error) this.scope.failure = null;
    this.sink.handOver();
    this.sink = null;
  }

  override return(): Closing {
    if (!this.started) return (this.body as Call<T>).return();
    this.handOver();
    this.scope.close();
    this.scope.cancel();
    this.scope.wakeWith(cx.waker);
    this.closeBody(null);
    if (this.body !== null || !this.scope.isEmpty()) return CLOSING;
    this.scope.wakeWith(null);
    if (this.scope.failure !== null) pushDropError(this.scope.failure.error);
    for (const error of this.scope.takeLaterFailures()) pushDropError(error);
    this.scope.failure = null;
    return DONE;
  }
}

/**
 * Runs a body that may spawn tasks, and ends only after all of them have.
 *
 * @remarks The first failure, of a task or of the body, cancels the rest, waits for all clean-up, and is thrown; further
 * ones are reported. A task that was aborted is no failure. **Cancel safety**: dropping it cancels the body and all
 * tasks, and waits for their clean-up.
 * @example
 * ```ts
 * import { type Async, Builder, fn, scope, ready } from "treadle";
 *
 * const half = fn(function* half(n: number): Async<number> {
 *   return yield* ready(n / 2);
 * });
 * const both = scope(function* (s): Async<number> {
 *   const a = s.spawn(half, 10);
 *   const b = s.spawn(half, 4);
 *   return (yield* a) + (yield* b);
 * });
 * Builder.newCurrentThread().build().blockOn(both); // => 7
 * ```
 */
export function scope<T>(body: (s: Scope) => Async<T> | Future<T>): Awaitable<T> {
  return new ScopeFuture(body);
}
