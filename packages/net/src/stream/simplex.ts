/**
 * An in-memory pipe of bytes: one direction of {@link duplex}, and both halves of {@link simplex}.
 *
 * **States.** OPEN -> FINISHED (nothing more is written; what is there can still be read) or ABANDONED (nobody reads:
 * writes fail). `closed` is what the reading side and the writing side do to themselves.
 */
import {
  type Awaitable,
  cx,
  DONE,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import { ByteRing } from "./byte-ring.ts";
import { checkBytes, checkSize } from "./check.ts";
import type { AsyncReadWrite } from "./contract.ts";
import { brokenPipe } from "./error.ts";
import { StreamReadHalf, StreamWriteHalf } from "./split.ts";
import { Waiting, WaitingLeaf } from "./waiting.ts";

/**
 * An in-memory pipe of bytes, what is written into it is read from it; see {@link simplex}.
 *
 * @remarks **Cancel safety**: `read` and `write` are safe, a dropped one has moved nothing.
 */
export class SimplexStream implements AsyncReadWrite, Disposable {
  /** @internal */
  readonly ring: ByteRing;
  /** @internal No more can be written, by whichever side. */
  closed = false;
  /** @internal */
  readonly readers: Waiting = new Waiting();
  /** @internal */
  readonly writers: Waiting = new Waiting();

  /**
   * A pipe that holds at most `maxBufferSize` bytes.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
   */
  constructor(maxBufferSize: number) {
    checkSize("maxBufferSize", maxBufferSize);
    this.ring = new ByteRing(maxBufferSize);
  }

  /** Waits for bytes; 0 when the pipe was shut down and is empty. Uses the budget. */
  read(buf: Uint8Array): Awaitable<number> {
    checkBytes("the buffer of read()", buf);
    return new SimplexRead(this, buf);
  }

  /**
   * Waits for room and takes what fits. Uses the budget.
   *
   * @throws {@link IoError} `EPIPE` when the pipe was shut down or closed.
   */
  write(buf: Uint8Array): Awaitable<number> {
    checkBytes("the buffer of write()", buf);
    return new SimplexWrite(this, buf, null);
  }

  /** As `write`, from several buffers. */
  writev(bufs: readonly Uint8Array[]): Awaitable<number> {
    for (const buf of bufs) checkBytes("a buffer of writev()", buf);
    return new SimplexWrite(this, null, bufs);
  }

  /** Nothing is kept back. */
  flush(): Awaitable<void> {
    return new Settled();
  }

  /** Nothing more is written; readers take what is there and then find the end. */
  shutdown(): Awaitable<void> {
    return new Shutdown(this);
  }

  /** As `shutdown`, at once. */
  close(): void {
    this.closed = true;
    this.readers.wakeAll();
    this.writers.wakeAll();
  }

  /** As `close()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }
}

class SimplexRead extends WaitingLeaf<number> {
  private readonly pipe: SimplexStream;
  private readonly buf: Uint8Array;

  constructor(pipe: SimplexStream, buf: Uint8Array) {
    super();
    this.pipe = pipe;
    this.buf = buf;
  }

  override next(): Poll<number> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, SimplexRead.prototype.next);
    if (!pollProceed()) return PENDING;
    const { pipe, buf } = this;
    if (buf.length === 0 || pipe.ring.size > 0) {
      const count = pipe.ring.take(buf);
      this.drop();
      if (count > 0) pipe.writers.wakeAll();
      return readyPoll(count);
    }
    if (pipe.closed) {
      this.drop();
      return readyPoll(0);
    }
    refundBudget();
    pipe.readers.add(this, waker);
    return PENDING;
  }

  protected override drop(): void {
    this.pipe.readers.remove(this);
  }
}

class SimplexWrite extends WaitingLeaf<number> {
  private readonly pipe: SimplexStream;
  private readonly buf: Uint8Array | null;
  private readonly bufs: readonly Uint8Array[] | null;

  constructor(pipe: SimplexStream, buf: Uint8Array | null, bufs: readonly Uint8Array[] | null) {
    super();
    this.pipe = pipe;
    this.buf = buf;
    this.bufs = bufs;
  }

  override next(): Poll<number> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, SimplexWrite.prototype.next);
    if (!pollProceed()) return PENDING;
    const { pipe } = this;
    if (pipe.closed) {
      this.drop();
      throw brokenPipe();
    }
    if (pipe.ring.room > 0 || this.isEmpty()) return this.taken();
    refundBudget();
    pipe.writers.add(this, waker);
    return PENDING;
  }

  protected override drop(): void {
    this.pipe.writers.remove(this);
  }

  private taken(): Poll<number> {
    const { pipe, buf, bufs } = this;
    let count = 0;
    if (buf !== null) count = pipe.ring.put(buf);
    else for (const part of bufs as readonly Uint8Array[]) count += pipe.ring.put(part);
    this.drop();
    if (count > 0) pipe.readers.wakeAll();
    return readyPoll(count);
  }

  private isEmpty(): boolean {
    if (this.buf !== null) return this.buf.length === 0;
    return (this.bufs as readonly Uint8Array[]).every((buf) => buf.length === 0);
  }
}

class Settled extends WaitingLeaf<void> {
  override next(): Poll<void> {
    if (cx.waker === null) return outsidePoll(this, Settled.prototype.next);
    return pollProceed() ? DONE : PENDING;
  }
}

class Shutdown extends WaitingLeaf<void> {
  private readonly pipe: SimplexStream;

  constructor(pipe: SimplexStream) {
    super();
    this.pipe = pipe;
  }

  override next(): Poll<void> {
    if (cx.waker === null) return outsidePoll(this, Shutdown.prototype.next);
    if (!pollProceed()) return PENDING;
    this.pipe.close();
    return DONE;
  }
}

/**
 * An in-memory pipe in one direction: what is written to the second is read from the first.
 *
 * @remarks Holds at most `maxBufferSize` bytes; more has to wait.
 * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
 */
export function simplex(
  maxBufferSize: number,
): [reader: StreamReadHalf<SimplexStream>, writer: StreamWriteHalf<SimplexStream>] {
  const pipe = new SimplexStream(maxBufferSize);
  return [new StreamReadHalf(pipe), new StreamWriteHalf(pipe)];
}
