/** The unbounded mpsc channel: sending never waits. */
import { type Awaitable, SEND, type SendKind, sendKind } from "@treadle/core";
import { ClosedWait } from "../closed-wait.ts";
import { sendClosed, senderClosed } from "../error.ts";
import { WeakSender } from "../weak-sender.ts";
import { Channel } from "./channel.ts";
import { channelCame, type SentChannel, sendEnd, shareChannel } from "./crossing.ts";
import { Receiver } from "./receiver.ts";

/**
 * Makes a channel without a bound: sending is immediate, and memory is the limit.
 *
 * @example
 * ```ts
 * import { type Async, Builder, fn, mpsc } from "treadle";
 *
 * const main = fn(function* main(): Async<number | undefined> {
 *   const [tx, rx] = mpsc.unbounded<number>();
 *   tx.send(7);
 *   return yield* rx.recv();
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => 7
 * ```
 */
export function unbounded<T>(): [UnboundedSender<T>, Receiver<T>] {
  const shared = new Channel<T>(Number.POSITIVE_INFINITY);
  return [new UnboundedSender(shared), new Receiver(shared)];
}

/** A sending end of an unbounded channel; counted by `clone()` and `close()` as {@link Sender} is. */
export class UnboundedSender<T> implements Disposable {
  private readonly channel: Channel<T>;
  private open: boolean;

  /** @internal */
  constructor(channel: Channel<T>) {
    this.channel = channel;
    this.open = true;
  }

  /**
   * Sends `value` at once.
   *
   * @throws {@link SendError} (`ERR_CHANNEL_CLOSED`) with the value, when the receiver or this sender is closed.
   */
  send(value: T): void {
    if (!this.open) throw senderClosed(value);
    if (this.channel.isAbandoned()) throw sendClosed(value);
    this.channel.push(value);
  }

  /**
   * Ready when the receiver is closed.
   *
   * @remarks **Cancel safety**: safe.
   */
  closed(): Awaitable<void> {
    return new ClosedWait(this.channel, false);
  }

  /** Another sender of the same channel, to be closed by itself. */
  clone(): UnboundedSender<T> {
    if (!this.open) throw senderClosed(undefined);
    this.channel.addSender();
    return new UnboundedSender(this.channel);
  }

  /** A reference that gives a sender while there is one, and does not hold the channel open. */
  downgrade(): WeakSender<UnboundedSender<T>> {
    const { channel } = this;
    return new WeakSender(channel, () => new UnboundedSender(channel));
  }

  /** How many senders are open. */
  get senderCount(): number {
    return this.channel.senderCount;
  }

  /** Gives this sender up; a second call does nothing. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.channel.dropSender();
  }

  /** As `close()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Whether the receiver is closed. */
  get isClosed(): boolean {
    return this.channel.isAbandoned();
  }

  /** @internal */
  get [SEND](): SendKind<UnboundedSender<T>, unknown> {
    return senderKind as SendKind<UnboundedSender<T>, unknown>;
  }

  /** @internal The channel, while this sender is open. */
  shownChannel(): Channel<T> {
    if (!this.open) throw senderClosed(undefined);
    return this.channel;
  }

  /** @internal Another end has taken over: this one is as closed. */
  giveUp(): void {
    this.open = false;
  }

  /** Whether `other` sends to the same receiver. */
  sameChannel(other: UnboundedSender<T>): boolean {
    return other.channel === this.channel;
  }
}

const senderKind = sendKind<UnboundedSender<unknown>, SentChannel>({
  name: "@treadle/sync/mpsc.UnboundedSender",
  encode: (sender) => shareChannel(sender.shownChannel()),
  decode: (sent) => new UnboundedSender(channelCame(sent, false)),
  discard: (sent) => channelCame(sent, false).dropSender(),
  sent: (sender) => {
    sendEnd(sender.shownChannel(), false);
    sender.giveUp();
  },
});
