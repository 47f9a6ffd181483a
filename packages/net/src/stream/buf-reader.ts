/**
 * A source with a buffer: few large reads below, many small ones above.
 *
 * **Layout.** `bytes[pos, end)` was read from the source and not yet taken.
 * **Who writes.** The futures of this folder call `pollFill` and `consume`; nobody else touches the fields.
 * **Invariants.**
 * 1. The source is read only while the buffer is empty, so nothing is ever moved.
 * 2. One future at a time waits for the source; a second one is refused with `ERR_STREAM_BUSY`.
 */
import {
  type Awaitable,
  type Closing,
  cx,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import { checkBytes, checkSize, checkSource } from "./check.ts";
import type { AsyncBufRead, AsyncRead } from "./contract.ts";
import { checkCount, Lane } from "./step.ts";

/** What a {@link BufReader} holds unless it is told otherwise: 8 KiB. */
export const DEFAULT_BUF_SIZE = 8192;

/**
 * Reads a source through a buffer.
 *
 * @remarks The buffer holds `capacity` bytes, 8 KiB by default; a read of at least that many goes past it when it is
 * empty. **Cancel safety**: `read` and `fillBuf` are safe: what was read from the source stays in the buffer.
 * @example
 * ```ts
 * import { BufReader, Builder, duplex, readLine } from "treadle";
 *
 * const [near, far] = duplex(64);
 * const reader = new BufReader(far);
 * Builder.newCurrentThread().build().blockOn(function* () {
 *   yield* near.write(Buffer.from("one\ntwo\n"));
 *   return [yield* readLine(reader), yield* readLine(reader)];
 * }); // => ["one\n", "two\n"]
 * ```
 */
export class BufReader<R extends AsyncRead = AsyncRead> implements AsyncBufRead {
  /** @internal */
  readonly bytes: Buffer;
  /** @internal */
  pos = 0;
  /** @internal */
  end = 0;
  private readonly source: R;
  private readonly lane: Lane = new Lane();

  /**
   * A reader of `source` with a buffer of `capacity` bytes.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
   */
  constructor(source: R, capacity: number = DEFAULT_BUF_SIZE) {
    checkSource("the source of BufReader", source);
    checkSize("the second argument of BufReader, its capacity,", capacity);
    this.source = source;
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** The source; what the buffer holds was taken from it. */
  getRef(): R {
    return this.source;
  }

  /** As {@link BufReader.getRef}, and forgets what the buffer holds. */
  intoInner(): R {
    this.pos = 0;
    this.end = 0;
    return this.source;
  }

  /** What was read from the source and not yet taken. */
  buffer(): Uint8Array {
    return this.bytes.subarray(this.pos, this.end);
  }

  /** How many bytes the buffer can hold. */
  get capacity(): number {
    return this.bytes.length;
  }

  /** Waits for bytes; 0 at the end. Uses the budget. */
  read(buf: Uint8Array): Awaitable<number> {
    checkBytes("the buffer of read()", buf);
    return new BufferedRead(this, buf);
  }

  /** Waits until the buffer holds something and shows it; empty at the end. Uses the budget. */
  fillBuf(): Awaitable<Uint8Array> {
    return new FillBuf(this);
  }

  /**
   * Takes `count` bytes out of the buffer.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` when it does not hold as many.
   */
  consume(count: number): void {
    checkCount("the caller of consume()", count, this.end - this.pos);
    this.pos += count;
  }

  /** @internal Takes what fits into `buf`. */
  take(buf: Uint8Array): number {
    const count = Math.min(buf.length, this.end - this.pos);
    buf.set(this.bytes.subarray(this.pos, this.pos + count));
    this.pos += count;
    return count;
  }

  /** @internal Polls until the empty buffer holds something, or nothing at the end: then it answers done. */
  pollFill(user: object, what: string): Poll<number> {
    if (this.pos < this.end) return readyPoll(this.end - this.pos);
    const answer = this.pollSource(this.bytes, user, what);
    if (answer.done) {
      this.pos = 0;
      this.end = answer.value;
    }
    return answer;
  }

  /** @internal Polls a read of the source into `buf`, past the buffer. */
  pollSource(buf: Uint8Array, user: object, what: string): Poll<number> {
    const { lane } = this;
    lane.enter(user, what);
    lane.inner ??= this.source.read(buf);
    const answer = lane.poll();
    if (!answer.done) return answer;
    lane.leave();
    checkCount("read() of the source", answer.value, buf.length);
    return answer;
  }

  /** @internal One step of dropping `user`. */
  closeFill(user: object): Closing {
    return this.lane.close(user);
  }
}

/** A future on a {@link BufReader}. */
export abstract class ReaderLeaf<T> extends Leaf<T> {
  protected readonly reader: BufReader;

  constructor(reader: BufReader) {
    super();
    this.reader = reader;
  }

  override return(): Closing {
    return this.reader.closeFill(this);
  }
}

class BufferedRead extends ReaderLeaf<number> {
  private readonly buf: Uint8Array;

  constructor(reader: BufReader, buf: Uint8Array) {
    super(reader);
    this.buf = buf;
  }

  override next(): Poll<number> {
    if (cx.waker === null) return outsidePoll(this, BufferedRead.prototype.next);
    const { reader, buf } = this;
    if (buf.length === 0) return readyPoll(0);
    if (!pollProceed()) return PENDING;
    const answer = this.poll();
    if (!answer.done) refundBudget();
    else if (answer.value > 0 && reader.pos < reader.end) return readyPoll(reader.take(buf));
    return answer;
  }

  protected override poll(): Poll<number> {
    const { reader, buf } = this;
    const isPast = reader.pos === reader.end && buf.length >= reader.bytes.length;
    return isPast ? reader.pollSource(buf, this, "read()") : reader.pollFill(this, "read()");
  }
}

class FillBuf extends ReaderLeaf<Uint8Array> {
  override next(): Poll<Uint8Array> {
    if (cx.waker === null) return outsidePoll(this, FillBuf.prototype.next);
    if (!pollProceed()) return PENDING;
    const answer = this.reader.pollFill(this, "fillBuf()");
    if (answer.done) return readyPoll(this.reader.buffer());
    refundBudget();
    return answer;
  }
}

/** `source` itself if it is a {@link BufReader}, else one around it. */
export function bufReaderOf(source: AsyncRead): BufReader {
  return source instanceof BufReader ? source : new BufReader(source);
}
