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
import { shortTransfer } from "./short-transfer.ts";
import { isWouldBlock, WOULD_BLOCK, type WouldBlock } from "./would-block.ts";

/** The future of `Registration.asyncIo`, whose operation is given `argument`. */
export class AsyncIo<A, T> extends IoWait<T> {
  private readonly operation: (argument: A) => T | WouldBlock;
  private readonly argument: A;

  constructor(
    registration: Registration,
    io: ScheduledIo,
    mask: number,
    operation: (argument: A) => T | WouldBlock,
    argument: A,
  ) {
    super(registration, io, mask);
    this.operation = operation;
    this.argument = argument;
  }

  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, AsyncIo.prototype.next);
    while (this.isReady()) {
      if (!pollProceed()) return PENDING;
      shortTransfer.fd = -1;
      const result = this.attempt();
      if (result !== WOULD_BLOCK) {
        if (shortTransfer.fd === this.registration.fd) this.registration.clearShort(this.mask);
        this.drop();
        return readyPoll(result as T);
      }
      this.registration.clear(this.mask);
      // A closed side is final; an operation that waits on it all the same has used its turn.
      if (this.io.readyBits(this.mask) === 0) refundBudget();
    }
    return this.wait(waker);
  }

  private attempt(): T | WouldBlock {
    try {
      return this.operation(this.argument);
    } catch (error) {
      if (isWouldBlock(error)) return WOULD_BLOCK;
      throw error;
    }
  }
}
