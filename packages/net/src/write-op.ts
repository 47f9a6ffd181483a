/** Writing to a stream: tries at once, waits only after it would have blocked. */
import { cx, outsidePoll, PENDING, type Poll, pollProceed, refundBudget } from "@treadle/core";
import {
  type Descriptor,
  DescriptorOp,
  EAGAIN,
  EINTR,
  IoError,
  Ready,
  WRITE_TRY,
  WRITE_WAIT,
} from "@treadle/io";
import { native, transmit } from "./io-object.ts";
import { NO_BYTES } from "./read-op.ts";

/** What a short write takes away; that the side is closed stays. */
const ROOM = WRITE_TRY & ~Ready.WRITE_CLOSED.bits;

/** The future of `write()` and, if it is for `all`, of `writeAll()`. */
export class WriteOp extends DescriptorOp<number | undefined> {
  private readonly socket: boolean;
  private bytes: Uint8Array;
  private start: number;
  private at: number;
  private stop: number;
  private all: boolean;
  private readonly answer: IteratorReturnResult<number | undefined>;

  constructor(owner: object, descriptor: Descriptor, socket: boolean) {
    super(owner, descriptor, WRITE_WAIT);
    this.socket = socket;
    this.bytes = NO_BYTES;
    this.start = 0;
    this.at = 0;
    this.stop = 0;
    this.all = false;
    this.answer = { done: true, value: 0 };
    this.busy = false;
  }

  /** Begins a use. */
  begin(bytes: Uint8Array, start: number, end: number, all: boolean): this {
    this.busy = true;
    this.bytes = bytes;
    this.start = start;
    this.at = start;
    this.stop = end;
    this.all = all;
    return this;
  }

  override next(): Poll<number | undefined> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, WriteOp.prototype.next);
    const { io, descriptor, bytes } = this;
    if (io.isShutdown()) return this.fail(descriptor.dead());
    while (io.readyBits(WRITE_TRY) !== 0) {
      if (!pollProceed()) return PENDING;
      const { at, stop } = this;
      const count = transmit(this.socket, descriptor.fd, bytes, at, stop);
      if (count < 0) {
        this.failed(count);
        continue;
      }
      this.at = at + count;
      if (this.at === stop) return this.finish();
      // There was no room for the rest.
      descriptor.clear(ROOM);
      if (!this.all) return this.finish();
    }
    return this.wait(waker);
  }

  private failed(errno: number): void {
    if (errno === EAGAIN) {
      refundBudget();
      this.descriptor.clear(WRITE_TRY);
    } else if (errno !== EINTR) {
      this.fail(new IoError(errno, "write"));
    }
  }

  private finish(): Poll<number | undefined> {
    this.end();
    this.answer.value = this.all ? undefined : this.at - this.start;
    return this.answer;
  }

  private fail(error: Error): never {
    this.end();
    throw error;
  }

  protected override end(): void {
    this.bytes = NO_BYTES;
    super.end();
  }
}

/** The future of `writev()`. */
export class WritePartsOp extends DescriptorOp<number> {
  private readonly socket: boolean;
  private readonly parts: readonly Uint8Array[];

  constructor(
    owner: object,
    descriptor: Descriptor,
    socket: boolean,
    parts: readonly Uint8Array[],
  ) {
    super(owner, descriptor, WRITE_WAIT);
    this.socket = socket;
    this.parts = parts;
  }

  override next(): Poll<number> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, WritePartsOp.prototype.next);
    const { io, descriptor } = this;
    descriptor.check();
    while (io.readyBits(WRITE_TRY) !== 0) {
      if (!pollProceed()) return PENDING;
      const count = native.writeParts(descriptor.fd, this.parts, 0, this.socket ? 1 : 0);
      if (count >= 0) {
        this.end();
        return { done: true, value: count };
      }
      if (count === EAGAIN) {
        refundBudget();
        descriptor.clear(WRITE_TRY);
      } else if (count !== EINTR) {
        this.end();
        throw new IoError(count, "write");
      }
    }
    return this.wait(waker);
  }
}
