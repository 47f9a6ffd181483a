/**
 * A sink of bytes as a sink of frames.
 *
 * **Layout.** The buffer holds what was encoded and not yet written.
 * **Invariants.**
 * 1. A frame is encoded as a whole or not at all: what an encoder adds before it throws is taken away again.
 * 2. The buffer is changed only by whoever has the lane, since a write may be under way from it.
 */
import {
  type Awaitable,
  type Closing,
  cx,
  DONE,
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
import { checkSink, checkSize } from "../check.ts";
import type { AsyncWrite } from "../contract.ts";
import { writeZero } from "../error.ts";
import { checkCount, Lane } from "../step.ts";
import type { Encoder } from "./contract.ts";
import { INITIAL_CAPACITY } from "./framed-read.ts";

const ENCODE = 0;
const DRAIN = 1;
const FLUSH = 2;
const SHUTDOWN = 3;

/** Writes frames to a sink. */
export class FramedWrite<T, W extends AsyncWrite = AsyncWrite> {
  private readonly sink: W;
  private encoding: Encoder<T>;
  private readonly buffer: BytesMut;
  private readonly lane: Lane = new Lane();
  private boundary: number = INITIAL_CAPACITY;

  /** A sink for the frames that `encoder` makes bytes of; `buffer` is written first. */
  constructor(sink: W, encoder: Encoder<T>, buffer: BytesMut = new BytesMut(INITIAL_CAPACITY)) {
    checkSink("the sink of FramedWrite", sink);
    if (typeof encoder?.encode !== "function")
      throw invalidArg("the encoder of FramedWrite", encoder, "must have encode(), as a codec has");
    this.sink = sink;
    this.encoding = encoder;
    this.buffer = buffer;
    buffer.reserve(Math.max(0, INITIAL_CAPACITY - buffer.length));
  }

  /** The sink; what the buffer holds is not yet written to it. */
  getRef(): W {
    return this.sink;
  }

  /** The encoder. */
  encoder(): Encoder<T> {
    return this.encoding;
  }

  /** What was encoded and not yet written. */
  writeBuffer(): BytesMut {
    return this.buffer;
  }

  /** At how many buffered bytes `feed` waits until all are written; 8 KiB at first. */
  get backpressureBoundary(): number {
    return this.boundary;
  }

  /** Sets it. */
  set backpressureBoundary(bytes: number) {
    checkSize("backpressureBoundary", bytes);
    this.boundary = bytes;
  }

  /** The same sink and buffer with another encoder; this one must not be used any more. */
  mapEncoder<U>(map: (encoder: Encoder<T>) => Encoder<U>): FramedWrite<U, W> {
    const changed = this as unknown as FramedWrite<U, W>;
    changed.encoding = map(this.encoding);
    return changed;
  }

  /**
   * Adds a frame to the buffer, which is written first if it holds `backpressureBoundary` bytes or more.
   *
   * @remarks **Cancel safety**: a dropped one has not sent the frame. Uses the budget.
   * @throws What the encoder and the sink throw; {@link StreamError} `ERR_WRITE_ZERO`, `ERR_STREAM_BUSY`.
   */
  feed(item: T): Awaitable<void> {
    return new Send(this, item, ENCODE);
  }

  /**
   * As `feed`, then waits until all that is buffered was written and flushed.
   *
   * @remarks **Cancel safety**: not safe; whether a dropped one has sent the frame cannot be told, but no frame is ever
   * cut: what is buffered goes out with the next one. Uses the budget.
   * @throws As `feed`.
   */
  send(item: T): Awaitable<void> {
    return new Send(this, item, FLUSH);
  }

  /** Waits until all that is buffered was written and flushed. **Cancel safety**: safe. */
  flush(): Awaitable<void> {
    return new Finish(this, FLUSH);
  }

  /** As `flush()`, then shuts the sink down. **Cancel safety**: safe. */
  close(): Awaitable<void> {
    return new Finish(this, SHUTDOWN);
  }

  /** @internal Polls until another frame may be added, and adds it. */
  pollEncode(item: T): Poll<number> {
    if (this.buffer.length >= this.boundary) {
      const answer = this.pollStage(DRAIN);
      if (!answer.done) return answer;
    }
    const { length } = this.buffer;
    try {
      this.encoding.encode(item, this.buffer);
    } catch (error) {
      this.buffer.truncate(length);
      throw error;
    }
    return readyPoll(0);
  }

  /** @internal Polls one stage of writing all that is buffered. */
  pollStage(stage: number): Poll<number> {
    const { lane, sink } = this;
    if (stage === DRAIN) return this.pollDrain();
    if (stage === FLUSH) {
      if (sink.flush === undefined) return readyPoll(0);
      lane.inner ??= sink.flush();
    } else lane.inner ??= sink.shutdown();
    return lane.pollOn();
  }

  private pollDrain(): Poll<number> {
    const { lane, buffer } = this;
    while (buffer.length > 0) {
      lane.inner ??= this.sink.write(buffer.view());
      const answer = lane.pollOn();
      if (!answer.done) return answer;
      checkCount("write() of the sink", answer.value, buffer.length);
      if (answer.value === 0) {
        throw writeZero(
          `failed to write frame to transport: it took none of ${buffer.length} bytes`,
        );
      }
      buffer.advance(answer.value);
    }
    return readyPoll(0);
  }

  /** @internal */
  enter(user: object, what: string): void {
    this.lane.enter(user, what);
  }

  /** @internal */
  leave(): void {
    this.lane.leave();
  }

  /** @internal One step of dropping `user`. */
  closeLane(user: object): Closing {
    return this.lane.close(user);
  }
}

/** Goes through the stages up to its last one. */
abstract class Stages<T> extends Leaf<void> {
  protected readonly framed: FramedWrite<T>;
  private readonly last: number;
  private stage: number;

  constructor(framed: FramedWrite<T>, first: number, last: number) {
    super();
    this.framed = framed;
    this.last = last;
    this.stage = first;
  }

  protected abstract pollFirst(): Poll<number>;

  protected override poll(): Poll<void> {
    const { framed, last } = this;
    framed.enter(this, last === ENCODE ? "feed()" : last === FLUSH ? "flush()" : "close()");
    try {
      for (; this.stage <= last; this.stage++) {
        const answer = this.stage === ENCODE ? this.pollFirst() : framed.pollStage(this.stage);
        if (!answer.done) return answer;
      }
    } catch (error) {
      framed.leave();
      throw error;
    }
    framed.leave();
    return DONE;
  }

  override return(): Closing {
    return this.framed.closeLane(this);
  }
}

class Send<T> extends Stages<T> {
  private readonly item: T;

  constructor(framed: FramedWrite<T>, item: T, last: number) {
    super(framed, ENCODE, last);
    this.item = item;
  }

  override next(): Poll<void> {
    if (cx.waker === null) return outsidePoll(this, Send.prototype.next);
    if (!pollProceed()) return PENDING;
    const answer = this.poll();
    if (!answer.done) refundBudget();
    return answer;
  }

  protected override pollFirst(): Poll<number> {
    return this.framed.pollEncode(this.item);
  }
}

class Finish<T> extends Stages<T> {
  constructor(framed: FramedWrite<T>, last: number) {
    super(framed, DRAIN, last);
  }

  protected override pollFirst(): Poll<number> {
    return readyPoll(0);
  }
}
