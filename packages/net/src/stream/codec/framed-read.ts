/**
 * A source of bytes as a source of frames.
 *
 * **States.** `isReadable`: the buffer may hold a frame. `isEof`: the last read found the end; a further one may find
 * more (a file that grows). `hasFailed`: the last answer was an error; the next one is undefined.
 * **Invariants.** Bytes that were read are in the buffer until a frame is made of them: a dropped `next()` loses none.
 */
import {
  type Awaitable,
  type Closing,
  cx,
  invalidArg,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import { BytesMut } from "../bytes-mut.ts";
import { checkSource } from "../check.ts";
import type { AsyncRead } from "../contract.ts";
import { unexpectedEof } from "../error.ts";
import { checkCount, Lane } from "../step.ts";
import type { Decoder } from "./contract.ts";

/** What {@link FramedRead} reads into at first, in bytes. */
export const INITIAL_CAPACITY = 8192;

/** The least room that is offered to a read. */
const LEAST_ROOM = 1024;

/**
 * Reads frames from a source.
 *
 * @remarks Async-iterable: `for await (const frame of framed)`.
 */
export class FramedRead<T, R extends AsyncRead = AsyncRead> implements AsyncIterable<T> {
  private readonly source: R;
  private decoding: Decoder<T>;
  private readonly buffer: BytesMut;
  private readonly lane: Lane = new Lane();
  private room: Uint8Array | null = null;
  private isReadable: boolean;
  private isEof = false;
  private hasFailed = false;

  /** Frames that `decoder` makes of what `source` gives; `buffer` is what was read before. */
  constructor(source: R, decoder: Decoder<T>, buffer: BytesMut = new BytesMut(INITIAL_CAPACITY)) {
    checkSource("the source of FramedRead", source);
    if (typeof decoder?.decode !== "function")
      throw invalidArg("the decoder of FramedRead", decoder, "must have decode(), as a codec has");
    this.source = source;
    this.decoding = decoder;
    this.buffer = buffer;
    this.buffer.reserve(Math.max(0, INITIAL_CAPACITY - buffer.length));
    this.isReadable = buffer.length > 0;
  }

  /** The source; what the buffer holds was taken from it. */
  getRef(): R {
    return this.source;
  }

  /** The decoder. */
  decoder(): Decoder<T> {
    return this.decoding;
  }

  /** What was read and is no frame yet. */
  readBuffer(): BytesMut {
    return this.buffer;
  }

  /** The same source and buffer with another decoder; this one must not be used any more. */
  mapDecoder<U>(map: (decoder: Decoder<T>) => Decoder<U>): FramedRead<U, R> {
    const changed = this as unknown as FramedRead<U, R>;
    changed.decoding = map(this.decoding);
    return changed;
  }

  /**
   * Waits for the next frame; undefined at the end, and once after an error.
   *
   * @remarks **Cancel safety**: safe, what was read is kept for the next call. Uses the budget.
   * @throws What the decoder and the source throw; {@link StreamError} `ERR_UNEXPECTED_EOF` when the source ends within a
   * frame, `ERR_STREAM_BUSY` when another `next()` still waits.
   */
  next(): Awaitable<T | undefined> {
    return new Next(this);
  }

  /** The frames, until the end. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (let frame = await this.next(); frame !== undefined; frame = await this.next()) yield frame;
  }

  /** @internal */
  pollNext(user: object): Poll<T | undefined> {
    this.lane.enter(user, "next()");
    let answer: Poll<T | undefined>;
    try {
      answer = this.advance();
    } catch (error) {
      this.hasFailed = true;
      this.lane.leave();
      throw error;
    }
    if (answer.done) this.lane.leave();
    return answer;
  }

  /** @internal One step of dropping `user`. */
  close(user: object): Closing {
    return this.lane.close(user);
  }

  private advance(): Poll<T | undefined> {
    if (this.hasFailed) return this.rest();
    for (;;) {
      if (this.isReadable) {
        const frame = this.takeFrame();
        if (frame !== undefined || this.isEof) return readyPoll(frame);
      }
      const answer = this.pollRead();
      if (!answer.done) return answer;
      const wasEof = this.isEof;
      this.isEof = answer.value === 0;
      if (wasEof && this.isEof) return readyPoll(undefined);
      this.isReadable = true;
    }
  }

  private takeFrame(): T | undefined {
    const frame = this.isEof ? this.decodeEof() : this.decoding.decode(this.buffer);
    this.isReadable = frame !== undefined;
    return frame;
  }

  /** The answer after an error; the one after it reads on. */
  private rest(): Poll<undefined> {
    this.hasFailed = false;
    this.isReadable = false;
    return readyPoll(undefined);
  }

  private pollRead(): Poll<number> {
    const { lane, buffer } = this;
    if (lane.inner === null) {
      this.room = buffer.spare(LEAST_ROOM);
      lane.inner = this.source.read(this.room);
    }
    const answer = lane.pollOn();
    if (answer.done) {
      checkCount("read() of the source", answer.value, (this.room as Uint8Array).length);
      buffer.commit(answer.value);
      this.room = null;
    }
    return answer;
  }

  private decodeEof(): T | undefined {
    const { decoding, buffer } = this;
    if (decoding.decodeEof !== undefined) return decoding.decodeEof(buffer);
    const frame = decoding.decode(buffer);
    if (frame === undefined && buffer.length > 0) {
      throw unexpectedEof(
        `bytes remaining on stream: it ended within a frame, after ${buffer.length} bytes of it`,
      );
    }
    return frame;
  }
}

class Next<T> extends Leaf<T | undefined> {
  private readonly framed: FramedRead<T>;

  constructor(framed: FramedRead<T>) {
    super();
    this.framed = framed;
  }

  override next(): Poll<T | undefined> {
    if (cx.waker === null) return outsidePoll(this, Next.prototype.next);
    if (!pollProceed()) return PENDING;
    const answer = this.framed.pollNext(this);
    if (!answer.done) refundBudget();
    return answer;
  }

  override return(): Closing {
    return this.framed.close(this);
  }
}
