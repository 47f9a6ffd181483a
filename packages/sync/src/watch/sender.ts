/** The sending end of watch channels. */
import type { Awaitable } from "@treadle/core";
import { ClosedWait } from "../closed-wait.ts";
import { sendClosed, senderClosed } from "../error.ts";
import type { Cell, Watched } from "./cell.ts";
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
    if (this.open && this.cell.isAbandoned()) throw sendClosed(value);
    this.sendReplace(value);
  }

  /**
   * Replaces the value, also when there is no receiver; answers the one before.
   *
   * @throws {@link SendError} (`ERR_CHANNEL_CLOSED`) when this sender was closed.
   */
  sendReplace(value: T): T {
    if (!this.open) throw senderClosed(value);
    const before = this.cell.value;
    this.cell.value = value;
    this.cell.announce();
    return before;
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
   * @throws {@link SendError} (`ERR_CHANNEL_CLOSED`) when this sender was closed.
   */
  sendIfModified(modify: (watched: Watched<T>) => boolean): boolean {
    if (!this.open) throw senderClosed(undefined);
    if (!modify(this.cell)) return false;
    this.cell.announce();
    return true;
  }

  /** The current value. */
  get value(): T {
    return this.cell.value;
  }

  /** A new receiver, for which the current value is no news. */
  subscribe(): Receiver<T> {
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
