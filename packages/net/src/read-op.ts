/** Reading from a stream: tries at once, waits only after it would have blocked. */
import { cx, outsidePoll, PENDING, type Poll, pollProceed, refundBudget } from "@treadle/core";
import {
  type Descriptor,
  DescriptorOp,
  EAGAIN,
  EINTR,
  IoError,
  READ_ON,
  READ_TRY,
  READ_WAIT,
} from "@treadle/io";
import { receive } from "./io-object.ts";
import { unexpectedEof } from "./stream/error.ts";

/** What an operation holds between two uses. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The future of `read()` and, if it is `exact`, of `readExact()`. */
export class ReadOp extends DescriptorOp<number> {
  private readonly socket: boolean;
  private bytes: Uint8Array;
  private start: number;
  private at: number;
  private stop: number;
  private exact: boolean;
  /** The one answer, read at once by whoever polls. */
  private readonly answer: IteratorReturnResult<number>;

  constructor(owner: object, descriptor: Descriptor, socket: boolean) {
    super(owner, descriptor, READ_WAIT);
    this.socket = socket;
    this.bytes = NO_BYTES;
    this.start = 0;
    this.at = 0;
    this.stop = 0;
    this.exact = false;
    this.answer = { done: true, value: 0 };
    this.busy = false;
  }

  /** Begins a use. */
  begin(bytes: Uint8Array, start: number, end: number, exact: boolean): this {
    this.busy = true;
    this.bytes = bytes;
    this.start = start;
    this.at = start;
    this.stop = end;
    this.exact = exact;
    return this;
  }

  override next(): Poll<number> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, ReadOp.prototype.next);
    const { io, descriptor, bytes } = this;
    if (io.isShutdown()) return this.fail(descriptor.dead());
    while (io.readyBits(READ_TRY) !== 0) {
      if (!pollProceed()) return PENDING;
      const { at, stop } = this;
      if (at === stop) return this.finish();
      const count = receive(this.socket, descriptor.fd, bytes, at, stop);
      if (count < 0) {
        this.failed(count);
        continue;
      }
      this.at = at + count;
      if (this.at === stop) return this.finish();
      this.short(count);
      if (!this.exact) return this.finish();
    }
    return this.wait(waker);
  }

  /** A short read has emptied it, unless something else than emptiness cut it short. */
  private short(count: number): void {
    if (count > 0 && this.io.readyBits(READ_ON) === 0) this.descriptor.clear(READ_TRY);
    if (count === 0 && this.exact) this.fail(early(this.at - this.start, this.stop - this.start));
  }

  private failed(errno: number): void {
    if (errno === EAGAIN) {
      refundBudget();
      this.descriptor.clear(READ_TRY);
    } else if (errno !== EINTR) {
      this.fail(new IoError(errno, "read"));
    }
  }

  private finish(): Poll<number> {
    this.end();
    this.answer.value = this.at - this.start;
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

function early(got: number, wanted: number): Error {
  return unexpectedEof(`early eof: the stream ended after ${got} of ${wanted} bytes`);
}
