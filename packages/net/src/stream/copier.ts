/**
 * One direction of a copy: reads into one buffer, writes it out, again and again.
 *
 * **States.** The buffer is empty: a read is under way, and a flush beside it if something was written since the last
 * one. The buffer holds `bytes[pos, end)`: a write is under way. The source has ended and the buffer is empty: the last
 * flush, then `finish` if the sink is to be shut down, then done.
 * **Invariants.** A write begins only when no flush is under way; all operations under way are in `reading` and `writing`.
 */
import { type Closing, DONE, type Future, PENDING, type Poll, pollProceed } from "@treadle/core";
import { checkSink, checkSize, checkSource } from "./check.ts";
import type { AsyncRead, AsyncWrite } from "./contract.ts";
import { writeZero } from "./error.ts";
import { checkCount, closeFuture } from "./step.ts";

/** How {@link copy} and {@link copyBidirectional} copy. */
export interface CopyOptions {
  /** The bytes that one direction holds at most; 64 KiB by default. */
  readonly bufferSize?: number;
}

const DEFAULT_SIZE = 65_536;

const COPYING = 0;
const FLUSHING = 1;
const FINISHING = 2;
const FINISHED = 3;

/** Copies from one source to one sink, poll by poll. */
export class Copier {
  /** How many bytes were written. */
  total = 0;
  private readonly source: AsyncRead;
  private readonly sink: AsyncWrite;
  private readonly bytes: Uint8Array;
  private readonly shutsDown: boolean;
  private pos = 0;
  private end = 0;
  private state = COPYING;
  private needsFlush = false;
  private isFlushing = false;
  private reading: Future<number> | null = null;
  private writing: Future<number | void> | null = null;

  constructor(
    source: AsyncRead,
    sink: AsyncWrite,
    { bufferSize = DEFAULT_SIZE }: CopyOptions,
    shutsDown: boolean,
  ) {
    checkSource("the source of a copy", source);
    checkSink("the sink of a copy", sink);
    checkSize("bufferSize", bufferSize);
    this.source = source;
    this.sink = sink;
    this.bytes = Buffer.allocUnsafeSlow(bufferSize);
    this.shutsDown = shutsDown;
  }

  /** Goes on as far as it can; whether it is done. Uses the budget once for each buffer. */
  poll(): Poll<void> {
    for (;;) {
      const answer = this.step();
      if (!answer.done) return answer;
      if (this.state === FINISHED) return DONE;
    }
  }

  /** One step of dropping what is under way. */
  close(): Closing {
    const read = closeFuture(this.reading);
    if (read.done) this.reading = null;
    const write = closeFuture(this.writing);
    if (write.done) this.writing = null;
    return read.done ? write : read;
  }

  private step(): Poll<void> {
    if (this.state === FINISHED) return DONE;
    if (this.state === FINISHING) return this.pollFinish();
    if (this.state === FLUSHING) return this.pollLastFlush();
    return this.pos < this.end ? this.pollWrite() : this.pollRead();
  }

  private pollRead(): Poll<void> {
    if (this.reading === null) {
      if (!pollProceed()) return PENDING;
      this.reading = this.source.read(this.bytes);
    }
    const answer = this.pollReading();
    if (!answer.done) {
      if (this.needsFlush || this.isFlushing) this.pollFlush();
      return answer;
    }
    checkCount("read() of the source", answer.value, this.bytes.length);
    this.pos = 0;
    this.end = answer.value;
    if (this.end === 0) this.state = FLUSHING;
    return DONE;
  }

  private pollWrite(): Poll<void> {
    if (this.isFlushing) {
      const answer = this.pollFlush();
      if (!answer.done) return answer;
    }
    const left = this.end - this.pos;
    this.writing ??= this.sink.write(this.bytes.subarray(this.pos, this.end));
    const answer = this.pollWriting();
    if (!answer.done) return answer;
    checkCount("write() of the sink", answer.value, left);
    if (answer.value === 0) throw writeZero(`write zero: the sink took none of ${left} bytes`);
    this.pos += answer.value;
    this.total += answer.value;
    this.needsFlush = this.sink.flush !== undefined;
    return DONE;
  }

  /** Done or failed, an operation is over and must not be touched again: streams use their futures again. */
  private pollReading(): Poll<number> {
    let isOver = true;
    try {
      const answer = (this.reading as Future<number>).next();
      isOver = answer.done === true;
      return answer;
    } finally {
      if (isOver) this.reading = null;
    }
  }

  private pollWriting(): Poll<number> {
    let isOver = true;
    try {
      const answer = (this.writing as Future<number>).next();
      isOver = answer.done === true;
      return answer;
    } finally {
      if (isOver) this.writing = null;
    }
  }

  private pollFlush(): Poll<void> {
    if (this.writing === null) {
      this.needsFlush = false;
      this.isFlushing = true;
      this.writing = (this.sink.flush as () => Future<void>).call(this.sink);
    }
    const answer = this.pollWriting();
    if (!answer.done) return answer;
    this.isFlushing = false;
    return DONE;
  }

  /** Also of a sink that nothing was written to: it may hold what others wrote. */
  private pollLastFlush(): Poll<void> {
    if (this.isFlushing || this.sink.flush !== undefined) {
      const answer = this.pollFlush();
      if (!answer.done) return answer;
    }
    this.state = this.shutsDown ? FINISHING : FINISHED;
    return DONE;
  }

  private pollFinish(): Poll<void> {
    this.writing ??= this.sink.shutdown();
    const answer = this.pollWriting();
    if (!answer.done) return answer;
    this.state = FINISHED;
    return DONE;
  }
}
