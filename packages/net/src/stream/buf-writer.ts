/**
 * A sink with a buffer: many small writes above, few large ones below.
 *
 * **Layout.** `bytes[pos, end)` was taken and not yet written to the sink.
 * **Invariants.**
 * 1. One future at a time writes to the sink; a second one that comes meanwhile is refused with `ERR_STREAM_BUSY`.
 * 2. A future that is dropped leaves in the buffer what it took, and nothing of what it did not.
 */
import {
  type Awaitable,
  type Closing,
  cx,
  DONE,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import { DEFAULT_BUF_SIZE } from "./buf-reader.ts";
import { checkBytes, checkSink, checkSize } from "./check.ts";
import type { AsyncWrite } from "./contract.ts";
import { writeZero } from "./error.ts";
import { writevOf } from "./split.ts";
import { checkCount, Lane } from "./step.ts";

/**
 * Writes to a sink through a buffer: call `flush()` when the other side should see it.
 *
 * @remarks The buffer holds `capacity` bytes, 8 KiB by default; larger writes go past it. What is in the buffer when the
 * writer is let go of is lost: `flush()` or `shutdown()` before. **Cancel safety**: `write`, `flush` and `shutdown` are
 * safe: a dropped `write` has taken nothing, what was taken before stays in the buffer.
 * @example
 * ```ts
 * import { BufWriter, Builder, duplex, readToString, writeAll } from "treadle";
 *
 * const [near, far] = duplex(64);
 * Builder.newCurrentThread().build().blockOn(function* () {
 *   const writer = new BufWriter(near);
 *   for (const word of ["one ", "two ", "three"]) yield* writeAll(writer, Buffer.from(word));
 *   yield* writer.shutdown();
 *   return yield* readToString(far);
 * }); // => "one two three"
 * ```
 */
export class BufWriter<W extends AsyncWrite = AsyncWrite> implements AsyncWrite {
  private readonly bytes: Uint8Array;
  private pos = 0;
  private end = 0;
  private readonly sink: W;
  private readonly lane: Lane = new Lane();

  /**
   * A writer to `sink` with a buffer of `capacity` bytes.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
   */
  constructor(sink: W, capacity: number = DEFAULT_BUF_SIZE) {
    checkSink("the sink of BufWriter", sink);
    checkSize("the second argument of BufWriter, its capacity,", capacity);
    this.sink = sink;
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** The sink; what the buffer holds is not yet written to it. */
  getRef(): W {
    return this.sink;
  }

  /** As {@link BufWriter.getRef}, and forgets what the buffer holds. */
  intoInner(): W {
    this.pos = 0;
    this.end = 0;
    return this.sink;
  }

  /** What was taken and not yet written to the sink. */
  buffer(): Uint8Array {
    return this.bytes.subarray(this.pos, this.end);
  }

  /** How many bytes the buffer can hold. */
  get capacity(): number {
    return this.bytes.length;
  }

  /** Takes `buf` if it fits, else waits until the sink has taken the buffer; how many bytes. Uses the budget. */
  write(buf: Uint8Array): Awaitable<number> {
    checkBytes("the buffer of write()", buf);
    return new BufferedWrite(this, [buf], buf.length);
  }

  /** As `write`, from several buffers. */
  writev(bufs: readonly Uint8Array[]): Awaitable<number> {
    let total = 0;
    for (const buf of bufs) {
      checkBytes("a buffer of writev()", buf);
      total += buf.length;
    }
    return new BufferedWrite(this, bufs, total);
  }

  /** Waits until the sink has taken all that the buffer holds, and has flushed it. */
  flush(): Awaitable<void> {
    return new Flush(this, FLUSH);
  }

  /** As `flush()`, then shuts the sink down. */
  shutdown(): Awaitable<void> {
    return new Flush(this, SHUTDOWN);
  }

  /** @internal Whether `count` bytes fit without writing to the sink. */
  fits(count: number): boolean {
    return this.end - this.pos + count <= this.bytes.length;
  }

  /** @internal Adds what fits. */
  put(buf: Uint8Array): void {
    if (this.bytes.length - this.end < buf.length) {
      this.bytes.copyWithin(0, this.pos, this.end);
      this.end -= this.pos;
      this.pos = 0;
    }
    this.bytes.set(buf, this.end);
    this.end += buf.length;
  }

  /** @internal Adds as much as fits into the empty buffer, where one `write` of the sink could take only one of `bufs`. */
  gather(bufs: readonly Uint8Array[]): number {
    for (const buf of bufs) {
      const room = this.bytes.length - this.end;
      this.put(buf.length > room ? buf.subarray(0, room) : buf);
    }
    return this.end;
  }

  /** @internal Whether several buffers are better gathered than written past the buffer. */
  gathers(bufs: readonly Uint8Array[]): boolean {
    if (this.sink.writev !== undefined || bufs.length < 2) return false;
    const first = bufs.find((buf) => buf.length > 0);
    return first !== undefined && first.length < this.bytes.length;
  }

  /** @internal Polls until the sink has taken the whole buffer. */
  pollDrain(): Poll<number> {
    const { lane } = this;
    while (this.pos < this.end) {
      const left = this.end - this.pos;
      lane.inner ??= this.sink.write(this.buffer());
      const answer = lane.poll();
      if (!answer.done) return answer;
      const count = answer.value;
      if (!(count > 0 && count <= left)) this.failed(count, left);
      this.pos += count;
    }
    this.pos = 0;
    this.end = 0;
    return readyPoll(0);
  }

  private failed(count: number, left: number): never {
    this.lane.leave();
    checkCount("write() of the sink", count, left);
    throw writeZero(`write zero: the sink took none of the ${left} buffered bytes`);
  }

  /** @internal Polls a write past the buffer, which is empty. */
  pollPast(bufs: readonly Uint8Array[]): Poll<number> {
    const { lane } = this;
    lane.inner ??=
      bufs.length === 1 ? this.sink.write(bufs[0] as Uint8Array) : writevOf(this.sink, bufs);
    return lane.poll();
  }

  /** @internal Polls the sink's own flush or shutdown. */
  pollSink(kind: number): Poll<number> {
    const { lane, sink } = this;
    if (kind === FLUSH && lane.inner === null && sink.flush === undefined) return readyPoll(0);
    lane.inner ??=
      kind === FLUSH ? (sink.flush as () => Awaitable<void>).call(sink) : sink.shutdown();
    return lane.poll();
  }

  /** @internal Also before the buffer alone is changed: a write of another may be under way from it. */
  enter(user: object, what: string): void {
    this.lane.enter(user, what);
  }

  /** @internal `user` is done. */
  leave(): void {
    this.lane.leave();
  }

  /** @internal One step of dropping `user`. */
  close(user: object): Closing {
    return this.lane.close(user);
  }
}

const FLUSH = 1;
const SHUTDOWN = 2;

class BufferedWrite extends Leaf<number> {
  private readonly writer: BufWriter;
  private readonly bufs: readonly Uint8Array[];
  private readonly total: number;
  /** The buffer was drained for it, and it now writes past it. */
  private isPast: boolean;

  constructor(writer: BufWriter, bufs: readonly Uint8Array[], total: number) {
    super();
    this.writer = writer;
    this.bufs = bufs;
    this.total = total;
    this.isPast = false;
  }

  override next(): Poll<number> {
    if (cx.waker === null) return outsidePoll(this, BufferedWrite.prototype.next);
    if (!pollProceed()) return PENDING;
    const answer = this.poll();
    if (!answer.done) refundBudget();
    return answer;
  }

  protected override poll(): Poll<number> {
    const { writer, total } = this;
    writer.enter(this, "write()");
    if (!this.isPast) {
      if (writer.fits(total) && total < writer.capacity) return this.put();
      const answer = writer.pollDrain();
      if (!answer.done) return answer;
      if (total < writer.capacity) return this.put();
      if (writer.gathers(this.bufs)) return this.gather();
      this.isPast = true;
    }
    const answer = writer.pollPast(this.bufs);
    if (answer.done) writer.leave();
    return answer;
  }

  private put(): Poll<number> {
    for (const buf of this.bufs) this.writer.put(buf);
    this.writer.leave();
    return readyPoll(this.total);
  }

  private gather(): Poll<number> {
    const count = this.writer.gather(this.bufs);
    this.writer.leave();
    return readyPoll(count);
  }

  override return(): Closing {
    return this.writer.close(this);
  }
}

class Flush extends Leaf<void> {
  private readonly writer: BufWriter;
  private readonly last: number;
  private stage: number;

  constructor(writer: BufWriter, last: number) {
    super();
    this.writer = writer;
    this.last = last;
    this.stage = 0;
  }

  override next(): Poll<void> {
    if (cx.waker === null) return outsidePoll(this, Flush.prototype.next);
    const { writer, last } = this;
    const what = last === FLUSH ? "flush()" : "shutdown()";
    writer.enter(this, what);
    for (; this.stage <= last; this.stage++) {
      const answer = this.stage === 0 ? writer.pollDrain() : writer.pollSink(this.stage);
      if (!answer.done) return answer;
    }
    writer.leave();
    return DONE;
  }

  override return(): Closing {
    return this.writer.close(this);
  }
}
