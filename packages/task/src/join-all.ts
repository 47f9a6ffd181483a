/** Waiting for any number of futures, inside one task, polling only those that were woken. */
import {
  type Awaitable,
  type Call,
  CLOSING,
  type Closing,
  closeStep,
  cx,
  DONE,
  DropSink,
  deferWake,
  type IntoFuture,
  intoFuture,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  readyPoll,
  type TaskContext,
  type Waker,
} from "@treadle/core";

/** One child with a waker of its own, linked into the list of those that are to be polled. */
class Child implements Waker {
  readonly index: number;
  call: Call<unknown> | null;
  queued = false;
  private readonly parent: JoinAll;

  constructor(parent: JoinAll, index: number, call: Call<unknown>) {
    this.parent = parent;
    this.index = index;
    this.call = call;
  }

  get task(): TaskContext | null {
    return this.parent.task;
  }

  wake(): void {
    if (this.queued) return;
    this.queued = true;
    this.parent.childWoken(this);
  }
}

class JoinAll extends Leaf<unknown[]> {
  private readonly children: Child[] = [];
  private readonly values: unknown[];
  private readonly failFast: boolean;
  private woken: Child[] = [];
  private left: number;
  private waker: Waker | null = null;
  private sink: DropSink | null = null;
  private closing = false;

  constructor(futures: Iterable<IntoFuture<unknown>>, failFast: boolean) {
    super();
    this.failFast = failFast;
    for (const future of futures) {
      this.children.push(new Child(this, this.children.length, intoFuture(future)));
    }
    this.left = this.children.length;
    this.values = new Array(this.left).fill(undefined);
    for (const child of this.children) child.wake();
  }

  /** The task that polls it. */
  get task(): TaskContext | null {
    return this.waker?.task ?? null;
  }

  childWoken(child: Child): void {
    this.woken.push(child);
    this.waker?.wake();
  }

  override next(): Poll<unknown[]> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, JoinAll.prototype.next);
    this.waker = waker;
    this.stepWoken(waker);
    if (this.left > 0) return PENDING;
    this.waker = null;
    this.sink?.raise();
    return readyPoll(this.values);
  }

  override return(): Closing {
    const waker = cx.waker;
    this.sink?.handOver();
    this.sink = null;
    this.beginClosing();
    this.waker = waker;
    this.stepWoken(waker);
    if (this.left > 0) return CLOSING;
    this.waker = null;
    return DONE;
  }

  /** Polls, or closes, the children that were woken; each with its own waker as the current one. */
  private stepWoken(waker: Waker | null): void {
    const wasClosing = this.closing;
    const woken = this.woken;
    this.woken = [];
    let at = 0;
    try {
      // Once the budget is spent, the children that are left have their turn in the next poll.
      while (at < woken.length && (at === 0 || cx.budget !== 0)) this.step(woken[at++] as Child);
    } finally {
      cx.waker = waker;
    }
    if (at < woken.length) {
      this.woken = woken.slice(at).concat(this.woken);
      if (waker !== null) deferWake(waker);
    }
    // A child failed meanwhile: the others' drop begins in this same poll.
    if (this.closing && !wasClosing) this.stepWoken(waker);
  }

  private step(child: Child): void {
    const { call } = child;
    child.queued = false;
    if (call === null) return;
    cx.waker = child;
    if (this.closing) {
      // Without a sink of its own it is being dropped: errors go where those of that drop go.
      const step = this.sink === null ? call.return() : closeStep(call, this.sink);
      if (step.done) this.letGo(child);
      return;
    }
    try {
      const answer = call.next();
      if (answer === PENDING) return;
      this.values[child.index] = answer.value;
    } catch (error) {
      this.sink ??= new DropSink();
      this.sink.push(error);
      if (this.failFast) this.beginClosing();
    }
    this.letGo(child);
  }

  private letGo(child: Child): void {
    child.call = null;
    this.left--;
  }

  private beginClosing(): void {
    if (this.closing) return;
    this.closing = true;
    for (const child of this.children) if (child.call !== null) this.enqueue(child);
  }

  /** Marks a child for the round that follows, which needs no wake. */
  private enqueue(child: Child): void {
    if (child.queued) return;
    child.queued = true;
    this.woken.push(child);
  }
}

/**
 * Waits until all futures have ended; their outputs in the order given.
 *
 * @remarks Every future runs to its end, also when others fail; then the first failure is thrown and further ones are
 * reported. A wake polls only the future that was woken, so thousands are fine. **Cancel safety**: dropping it drops all.
 */
export function joinAll<T>(futures: Iterable<IntoFuture<T>>): Awaitable<T[]> {
  return new JoinAll(futures, false) as Awaitable<unknown> as Awaitable<T[]>;
}

/** As {@link joinAll}, but the first failure drops the others, waits for their clean-up, and is thrown. */
export function tryJoinAll<T>(futures: Iterable<IntoFuture<T>>): Awaitable<T[]> {
  return new JoinAll(futures, true) as Awaitable<unknown> as Awaitable<T[]>;
}
