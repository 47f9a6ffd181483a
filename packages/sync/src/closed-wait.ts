/** Waiting, as a sender, until nobody receives any more. */
import {
  cx,
  DONE,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  refundBudget,
} from "@treadle/core";
import { unlink, WaitLeaf, type WaitList } from "./waiters.ts";

/** A channel whose receivers can go. */
export interface Closable {
  /** Who waits for that; all are woken when the last receiver goes. */
  readonly closedWaits: WaitList<WaitLeaf<unknown>>;
  /** Whether no receiver is left now. */
  isAbandoned(): boolean;
  /** Sees to it that those in the list are told when another thread ends this. */
  armClosed?(): void;
}

/** Ready while a channel has no receivers. */
export class ClosedWait extends WaitLeaf<void> {
  private readonly channel: Closable;
  private readonly budgeted: boolean;

  constructor(channel: Closable, budgeted: boolean) {
    super();
    this.channel = channel;
    this.budgeted = budgeted;
  }

  override next(): Poll<void> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, ClosedWait.prototype.next);
    if (this.budgeted && !pollProceed()) return PENDING;
    if (this.channel.isAbandoned()) {
      this.drop();
      return DONE;
    }
    if (this.budgeted) refundBudget();
    this.waker = waker;
    if (this.after === null) this.channel.closedWaits.push(this);
    if (this.channel.armClosed !== undefined) {
      this.channel.armClosed();
      // Registered first: what happens after this look is told.
      if (this.channel.isAbandoned()) {
        this.drop();
        return DONE;
      }
    }
    return PENDING;
  }

  protected override drop(): void {
    unlink(this);
    this.waker = null;
  }
}
