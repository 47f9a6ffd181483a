/** The futures of the receiving end: waiting for news, and for a value that fits. */
import {
  cx,
  DONE,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import { recvClosed } from "../error.ts";
import { unlink, WaitLeaf } from "../waiters.ts";
import type { Cell } from "./cell.ts";
import type { Receiver } from "./receiver.ts";

/** Waits for a value that a receiver has not seen. */
export class Changed<T> extends WaitLeaf<void> {
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
    if (this.look()) return DONE;
    this.waker = waker;
    // Among threads it is told of what happens after a second look.
    if (this.cell.awaitNews(this) && this.look()) return DONE;
    refundBudget();
    return PENDING;
  }

  private look(): boolean {
    // In this order: another thread may send a last value and then close.
    const over = this.receiver.isOver();
    const found = this.receiver.hasNews();
    if (!found && !over) return false;
    this.drop();
    if (!found) throw recvClosed();
    this.receiver.markUnchanged();
    return true;
  }

  protected override drop(): void {
    unlink(this);
    this.waker = null;
  }
}

/** Waits for a value that fits. */
export class WaitFor<T> extends WaitLeaf<T> {
  private readonly receiver: Receiver<T>;
  private readonly cell: Cell<T>;
  private readonly predicate: (value: T) => boolean;
  /** Whether the predicate has looked at the value it began with. */
  private begun: boolean;
  /** What the predicate looked at last. */
  private value: T | undefined;

  constructor(receiver: Receiver<T>, cell: Cell<T>, predicate: (value: T) => boolean) {
    super();
    this.receiver = receiver;
    this.cell = cell;
    this.predicate = predicate;
    this.begun = false;
    this.value = undefined;
  }

  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, WaitFor.prototype.next);
    if (!pollProceed()) return PENDING;
    unlink(this);
    if (this.look()) return readyPoll(this.value as T);
    this.waker = waker;
    // Among threads it is told of what happens after a second look.
    if (this.cell.awaitNews(this) && this.look()) return readyPoll(this.value as T);
    refundBudget();
    return PENDING;
  }

  private look(): boolean {
    // In this order: another thread may send a last value and then close.
    const over = this.receiver.isOver();
    if (this.isMet()) {
      this.drop();
      return true;
    }
    if (!over) return false;
    this.drop();
    throw recvClosed();
  }

  protected override drop(): void {
    unlink(this);
    this.begun = false;
    this.waker = null;
  }

  private isMet(): boolean {
    if (this.begun && !this.receiver.hasNews()) return false;
    this.begun = true;
    this.value = this.receiver.borrowAndUpdate();
    return this.predicate(this.value);
  }
}
