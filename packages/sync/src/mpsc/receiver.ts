/** The receiving end of bounded and unbounded mpsc channels. */
import { type Awaitable, invalidArg, ready, SEND, type SendKind, sendKind } from "@treadle/core";
import { recvClosed } from "../error.ts";
import { Channel } from "./channel.ts";
import { channelCame, type SentChannel, sendEnd, shareReceiver } from "./crossing.ts";
import { Recv, RecvMany } from "./receive.ts";

/**
 * Receives the values of a channel in the order in which they were sent.
 *
 * @remarks Async-iterable: `for await (const value of rx)` ends when the channel does; leaving the loop early leaves the
 * channel open. `close()` or `using` tells the senders that nobody receives any more.
 */
export class Receiver<T> implements AsyncIterable<T>, Disposable {
  private channel: Channel<T>;

  /** @internal */
  constructor(channel: Channel<T>) {
    this.channel = channel;
  }

  /**
   * Waits for the next value; undefined when all senders are closed, or the receiver is, and nothing is left.
   *
   * @remarks **Cancel safety**: safe; a dropped receive has taken nothing. Uses the budget.
   */
  recv(): Awaitable<T | undefined> {
    return new Recv(this.channel);
  }

  /**
   * Waits for at least one value and takes what is there, at most `limit`; empty only at the channel's end.
   *
   * @remarks **Cancel safety**: safe; a dropped receive has taken nothing. Uses one unit of the budget.
   * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
   */
  recvMany(limit: number): Awaitable<T[]> {
    if (!Number.isInteger(limit) || limit < 0) {
      throw invalidArg("limit", limit, "must be a whole number of values, at least 0");
    }
    return limit === 0 ? ready([]) : new RecvMany(this.channel, limit);
  }

  /**
   * The next value if one is there; undefined if one may still come.
   *
   * @throws {@link RecvError} (`ERR_CHANNEL_CLOSED`) at the channel's end.
   */
  tryRecv(): T | undefined {
    if (this.channel.hasValue()) return this.channel.take();
    if (this.channel.isFinished()) throw recvClosed();
    return undefined;
  }

  /** Lets no more be sent; what was sent, and what outstanding permits send, can still be received. */
  close(): void {
    this.channel.closeReceiver();
  }

  /** Closes the channel and lets go of what was not received. */
  [Symbol.dispose](): void {
    this.close();
    if (this.channel.shared !== null) this.channel.shared.receiverGone();
    while (this.channel.queue.size > 0) this.channel.take();
  }

  /** Whether nothing new can be sent. */
  get isClosed(): boolean {
    return (
      this.channel.isAbandoned() || (this.channel.isDraining() && !this.channel.hasSendsUnderWay())
    );
  }

  /** Whether no value is there now. */
  get isEmpty(): boolean {
    return !this.channel.hasValue();
  }

  /** How many values are there now. */
  get len(): number {
    return this.channel.size;
  }

  /** How many more values could be sent without waiting; `Infinity` without a bound. */
  get capacity(): number {
    return this.channel.free;
  }

  /** The bound the channel was made with; `Infinity` without one. */
  get maxCapacity(): number {
    return this.channel.places?.bound ?? Number.POSITIVE_INFINITY;
  }

  /** @internal Gives the channel to an end on another thread: this one is as closed. */
  giveUp(): void {
    this.channel = new Channel<T>(Number.POSITIVE_INFINITY);
    this.channel.dropSender();
  }

  /** @internal */
  get [SEND](): SendKind<Receiver<T>, unknown> {
    return receiverKind as SendKind<Receiver<T>, unknown>;
  }

  /** @internal */
  shownChannel(): Channel<T> {
    return this.channel;
  }

  /** How many senders are open. */
  get senderCount(): number {
    return this.channel.senderCount;
  }

  /** The values, until the channel ends. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (let value = await this.recv(); value !== undefined; value = await this.recv()) yield value;
  }
}

const receiverKind = sendKind<Receiver<unknown>, SentChannel>({
  name: "@treadle/sync/mpsc.Receiver",
  encode: (receiver) => shareReceiver(receiver.shownChannel()),
  decode: (sent) => new Receiver(channelCame(sent, true)),
  discard: (sent) => new Receiver(channelCame(sent, true))[Symbol.dispose](),
  sent: (receiver) => {
    sendEnd(receiver.shownChannel(), true);
    receiver.giveUp();
  },
});
