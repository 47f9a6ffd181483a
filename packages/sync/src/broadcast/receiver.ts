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
  SEND,
  type SendKind,
  sendKind,
} from "@treadle/core";
import { RecvError, recvClosed, recvLagged } from "../error.ts";
import type { SentPlace, SharedBroadcast } from "../shared/shared-broadcast.ts";
import { type Linked, unlink, WaitLeaf } from "../waiters.ts";
import { ringCame, shareRing } from "./crossing.ts";
import type { Ring } from "./ring.ts";

/**
 * A receiving end of a broadcast channel.
 *
 * @remarks Receivers are counted by hand too: one that is no longer read should be closed, by `close()` or `using`, or
 * the channel keeps its last values for it. Async-iterable; the iteration throws when values were missed, and a new one
 * goes on after them. Can be sent to another thread of a multi-thread runtime with what it has yet to read, and is then as
 * closed here; values are copied for each receiver from then on.
 */
export class Receiver<T> implements AsyncIterable<T>, Disposable {
  /** @internal */
  before: Linked | null;
  /** @internal */
  after: Linked | null;
  /** @internal The position of what is read next. */
  position: number;
  /** @internal Its words, once the channel is of several threads. */
  place: number;
  private readonly ring: Ring<T>;
  private open: boolean;

  /** @internal Of a receiver that has come: where it is already. */
  constructor(ring: Ring<T>, place = 0) {
    this.before = null;
    this.after = null;
    this.position = 0;
    this.place = place;
    this.ring = ring;
    this.open = true;
    if (place === 0) this.open = ring.addReceiver(this);
    else this.position = ring.shared?.positionOf(place) ?? 0;
  }

  /** @internal Makes the channel one of several threads; answers what travels in the place of this end. */
  describe(): SentReceiver {
    if (!this.open) throw recvClosed();
    const shared = shareRing(this.ring);
    return { at: shared.at, ...shared.describe(this.place, this.position) };
  }

  /** @internal Another end has taken over: this one is as closed. */
  giveUp(): void {
    this.open = false;
    this.ring.endSent();
  }

  /** @internal */
  get [SEND](): SendKind<Receiver<T>, SentReceiver> {
    return receiverKind as SendKind<Receiver<T>, SentReceiver>;
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
    if (!this.isOver()) return undefined;
    // Another thread may have sent one and then closed.
    if (this.hasNext()) return this.take();
    throw recvClosed();
  }

  /** A new receiver of the same channel, which gets what is sent from now on. */
  resubscribe(): Receiver<T> {
    return new Receiver(this.ring);
  }

  /** Gives this receiver up; a second call does nothing. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.ring.dropReceiver(this);
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
    const { shared } = this.ring;
    if (shared !== null) return this.takeShared(shared);
    const missed = this.ring.start - this.position;
    if (missed > 0) {
      this.position = this.ring.start;
      throw recvLagged(missed);
    }
    return this.ring.read(this.position++);
  }

  private takeShared(shared: SharedBroadcast<T>): T {
    const before = this.position;
    const [position, node] = shared.read(this.place, before);
    this.position = position;
    if (node === 0) throw recvLagged(position - before);
    return shared.take(node);
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
    if (this.look()) return readyPoll(this.receiver.take());
    this.waker = waker;
    // Among threads it is told of what happens after a second look.
    if (this.ring.awaitNews(this) && this.look()) return readyPoll(this.receiver.take());
    refundBudget();
    return PENDING;
  }

  private look(): boolean {
    const { receiver } = this;
    if (!receiver.hasNext()) {
      if (!receiver.isOver()) return false;
      // Another thread may have sent one and then closed.
      if (!receiver.hasNext()) {
        this.drop();
        throw recvClosed();
      }
    }
    this.drop();
    return true;
  }

  protected override drop(): void {
    unlink(this);
    this.waker = null;
  }
}

interface SentReceiver extends SentPlace {
  readonly at: number;
}

function receiverCame(sent: SentReceiver): Receiver<unknown> {
  const ring = ringCame<unknown>(sent.at);
  return new Receiver(ring, ring.shared?.receiverCame(sent));
}

const receiverKind = sendKind<Receiver<unknown>, SentReceiver>({
  name: "@treadle/sync/broadcast.Receiver",
  encode: (receiver) => receiver.describe(),
  decode: receiverCame,
  sent: (receiver) => receiver.giveUp(),
  discard: (sent) => receiverCame(sent).close(),
});
