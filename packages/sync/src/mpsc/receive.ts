/** The futures of the receiving end. */
import {
  cx,
  DONE,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
  type Waker,
} from "@treadle/core";
import type { SharedChannel } from "../shared/shared-channel.ts";
import { unlink, WaitLeaf } from "../waiters.ts";
import type { Channel } from "./channel.ts";

/** Waits until a channel has values or is finished; what it takes then is the subclass's. */
export abstract class ReceiveWait<T, A> extends WaitLeaf<A> {
  protected readonly channel: Channel<T>;
  private aroused: boolean;

  constructor(channel: Channel<T>) {
    super();
    this.channel = channel;
    this.aroused = false;
  }

  /** Takes what it came for; the queue is not empty. */
  protected abstract taken(): Poll<A>;

  /** The answer at the channel's end. */
  protected abstract ended(): Poll<A>;

  override next(): Poll<A> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, ReceiveWait.prototype.next);
    if (!pollProceed()) return PENDING;
    const channel = this.channel;
    if (channel.queue.size > 0) {
      this.leave();
      return this.taken();
    }
    if (channel.shared === null && channel.isFinished()) {
      this.leave();
      return this.ended();
    }
    if (channel.shared !== null) return this.nextShared(channel.shared, waker);
    refundBudget();
    this.waker = waker;
    this.aroused = false;
    if (this.after === null) channel.receives.push(this);
    return PENDING;
  }

  private nextShared(shared: SharedChannel<T>, waker: Waker): Poll<A> {
    for (let registered = false; ; registered = true) {
      const found = shared.hasValue();
      if (found || shared.isFinished()) {
        this.leave();
        return found ? this.taken() : this.ended();
      }
      // Registered first: what comes after that look wakes.
      if (registered) break;
      this.waker = waker;
      shared.awaitValue(this);
    }
    refundBudget();
    return PENDING;
  }

  protected override drop(): void {
    const { aroused } = this;
    this.leave();
    if (aroused && this.channel.queue.size > 0) this.channel.wakeReceive();
  }

  /** A value was queued for it; it is no longer in the list. */
  arouse(): void {
    this.aroused = true;
    this.wakeUp();
  }

  private leave(): void {
    if (this.after !== null) unlink(this);
    this.aroused = false;
    this.waker = null;
  }
}

/** Receives one value. */
export class Recv<T> extends ReceiveWait<T, T | undefined> {
  protected override taken(): Poll<T> {
    return readyPoll(this.channel.take());
  }

  protected override ended(): Poll<undefined> {
    return DONE;
  }
}

/** Receives what is there, up to a limit. */
export class RecvMany<T> extends ReceiveWait<T, T[]> {
  private readonly limit: number;

  constructor(channel: Channel<T>, limit: number) {
    super(channel);
    this.limit = limit;
  }

  protected override taken(): Poll<T[]> {
    return readyPoll(this.channel.takeMany(this.limit));
  }

  protected override ended(): Poll<T[]> {
    return readyPoll([]);
  }
}
