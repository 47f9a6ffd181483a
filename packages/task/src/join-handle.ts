/** The handle of a spawned task. */
import {
  type Async,
  type Awaitable,
  cx,
  type Future,
  flat,
  Leaf,
  type Named,
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
import { nextTaskId } from "./id.ts";
import type { Schedule } from "./schedule.ts";
import { INITIAL } from "./state.ts";
import { NEW, NOT_OWNED, Task, type TaskFields } from "./task.ts";

/**
 * The task's result, later: `yield* handle` in a task, `await handle` in an async function, any number of times.
 *
 * @remarks Letting the handle go does not stop the task. **Errors**: the task's own error, the same object; a
 * {@link JoinError} (`ERR_TASK_CANCELLED`) when the task was cancelled, after its clean-up has ended. **Cancel
 * safety**: dropping the wait loses nothing. Waiting uses the budget.
 */
export class JoinHandle<T> extends Task<T> {
  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, JoinHandle.prototype.next);
    if (!pollProceed()) return PENDING;
    if (this.isComplete()) return readyPoll(this.output());
    refundBudget();
    this.addWaiter(waker);
    return PENDING;
  }

  protected override drop(): void {
    this.dropWait(false);
  }

  override then<A = T, B = never>(
    onReady?: ((value: T) => A | PromiseLike<A>) | null,
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    let promise = cx.promises.get(this) as Promise<T> | undefined;
    if (promise === undefined) {
      promise = new Promise<T>((resolve, reject) => whenEnded(this, outputOf, resolve, reject));
      cx.promises.set(this, promise);
    }
    return promise.then(onReady, onFailed);
  }

  /** A handle that can abort but not join. */
  abortHandle(): AbortHandle {
    return new AbortHandle(this as Task<unknown>);
  }

  /** Whether the task has ended and its clean-up is done. */
  isFinished(): boolean {
    return this.isComplete();
  }

  /** The result as a value, also by `await` outside of the runtime; never throws. */
  outcome(): Awaitable<Outcome<T>> {
    return new OutcomeWait(this);
  }
}

const FlatJoinHandle = flat<
  JoinHandle<unknown>,
  TaskFields,
  [Async<unknown> | Future<unknown>, Named, Schedule]
>(JoinHandle, function (future, source, scheduler) {
  this.word = INITIAL;
  this.id = nextTaskId();
  this.source = source;
  this.scheduler = scheduler;
  this.future = future;
  this.status = NEW;
  this.result = undefined;
  this.waiter = null;
  this.ownedAt = NOT_OWNED;
  this.rare = null;
});

/** A new task, and the handle to it. */
export function newTask<T>(
  future: Async<T> | Future<T>,
  source: Named,
  scheduler: Schedule,
): JoinHandle<T> {
  return new FlatJoinHandle(future, source, scheduler) as JoinHandle<T>;
}

class OutcomeWait<T> extends Leaf<Outcome<T>> {
  private readonly task: Task<T>;
  private waits: boolean;

  constructor(task: Task<T>) {
    super();
    this.task = task;
    this.waits = false;
  }

  override next(): Poll<Outcome<T>> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, OutcomeWait.prototype.next);
    if (!pollProceed()) return PENDING;
    if (this.task.isComplete()) return readyPoll(this.task.ending());
    refundBudget();
    this.waits = true;
    this.task.addWaiter(waker);
    return PENDING;
  }

  override then<A = Outcome<T>, B = never>(
    onReady?: ((value: Outcome<T>) => A | PromiseLike<A>) | null,
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const promise = new Promise<Outcome<T>>((resolve, reject) => {
      whenEnded(this.task, endingOf, resolve, reject);
    });
    return promise.then(onReady, onFailed);
  }

  protected override drop(): void {
    if (this.waits) this.task.dropWait(true);
    this.waits = false;
  }
}

const outputOf = <T>(task: Task<T>): T => task.output();
const endingOf = <T>(task: Task<T>): Outcome<T> => task.ending();

/** Settles a promise by what `read` tells of the task, once that has ended; no runtime has to wait for it. */
function whenEnded<T, R>(
  task: Task<T>,
  read: (task: Task<T>) => R,
  resolve: (value: R) => void,
  reject: (error: unknown) => void,
): void {
  const waiter: Waker = {
    wake() {
      try {
        resolve(read(task));
      } catch (error) {
        reject(error);
      }
    },
  };
  if (task.isComplete()) waiter.wake();
  else task.addWaiter(waiter);
}
