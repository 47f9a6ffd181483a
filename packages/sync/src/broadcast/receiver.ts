/** The receiving end of broadcast channels. */
import {
  type Awaitable,
  cx,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import { RecvError, recvClosed, recvLagged } from "../error.ts";
import { unlink, WaitLeaf } from "../waiters.ts";
import type { Ring } from "./ring.ts";

/**
 * A receiving end of a broadcast channel.
 *
 * @remarks Receivers are counted by hand too: one that is no longer read should be closed, by `close()` or `using`, or
 * the channel keeps its last values for it. Async-iterable; the iteration throws when values were missed, and a new one
 * goes on after them.
 */
export class Receiver<T> implements AsyncIterable<T>, Disposable {
  private readonly ring: Ring<T>;
  private position: number;
  private open: boolean;

  /** @internal */
  constructor(ring: Ring<T>) {
    this.ring = ring;
    this.position = ring.end;
    this.open = true;
    ring.addReceiver();
  }

  /**
   * Waits for the next value.
   *
   * @remarks **Errors**: {@link RecvError}: `ERR_LAGGED` when `missed` values were overwritten before they were read (the
   * next receive gives the oldest one kept); `ERR_CHANNEL_CLOSED` when all senders are closed and nothing is left.
   * **Cancel safety**: safe; a dropped receive has taken nothing. Uses the budget.
   */
  recv(): Awaitable<T> {
    return new Recv(this, this.ring);
  }

  /**
   * The next value if one is there; undefined if one may still come.
   *
   * @throws {@link RecvError} as {@link Receiver.recv}.
   */
  tryRecv(): T | undefined {
    if (this.hasNext()) return this.take();
    if (this.isOver()) throw recvClosed();
    return undefined;
  }

  /** A new receiver of the same channel, which gets what is sent from now on. */
  resubscribe(): Receiver<T> {
    return new Receiver(this.ring);
  }

  /** Gives this receiver up; a second call does nothing. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.ring.dropReceiver(this.position);
  }

  /** As `close()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** How many values were sent that this receiver has not read, those it has missed included. */
  get len(): number {
    return this.ring.end - this.position;
  }

  /** Whether there is nothing to read now. */
  get isEmpty(): boolean {
    return this.ring.end === this.position;
  }

  /** Whether all senders are closed. */
  get isClosed(): boolean {
    return this.ring.isClosed;
  }

  /** Whether `other` receives from the same channel. */
  sameChannel(other: Receiver<T>): boolean {
    return other.ring === this.ring;
  }

  /** The values, until the channel ends; throws when some were missed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let value: T;
      try {
        value = await this.recv();
      } catch (error) {
        if (error instanceof RecvError && error.isClosed()) return;
        throw error;
      }
      yield value;
    }
  }

  /** @internal Whether a value, or the news of missed ones, is there. */
  hasNext(): boolean {
    return this.open && this.position !== this.ring.end;
  }

  /** @internal Whether nothing can come any more. */
  isOver(): boolean {
    return !this.open || this.ring.isClosed;
  }

  /** @internal Takes the next value, or throws that some were missed. */
  take(): T {
    const missed = this.ring.start - this.position;
    if (missed > 0) {
      this.position = this.ring.start;
      throw recvLagged(missed);
    }
    return this.ring.read(this.position++);
  }
}

class Recv<T> extends WaitLeaf<T> {
  private readonly receiver: Receiver<T>;
  private readonly ring: Ring<T>;

  constructor(receiver: Receiver<T>, ring: Ring<T>) {
    super();
    this.receiver = receiver;
    this.ring = ring;
  }

  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, Recv.prototype.next);
    if (!pollProceed()) return PENDING;
    if (this.receiver.hasNext()) {
      this.drop();
      return readyPoll(this.receiver.take());
    }
    if (this.receiver.isOver()) {
      this.drop();
      throw recvClosed();
    }
    refundBudget();
    this.waker = waker;
    if (this.after === null) this.ring.waits.push(this);
    return PENDING;
  }

  protected override drop(): void {
    unlink(this);
    this.waker = null;
  }
}
