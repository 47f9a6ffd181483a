/** The receiving end of watch channels. */
import { type Awaitable, SEND, type SendKind, sendKind } from "@treadle/core";
import { RecvError, receiverClosed, recvClosed } from "../error.ts";
import { WatchEnd } from "../shared/shared-watch.ts";
import type { Cell } from "./cell.ts";
import { cellCame, type SentWatch, shareCell } from "./crossing.ts";
import { Changed, WaitFor } from "./news-wait.ts";

/**
 * A receiving end of a watch channel.
 *
 * @remarks Receivers are counted by hand: `clone()` and `subscribe()` add one, `close()` or the end of a `using` block
 * takes one away. Async-iterable: the current value first, then the latest one after each change; it ends when all
 * senders are closed.
 */
export class Receiver<T> implements AsyncIterable<T>, Disposable {
  /** @internal */
  readonly cell: Cell<T>;
  /** @internal The version this receiver has seen; -1 after `markChanged()`. */
  seen: number;
  private open: boolean;

  /** @internal */
  constructor(cell: Cell<T>, seen: number = cell.version, counted = false) {
    this.cell = cell;
    this.seen = seen;
    this.open = true;
    if (!counted) cell.addReceiver();
  }

  /** @internal The channel and what was seen of it, while this receiver is open. */
  shown(): { readonly cell: Cell<T>; readonly seen: number } {
    if (!this.open) throw receiverClosed();
    return this;
  }

  /** @internal Another end has taken over: this one is as closed. */
  giveUp(): void {
    this.open = false;
    this.cell.endSent();
  }

  /** @internal */
  get [SEND](): SendKind<Receiver<T>, SentReceiver> {
    return receiverKind as SendKind<Receiver<T>, SentReceiver>;
  }

  /** The current value; looking at it does not mark it as seen. */
  get value(): T {
    return this.cell.current();
  }

  /** The current value, as {@link Receiver.value}. */
  borrow(): T {
    return this.cell.current();
  }

  /** The current value, which then counts as seen. */
  borrowAndUpdate(): T {
    const { cell } = this;
    const value = cell.current();
    this.seen = cell.readVersion;
    return value;
  }

  /**
   * Whether there is a value that this receiver has not seen.
   *
   * @throws {@link RecvError} (`ERR_CHANNEL_CLOSED`) when all senders are closed.
   */
  hasChanged(): boolean {
    if (this.isOver()) throw recvClosed();
    return this.hasNews();
  }

  /** Makes the current value count as not seen. */
  markChanged(): void {
    this.seen = -1;
  }

  /** Makes the current value count as seen. */
  markUnchanged(): void {
    this.seen = this.cell.version;
  }

  /**
   * Waits for a value that this receiver has not seen, which then counts as seen.
   *
   * @remarks **Errors**: {@link RecvError} (`ERR_CHANNEL_CLOSED`) when all senders are closed and nothing is new. **Cancel
   * safety**: safe; a dropped wait has marked nothing. Uses the budget.
   */
  changed(): Awaitable<void> {
    return new Changed(this, this.cell);
  }

  /**
   * Waits until `predicate` answers true for the value, beginning with the current one; answers that value.
   *
   * @remarks Values that come faster than this is polled are skipped. **Errors**: {@link RecvError}
   * (`ERR_CHANNEL_CLOSED`); what `predicate` throws. **Cancel safety**: safe, but values it has looked at count as seen.
   * Uses the budget.
   */
  waitFor(predicate: (value: T) => boolean): Awaitable<T> {
    return new WaitFor(this, this.cell, predicate);
  }

  /**
   * A receiver that has seen what this one has.
   *
   * @throws {@link RecvError} (`ERR_CHANNEL_CLOSED`) when this receiver was closed, or sent to another thread.
   */
  clone(): Receiver<T> {
    if (!this.open) throw receiverClosed();
    return new Receiver(this.cell, this.seen);
  }

  /** Gives this receiver up; a second call does nothing. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.cell.dropReceiver();
  }

  /** As `close()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Whether all senders are closed. */
  get isClosed(): boolean {
    return this.cell.isClosed;
  }

  /** Whether `other` receives from the same channel. */
  sameChannel(other: Receiver<T>): boolean {
    return other.cell === this.cell;
  }

  /** The current value, then the latest one after each change, until all senders are closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      yield this.borrowAndUpdate();
      try {
        await this.changed();
      } catch (error) {
        if (error instanceof RecvError) return;
        throw error;
      }
    }
  }

  /** @internal Whether the value is not the one seen last. */
  hasNews(): boolean {
    return this.open && this.seen !== this.cell.version;
  }

  /** @internal Whether no news can come any more. */
  isOver(): boolean {
    return !this.open || this.cell.isClosed;
  }
}

interface SentReceiver extends SentWatch {
  readonly seen: number;
}

const receiverKind = sendKind<Receiver<unknown>, SentReceiver>({
  name: "@treadle/sync/watch.Receiver",
  encode: (receiver) => {
    const { cell, seen } = receiver.shown();
    return { ...shareCell(cell), seen };
  },
  decode: (sent) => new Receiver(cellCame(sent, WatchEnd.RECEIVER), sent.seen, true),
  sent: (receiver) => receiver.giveUp(),
  discard: (sent) => cellCame(sent, WatchEnd.RECEIVER).dropReceiver(),
});
