/** The futures of a cancellation token: waiting for it, and running something until then. */
import {
  type Call,
  CLOSING,
  type Closing,
  closeStep,
  cx,
  DONE,
  DropSink,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
} from "@treadle/core";
import type { CancellationToken } from "./cancellation-token.ts";
import { unlink, WaitLeaf } from "./waiters.ts";

/** Ready when a token is cancelled. */
export class Cancelled extends WaitLeaf<void> {
  private readonly token: CancellationToken;

  constructor(token: CancellationToken) {
    super();
    this.token = token;
  }

  override next(): Poll<void> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, Cancelled.prototype.next);
    if (this.token.isCancelled) {
      this.drop();
      return DONE;
    }
    this.waker = waker;
    if (this.after === null) this.token.enrol(this);
    return PENDING;
  }

  protected override drop(): void {
    this.waker = null;
    if (unlink(this)) this.token.unlinkIfIdle();
  }

  /** As `drop()`, for the combinator that owns it. */
  leave(): void {
    this.drop();
  }
}

const NEW = 0;
const RUNNING = 1;
const STOPPING = 2;

/** Runs a future until it is done or a token is cancelled. */
export class RunUntilCancelled<T> extends Leaf<T | undefined> {
  private readonly token: CancellationToken;
  private readonly inner: Call<T>;
  private readonly cancelled: Cancelled;
  private readonly sink: DropSink;
  private state: number;

  constructor(token: CancellationToken, inner: Call<T>) {
    super();
    this.token = token;
    this.inner = inner;
    this.cancelled = new Cancelled(token);
    this.sink = new DropSink();
    this.state = NEW;
  }

  override next(): Poll<T | undefined> {
    if (cx.waker === null) return outsidePoll(this, RunUntilCancelled.prototype.next);
    if (this.state === NEW) this.state = this.token.isCancelled ? STOPPING : RUNNING;
    if (this.state === RUNNING) {
      const result = this.pollInner();
      if (result.done) return result;
      if (!this.cancelled.next().done) return PENDING;
      this.state = STOPPING;
    }
    return this.stop();
  }

  override return(): Closing {
    this.cancelled.leave();
    this.state = STOPPING;
    this.sink.handOver();
    return this.inner.return().done ? DONE : CLOSING;
  }

  private pollInner(): Poll<T> {
    try {
      const result = this.inner.next();
      if (result.done) this.cancelled.leave();
      return result;
    } catch (error) {
      this.cancelled.leave();
      throw error;
    }
  }

  /** One step of dropping `inner` in favour of the cancellation. */
  private stop(): Poll<undefined> {
    if (!closeStep(this.inner, this.sink).done) return PENDING;
    this.sink.raise();
    return DONE;
  }
}
