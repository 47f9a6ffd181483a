/** Taking the next connection of a listener. */
import { constants } from "node:os";
import {
  cx,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import { type Descriptor, EAGAIN, EINTR, IoError, READ_TRY, READ_WAIT } from "@treadle/io";
import { native } from "./io-object.ts";
import { NappingOp } from "./napping-op.ts";
import { words } from "./words.ts";

const { errno } = constants;

/** The connection was gone before it was accepted; there may be others. */
const GONE: readonly number[] = [-errno.ECONNABORTED, -errno.EPROTO, EINTR];
/** Nothing is left to accept with; some of it may come back. */
const EXHAUSTED: readonly number[] = [-errno.EMFILE, -errno.ENFILE, -errno.ENOBUFS, -errno.ENOMEM];

/** A listener, as its operation sees it. */
export interface Accepting<T> {
  /** Makes the connection of a descriptor, whose peer stands in the thread's words. */
  accepted(fd: number): T;
}

/**
 * The future of `accept()`.
 *
 * @remarks With no descriptors left a connection stays in the backlog, and the listener stays readable: trying again at once
 * would spin. So it waits for a while, longer each time, or until the next connection comes.
 */
export class AcceptOp<T> extends NappingOp<T> {
  private readonly listener: Accepting<T>;

  constructor(listener: Accepting<T> & object, descriptor: Descriptor) {
    super(listener, descriptor, READ_WAIT);
    this.listener = listener;
  }

  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, AcceptOp.prototype.next);
    const { io, descriptor } = this;
    descriptor.check();
    if (this.napping) return this.wait(waker);
    while (io.readyBits(READ_TRY) !== 0) {
      if (!pollProceed()) return PENDING;
      const fd = native.acceptFrom(descriptor.fd, words);
      if (fd >= 0) {
        this.end();
        return readyPoll(this.listener.accepted(fd));
      }
      refundBudget();
      if (fd === EAGAIN) descriptor.clear(READ_TRY);
      else if (EXHAUSTED.includes(fd)) return this.nap(waker);
      else if (!GONE.includes(fd)) {
        this.end();
        throw new IoError(fd, "accept");
      }
    }
    return this.wait(waker);
  }
}
