/** The sending end of watch channels. */
import { type Awaitable, SEND, type SendKind, sendKind } from "@treadle/core";
import { ClosedWait } from "../closed-wait.ts";
import { sendClosed, senderClosed } from "../error.ts";
import { WatchEnd } from "../shared/shared-watch.ts";
import type { Cell, Watched } from "./cell.ts";
import { cellCame, type SentWatch, shareCell } from "./crossing.ts";
import { Receiver } from "./receiver.ts";

/**
 * A sending end of a watch channel.
 *
 * @remarks Senders are counted by hand: `clone()` adds one, `close()` or the end of a `using` block takes one away.
 */
export class Sender<T> implements Disposable {
  private readonly cell: Cell<T>;
  private open: boolean;

  /** @internal */
  constructor(cell: Cell<T>) {
    this.cell = cell;
    this.open = true;
  }

  /**
   * Replaces the value and tells the receivers.
   *
   * @throws {@link SendError} (`ERR_CHANNEL_CLOSED`) with the value, when there is no receiver just now (the channel's
   * value then stays; {@link Sender.sendReplace} replaces it all the same), or when this sender was closed.
   */
  send(value: T): void {
    if (!this.open) throw senderClosed(value);
    if (this.cell.isAbandoned()) throw sendClosed(value);
    this.cell.set(value);
  }

  /**
   * Replaces the value, also when there is no receiver; answers the one before.
   *
   * @throws {@link SendError} (`ERR_CHANNEL_CLOSED`) when this sender was closed.
   */
  sendReplace(value: T): T {
    if (!this.open) throw senderClosed(value);
    return this.cell.replace(value);
  }

  /**
   * Changes the value in place, by `modify`, and tells the receivers: `tx.sendModify((w) => { w.value += 1; })`.
   *
   * @remarks When `modify` throws nobody is told.
   * @throws {@link SendError} (`ERR_CHANNEL_CLOSED`) when this sender was closed.
   */
  sendModify(modify: (watched: Watched<T>) => void): void {
    this.sendIfModified((watched) => {
      modify(watched);
      return true;
    });
  }

  /**
   * As {@link Sender.sendModify}, but tells the receivers only when `modify` answers true; answers what it did.
   *
   * @remarks Where other threads have ends `modify` is given a copy, and is called again with a new one when another thread
   * has sent meanwhile.
   * @throws {@link SendError} (`ERR_CHANNEL_CLOSED`) when this sender was closed.
   */
  sendIfModified(modify: (watched: Watched<T>) => boolean): boolean {
    if (!this.open) throw senderClosed(undefined);
    return this.cell.modify(modify);
  }

  /** The current value. */
  get value(): T {
    return this.cell.current();
  }

  /** @internal The channel, while this sender is open. */
  shownCell(): Cell<T> {
    if (!this.open) throw senderClosed(undefined);
    return this.cell;
  }

  /** @internal Another end has taken over: this one is as closed. */
  giveUp(): void {
    this.open = false;
    this.cell.endSent();
  }

  /** @internal */
  get [SEND](): SendKind<Sender<T>, SentWatch> {
    return senderKind as SendKind<Sender<T>, SentWatch>;
  }

  /**
   * A new receiver, for which the current value is no news.
   *
   * @throws {@link SendError} (`ERR_CHANNEL_CLOSED`) when this sender was closed, or sent to another thread.
   */
  subscribe(): Receiver<T> {
    if (!this.open) throw senderClosed(undefined);
    return new Receiver(this.cell);
  }

  /**
   * Ready when there is no receiver.
   *
   * @remarks **Cancel safety**: safe. Uses the budget.
   */
  closed(): Awaitable<void> {
    return new ClosedWait(this.cell, true);
  }

  /** Another sender of the same channel, to be closed by itself. */
  clone(): Sender<T> {
    if (!this.open) throw senderClosed(undefined);
    this.cell.addSender();
    return new Sender(this.cell);
  }

  /** Gives this sender up; a second call does nothing. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.cell.dropSender();
  }

  /** As `close()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Whether there is no receiver. */
  get isClosed(): boolean {
    return this.cell.isAbandoned();
  }

  /** How many receivers are open. */
  get receiverCount(): number {
    return this.cell.receiverCount;
  }

  /** How many senders are open. */
  get senderCount(): number {
    return this.cell.senderCount;
  }

  /** Whether `other` sends to the same channel. */
  sameChannel(other: Sender<T>): boolean {
    return other.cell === this.cell;
  }
}

const senderKind = sendKind<Sender<unknown>, SentWatch>({
  name: "@treadle/sync/watch.Sender",
  encode: (sender) => shareCell(sender.shownCell()),
  decode: (sent) => new Sender(cellCame(sent, WatchEnd.SENDER)),
  sent: (sender) => sender.giveUp(),
  discard: (sent) => cellCame(sent, WatchEnd.SENDER).dropSender(),
});
