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
  private exact: boolean;
  /** The one answer, read at once by whoever polls. */
  private readonly answer: IteratorReturnResult<number>;

  constructor(owner: object, descriptor: Descriptor, socket: boolean) {
    super(owner, descriptor, READ_WAIT);
    this.socket = socket;
    this.bytes = NO_BYTES;
    this.start = 0;
    this.exact = false;
    this.answer = { done: true, value: 0 };
    this.busy = false;
  }

  /** Begins a use. */
  begin(bytes: Uint8Array, exact: boolean): this {
    this.busy = true;
    this.bytes = bytes;
    this.start = 0;
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
      const { start } = this;
      if (start === bytes.length) return this.finish(start);
      const count = receive(this.socket, descriptor.fd, bytes, start);
      if (count < 0) {
        this.failed(count);
        continue;
      }
      this.start = start + count;
      if (this.start === bytes.length) return this.finish(this.start);
      this.short(count);
      if (!this.exact) return this.finish(this.start);
    }
    return this.wait(waker);
  }

  /** A short read has emptied it, unless something else than emptiness cut it short. */
  private short(count: number): void {
    if (count > 0 && this.io.readyBits(READ_ON) === 0) this.descriptor.clear(READ_TRY);
    if (count === 0 && this.exact) this.fail(early(this.start, this.bytes.length));
  }

  private failed(errno: number): void {
    if (errno === EAGAIN) {
      refundBudget();
      this.descriptor.clear(READ_TRY);
    } else if (errno !== EINTR) {
      this.fail(new IoError(errno, "read"));
    }
  }

  private finish(count: number): Poll<number> {
    this.end();
    this.answer.value = count;
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
