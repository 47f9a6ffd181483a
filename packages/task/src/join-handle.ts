/** The handle of a spawned task. */
import {
  type Awaitable,
  cx,
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
import type { TaskId } from "./id.ts";
import type { Task } from "./task.ts";

/**
 * The task's result, later: `yield* handle` in a task, `await handle` in an async function, any number of times.
 *
 * @remarks Letting the handle go does not stop the task. **Errors**: the task's own error, the same object; a
 * {@link JoinError} (`ERR_TASK_CANCELLED`) when the task was cancelled, after its clean-up has ended. **Cancel
 * safety**: dropping the wait loses nothing. Waiting uses the budget.
 */
export class JoinHandle<T> extends Leaf<T> {
  private readonly task: Task<T>;

  /** @internal */
  constructor(task: Task<T>) {
    super();
    this.task = task;
    task.handle = this;
  }

  /** The task's id. */
  get id(): TaskId {
    return this.task.id;
  }

  /** The task function's name. */
  get name(): string {
    return this.task.name;
  }

  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, JoinHandle.prototype.next);
    if (!pollProceed()) return PENDING;
    if (this.task.isComplete()) return readyPoll(this.task.output());
    refundBudget();
    this.task.addWaiter(waker);
    return PENDING;
  }

  protected override drop(): void {
    this.task.removeWaiter(cx.waker);
  }

  override then<A = T, B = never>(
    onReady?: ((value: T) => A | PromiseLike<A>) | null,
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    let promise = cx.promises.get(this) as Promise<T> | undefined;
    if (promise === undefined) {
      promise = new Promise<T>((resolve, reject) => settle(this.task, resolve, reject));
      cx.promises.set(this, promise);
    }
    return promise.then(onReady, onFailed);
  }

  /**
   * Cancels the task: the scheduler drops its future at its next turn, clean-up included.
   *
   * @remarks Does nothing to a task that has ended; a task that ends in the very poll in which it was aborted keeps its
   * output. A second abort does not disturb the clean-up of the first.
   */
  abort(): void {
    this.task.abort();
  }

  /** A handle that can abort but not join. */
  abortHandle(): AbortHandle {
    return new AbortHandle(this.task as Task<unknown>);
  }

  /** Whether the task has ended and its clean-up is done. */
  isFinished(): boolean {
    return this.task.isComplete();
  }

  /** The result as a value; never throws. */
  outcome(): Awaitable<Outcome<T>> {
    return new OutcomeWait(this.task);
  }

  /** The task itself, for groups that join it on behalf of the handle. @internal */
  intoTask(): Task<T> {
    return this.task;
  }

  /** Says that nobody will look at the result: a failure is then reported when it happens. */
  detach(): void {
    this.task.detach();
  }
}

class OutcomeWait<T> extends Leaf<Outcome<T>> {
  private readonly task: Task<T>;

  constructor(task: Task<T>) {
    super();
    this.task = task;
  }

  override next(): Poll<Outcome<T>> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, OutcomeWait.prototype.next);
    if (!pollProceed()) return PENDING;
    if (this.task.isComplete()) return readyPoll(this.task.outcome());
    refundBudget();
    this.task.addWaiter(waker);
    return PENDING;
  }

  protected override drop(): void {
    this.task.removeWaiter(cx.waker);
  }
}

function settle<T>(task: Task<T>, resolve: (value: T) => void, reject: (e: unknown) => void): void {
  const waiter: Waker = {
    wake() {
      try {
        resolve(task.output());
      } catch (error) {
        reject(error);
      }
    },
  };
  if (task.isComplete()) waiter.wake();
  else task.addWaiter(waiter);
}
