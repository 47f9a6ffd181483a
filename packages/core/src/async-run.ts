/**
 * Running a function at its first poll: async functions as tasks, and functions that make a future.
 *
 * **Drop.** A promise cannot be dropped. If the function has looked at its `signal`, or awaits a future of this project,
 * it can be told: the signal fires, the awaited future is aborted, and the drop goes on until the promise settles, so its
 * `finally` blocks are part of the clean-up. Otherwise nothing can stop it: it is let go at once, and what becomes of it
 * is nobody's business any more.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Call } from "./call.ts";
import {
  type Adopted,
  type AsyncContext,
  currentRuntime,
  cx,
  tryCurrentRuntime,
} from "./context.ts";
import { pushDropError } from "./drop.ts";
import { describe, ERR_INVALID_ARG, RuntimeError } from "./errors.ts";
import { Leaf, outsidePoll } from "./leaf.ts";
import { CLOSING, type Closing, DONE, type Future, type Poll } from "./poll.ts";
import { PromiseWait } from "./promise-wait.ts";

/** What an async function that runs as a task is given. */
export interface AsyncTaskContext {
  /** Fires when the task is aborted or dropped; made when it is first looked at. */
  readonly signal: AbortSignal;
}

class Cancellation implements AsyncTaskContext {
  private controller: AbortController | null = null;
  private dropped = false;

  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.dropped) this.controller.abort();
    }
    return this.controller.signal;
  }

  /** Fires the signal; false when nobody holds it. */
  fire(): boolean {
    this.dropped = true;
    this.controller?.abort();
    return this.controller !== null;
  }

  isReason(error: unknown): boolean {
    return (
      error === this.controller?.signal.reason ||
      (error as { name?: unknown } | null)?.name === "AbortError" ||
      // What an `await` on a future of this project throws when the task is dropped.
      (error as { code?: unknown } | null)?.code === "ERR_TASK_CANCELLED"
    );
  }
}

/** The context of the function that is being called by an {@link AsyncRun} now; null behind its first `await`. */
let calling: AsyncContext | null = null;

/**
 * The context of the async function that runs now, if it is run as a task or in one.
 *
 * Within a poll only what is being called counts: the asynchronous context there is that of whoever had the scheduler run.
 */
export function currentAsyncContext(): AsyncContext | undefined {
  if (cx.waker !== null) return calling ?? undefined;
  return cx.asyncContext?.getStore();
}

/** Calls a function at the first poll and becomes the future or promise that it returns. */
export class AsyncRun<T> extends Leaf<T> {
  private readonly f: (...args: unknown[]) => unknown;
  private readonly args: unknown[];
  private readonly cancellation = new Cancellation();
  private inner: Future<T> | null = null;
  private closing = false;
  private readonly waits = new Set<Adopted<unknown>>();

  constructor(f: (...args: unknown[]) => unknown, args: unknown[]) {
    super();
    this.f = f;
    this.args = args;
  }

  override next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, AsyncRun.prototype.next);
    if (this.inner === null) this.inner = this.start();
    return this.inner.next();
  }

  override return(): Closing {
    const inner = this.inner;
    if (inner === null) return DONE;
    if (!(inner instanceof PromiseWait)) {
      this.cancellation.fire();
      return (inner.return?.() ?? DONE) as Closing;
    }
    if (!this.closing) {
      this.closing = true;
      const told = this.cancellation.fire();
      const waits = [...this.waits];
      for (const wait of waits) wait.abort();
      if (!told && waits.length === 0) return inner.return();
    }
    return this.awaitEnd(inner);
  }

  /** Waits for the promise of a function that was told to stop; its abort error is no failure. */
  private awaitEnd(wait: PromiseWait<T>): Closing {
    try {
      return wait.next().done ? DONE : CLOSING;
    } catch (error) {
      if (!this.cancellation.isReason(error)) pushDropError(error);
      return DONE;
    }
  }

  private start(): Future<T> {
    const made = this.call();
    if (typeof (made as Partial<Future<T>> | null)?.next === "function") {
      // A plain generator needs a `Call` of its own, or its nesting would be hidden behind this future.
      return made instanceof Leaf || made instanceof Call
        ? made
        : new Call<T>(made as Future<T>, this.f);
    }
    if (typeof (made as Partial<PromiseLike<T>> | null)?.then === "function") {
      return new PromiseWait(made as PromiseLike<T>);
    }
    throw new RuntimeError(
      ERR_INVALID_ARG,
      `${this.f.name || "the function"}() returned ${describe(made)}: ` +
        "a function that is run as a task returns a future, a generator object or a promise",
    );
  }

  private call(): unknown {
    if (tryCurrentRuntime() === null) return this.invoke();
    cx.asyncContext ??= new AsyncLocalStorage();
    const store: AsyncContext = {
      runtime: currentRuntime("run"),
      task: cx.waker?.task ?? null,
      waits: this.waits,
      cancellation: this.cancellation,
    };
    const outer = calling;
    calling = store;
    try {
      return cx.asyncContext.run(store, invoke, this as AsyncRun<unknown>);
    } finally {
      calling = outer;
    }
  }

  /** @internal */
  invoke(): unknown {
    return this.args.length > 0 ? this.f(...this.args) : this.f(this.cancellation);
  }
}

function invoke(run: AsyncRun<unknown>): unknown {
  return run.invoke();
}
