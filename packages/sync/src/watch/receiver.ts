/** The receiving end of watch channels. */
import type { Awaitable } from "@treadle/core";
import { RecvError, recvClosed } from "../error.ts";
import type { Cell } from "./cell.ts";
import { Changed, WaitFor } from "./news-wait.ts";

/**
 * A receiving end of a watch channel.
 *
 * @remarks Receivers are counted by hand: `clone()` and `subscribe()` add one, `close()` or the end of a `using` block
 * takes one away. Async-iterable: the current value first, then the latest one after each change; it ends when all
 * senders are closed.
 */
export class Receiver<T> implements AsyncIterable<T>, Disposable {
  private readonly cell: Cell<T>;
  /** The version this receiver has seen; -1 after `markChanged()`. */
  private seen: number;
  private open: boolean;

  /** @internal */
  constructor(cell: Cell<T>, seen: number = cell.version) {
    this.cell = cell;
    this.seen = seen;
    this.open = true;
    cell.addReceiver();
  }

  /** The current value; looking at it does not mark it as seen. */
  get value(): T {
    return this.cell.value;
  }

  /** The current value, as {@link Receiver.value}. */
  borrow(): T {
    return this.cell.value;
  }

  /** The current value, which then counts as seen. */
  borrowAndUpdate(): T {
    this.seen = this.cell.version;
    return this.cell.value;
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

  /** A receiver that has seen what this one has. */
  clone(): Receiver<T> {
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
