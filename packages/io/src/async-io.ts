/** Trying an operation each time its source is ready, until it does not have to wait. */
import {
  cx,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import { IoWait } from "./readiness.ts";
import type { Registration } from "./registration.ts";
import type { ScheduledIo } from "./scheduled-io.ts";
import { attempt, WOULD_BLOCK, type WouldBlock } from "./would-block.ts";

/** The future of `Registration.asyncIo`. */
export class AsyncIo<T> extends IoWait<T> {
  private readonly operation: () => T | WouldBlock;

  constructor(
    registration: Registration,
    io: ScheduledIo,
    mask: number,
    operation: () => T | WouldBlock,
  ) {
    super(registration, io, mask);
    this.operation = operation;
  }

  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, AsyncIo.prototype.next);
    while (this.isReady()) {
      if (!pollProceed()) return PENDING;
      const event = this.io.event(this.mask);
      const result = attempt(this.operation);
      if (result !== WOULD_BLOCK) {
        this.drop();
        return readyPoll(result as T);
      }
      refundBudget();
      this.registration.clearReadiness(event);
    }
    return this.wait(waker);
  }
}
