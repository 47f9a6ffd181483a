/** Waiting for readiness alone, and for operations of the caller's own. */
import {
  cx,
  invalidArg,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import {
  type Descriptor,
  DescriptorOp,
  Interest,
  READ_TRY,
  READ_WAIT,
  Ready,
  WOULD_BLOCK,
  type WouldBlock,
  WRITE_TRY,
  WRITE_WAIT,
} from "@treadle/io";

/** The readiness of an interest: what ends a wait, and what an operation tries at. */
function maskOf(interest: Interest, read: number, write: number): number {
  if (!(interest instanceof Interest)) {
    throw invalidArg("interest", interest, "must be an Interest");
  }
  const mask = (interest.isReadable() ? read : 0) | (interest.isWritable() ? write : 0);
  return interest.isPriority() ? mask | Ready.PRIORITY.bits : mask;
}

/** The future of `ready()`. */
export class ReadyOp extends DescriptorOp<Ready> {
  constructor(owner: object, descriptor: Descriptor, interest: Interest) {
    super(owner, descriptor, maskOf(interest, READ_WAIT, WRITE_WAIT));
  }

  override next(): Poll<Ready> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, ReadyOp.prototype.next);
    this.descriptor.check();
    const bits = this.io.readyBits(this.mask);
    if (bits === 0) return this.wait(waker);
    if (!pollProceed()) return PENDING;
    this.end();
    return readyPoll(Ready.of(bits));
  }
}

/** The future of `asyncIo()`. */
export class AsyncTry<T> extends DescriptorOp<T> {
  private readonly tries: number;
  private readonly operation: (fd: number) => T | WouldBlock;

  constructor(
    owner: object,
    descriptor: Descriptor,
    interest: Interest,
    operation: (fd: number) => T | WouldBlock,
  ) {
    super(owner, descriptor, maskOf(interest, READ_WAIT, WRITE_WAIT));
    this.tries = maskOf(interest, READ_TRY, WRITE_TRY);
    this.operation = operation;
  }

  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, AsyncTry.prototype.next);
    this.descriptor.check();
    while (this.io.readyBits(this.tries) !== 0) {
      if (!pollProceed()) return PENDING;
      const result = this.operation(this.descriptor.fd);
      if (result !== WOULD_BLOCK) {
        this.end();
        return readyPoll(result as T);
      }
      refundBudget();
      this.descriptor.clear(this.tries);
    }
    return this.wait(waker);
  }
}
