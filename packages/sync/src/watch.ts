/**
 * The watch channel: the latest value, and the news that it has changed.
 *
 * **Layout.** One value with a version, counts of both ends, and who waits. Each receiver keeps the version it has seen.
 * **Invariants.**
 * 1. The version grows by one with each change that is announced; a receiver has news while its version differs.
 * 2. News comes before the end: a receiver sees the last value even when the senders are gone.
 */
import {
  type Awaitable,
  cx,
  DONE,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import { type Closable, ClosedWait } from "./closed-wait.ts";
import { RecvError, recvClosed, sendClosed, senderClosed } from "./error.ts";
import { unlink, WaitLeaf, WaitList, wakeAll } from "./waiters.ts";

/**
 * Makes a channel that holds `initial`, which its receiver has seen already.
 *
 * @example
 * ```ts
 * import { type Async, Builder, fn, watch } from "treadle";
 *
 * const main = fn(function* main(): Async<string> {
 *   const [tx, rx] = watch.channel("starting");
 *   tx.send("running");
 *   yield* rx.changed();
 *   return rx.value;
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => "running"
 * ```
 */
export function channel<T>(initial: T): [Sender<T>, Receiver<T>] {
  const cell = new Cell<T>(initial);
  return [new Sender(cell), new Receiver(cell)];
}

/** What {@link Sender.sendModify} lets a function change. */
export interface Watched<T> {
  /** The channel's value. */
  value: T;
}

class Cell<T> implements Closable, Watched<T> {
  value: T;
  private changes: number;
  private receivers: number;
  private senders: number;
  readonly waits: WaitList<WaitLeaf<unknown>>;
  readonly closedWaits: WaitList<WaitLeaf<unknown>>;

  constructor(initial: T) {
    this.value = initial;
    this.changes = 0;
    this.receivers = 0;
    this.senders = 1;
    this.waits = new WaitList();
    this.closedWaits = new WaitList();
  }

  get version(): number {
    return this.changes;
  }

  get receiverCount(): number {
    return this.receivers;
  }

  get senderCount(): number {
    return this.senders;
  }

  get isClosed(): boolean {
    return this.senders === 0;
  }

  isAbandoned(): boolean {
    return this.receivers === 0;
  }

  announce(): void {
    this.changes++;
    wakeAll(this.waits);
  }

  addSender(): void {
    this.senders++;
  }

  dropSender(): void {
    if (--this.senders === 0) wakeAll(this.waits);
  }

  addReceiver(): void {
    this.receivers++;
  }

  dropReceiver(): void {
    this.receivers--;
    wakeAll(this.waits);
    if (this.receivers === 0) wakeAll(this.closedWaits);
  }
}

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

class Changed<T> extends WaitLeaf<void> {
  private readonly receiver: Receiver<T>;
  private readonly cell: Cell<T>;

  constructor(receiver: Receiver<T>, cell: Cell<T>) {
    super();
    this.receiver = receiver;
    this.cell = cell;
  }

  override next(): Poll<void> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, Changed.prototype.next);
    if (!pollProceed()) return PENDING;
    if (this.receiver.hasNews()) {
      this.drop();
      this.receiver.markUnchanged();
      return DONE;
    }
    if (this.receiver.isOver()) {
      this.drop();
      throw recvClosed();
    }
    refundBudget();
    this.waker = waker;
    if (this.after === null) this.cell.waits.push(this);
    return PENDING;
  }

  protected override drop(): void {
    unlink(this);
    this.waker = null;
  }
}

class WaitFor<T> extends WaitLeaf<T> {
  private readonly receiver: Receiver<T>;
  private readonly cell: Cell<T>;
  private readonly predicate: (value: T) => boolean;
  /** Whether the predicate has looked at the value it began with. */
  private begun: boolean;

  constructor(receiver: Receiver<T>, cell: Cell<T>, predicate: (value: T) => boolean) {
    super();
    this.receiver = receiver;
    this.cell = cell;
    this.predicate = predicate;
    this.begun = false;
  }

  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, WaitFor.prototype.next);
    if (!pollProceed()) return PENDING;
    unlink(this);
    if (this.isMet()) {
      this.drop();
      return readyPoll(this.cell.value);
    }
    if (this.receiver.isOver()) {
      this.drop();
      throw recvClosed();
    }
    refundBudget();
    this.waker = waker;
    this.cell.waits.push(this);
    return PENDING;
  }

  protected override drop(): void {
    unlink(this);
    this.begun = false;
    this.waker = null;
  }

  private isMet(): boolean {
    if (this.begun && !this.receiver.hasNews()) return false;
    this.begun = true;
    const value = this.receiver.borrowAndUpdate();
    return this.predicate(value);
  }
}
