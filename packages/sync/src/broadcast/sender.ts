/** The sending end of broadcast channels. */
import { type Awaitable, SEND, type SendKind, sendKind } from "@treadle/core";
import { ClosedWait } from "../closed-wait.ts";
import { sendClosed, senderClosed } from "../error.ts";
import { WeakSender } from "../weak-sender.ts";
import { ringCame, type SentBroadcast, shareRing } from "./crossing.ts";
import { Receiver } from "./receiver.ts";
import type { Ring } from "./ring.ts";

/**
 * A sending end of a broadcast channel.
 *
 * @remarks Senders are counted by hand: `clone()` adds one, `close()` or the end of a `using` block takes one away. Can be sent
 * to another thread of a multi-thread runtime, and is then as closed here; values are copied for each receiver from then on.
 */
export class Sender<T> implements Disposable {
  private readonly ring: Ring<T>;
  private open: boolean;

  /** @internal */
  constructor(ring: Ring<T>) {
    this.ring = ring;
    this.open = true;
  }

  /**
   * Sends `value` to all current receivers, at once; answers how many there are.
   *
   * @throws {@link SendError} (`ERR_CHANNEL_CLOSED`) with the value, when there is no receiver just now, or when this
   * sender was closed. A later `subscribe()` makes sending possible again.
   */
  send(value: T): number {
    if (!this.open) throw senderClosed(value);
    const receivers = this.ring.push(value);
    if (receivers === 0) throw sendClosed(value);
    return receivers;
  }

  /** @internal The channel, while this sender is open. */
  shownRing(): Ring<T> {
    if (!this.open) throw senderClosed(undefined);
    return this.ring;
  }

  /** @internal Another end has taken over: this one is as closed. */
  giveUp(): void {
    this.open = false;
    this.ring.endSent();
  }

  /** @internal */
  get [SEND](): SendKind<Sender<T>, SentBroadcast> {
    return senderKind as SendKind<Sender<T>, SentBroadcast>;
  }

  /** A new receiver, which gets what is sent from now on. */
  subscribe(): Receiver<T> {
    return new Receiver(this.ring);
  }

  /**
   * Ready when there is no receiver.
   *
   * @remarks **Cancel safety**: safe.
   */
  closed(): Awaitable<void> {
    return new ClosedWait(this.ring, false);
  }

  /** Another sender of the same channel, to be closed by itself. */
  clone(): Sender<T> {
    if (!this.open) throw senderClosed(undefined);
    this.ring.addSender();
    return new Sender(this.ring);
  }

  /** A reference that gives a sender while there is one, and does not hold the channel open. */
  downgrade(): WeakSender<Sender<T>> {
    const { ring } = this;
    return new WeakSender(ring, () => new Sender(ring));
  }

  /** How many senders are open. */
  get senderCount(): number {
    return this.ring.senderCount;
  }

  /** Gives this sender up; when all are, receivers get what is left and then `ERR_CHANNEL_CLOSED`. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.ring.dropSender();
  }

  /** As `close()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** How many values some receiver has yet to read. */
  get len(): number {
    return this.ring.len;
  }

  /** Whether all receivers have read everything. */
  get isEmpty(): boolean {
    return this.ring.len === 0;
  }

  /** How many receivers are open. */
  get receiverCount(): number {
    return this.ring.receiverCount;
  }

  /** Whether `other` sends to the same channel. */
  sameChannel(other: Sender<T>): boolean {
    return other.ring === this.ring;
  }
}

function senderCame(sent: SentBroadcast): Ring<unknown> {
  const ring = ringCame<unknown>(sent.at);
  ring.shared?.senderCame(sent.from);
  return ring;
}

const senderKind = sendKind<Sender<unknown>, SentBroadcast>({
  name: "@treadle/sync/broadcast.Sender",
  encode: (sender) => {
    const { at, host } = shareRing(sender.shownRing());
    return { at, from: host.ref };
  },
  decode: (sent) => new Sender(senderCame(sent)),
  sent: (sender) => sender.giveUp(),
  discard: (sent) => senderCame(sent).dropSender(),
});
