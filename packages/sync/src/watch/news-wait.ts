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

/** Waits for a value that fits. */
export class WaitFor<T> extends WaitLeaf<T> {
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
