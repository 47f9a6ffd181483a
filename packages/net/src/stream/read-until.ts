/** Reading up to a delimiter. */
import { isUtf8 } from "node:buffer";
import { type Awaitable, cx, outsidePoll, type Poll, readyPoll } from "@treadle/core";
import { BytesMut } from "./bytes-mut.ts";
import { checkByte, checkLimit } from "./check.ts";
import type { AsyncBufRead } from "./contract.ts";
import { invalidUtf8, readLimit } from "./error.ts";
import { StepLeaf } from "./step.ts";

/** How much {@link readUntil} and {@link readLine} may read. */
export interface ReadUntilOptions {
  /** The most bytes, with the delimiter; `Infinity` by default. */
  readonly limit?: number;
}

abstract class Until<T> extends StepLeaf<T, Uint8Array> {
  private readonly source: AsyncBufRead;
  private readonly delimiter: number;
  private readonly limit: number;
  protected readonly taken: BytesMut = new BytesMut();

  constructor(source: AsyncBufRead, delimiter: number, limit: number) {
    super();
    this.source = source;
    this.delimiter = delimiter;
    this.limit = limit;
  }

  /** What becomes of what was taken. */
  protected abstract ended(): T;

  override next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, Until.prototype.next);
    for (;;) {
      this.inner ??= this.source.fillBuf();
      const answer = this.pollInner();
      if (!answer.done) return answer;
      if (this.takeFrom(answer.value)) return readyPoll(this.ended());
    }
  }

  /** Takes up to the delimiter; whether that was all. */
  private takeFrom(shown: Uint8Array): boolean {
    const at = shown.indexOf(this.delimiter);
    const count = at < 0 ? shown.length : at + 1;
    if (this.taken.length + count > this.limit) throw readLimit("readUntil()", this.limit);
    this.taken.put(at < 0 ? shown : shown.subarray(0, count));
    this.source.consume(count);
    return at >= 0 || count === 0;
  }
}

class ReadUntil extends Until<Uint8Array> {
  protected override ended(): Uint8Array {
    return this.taken.splitTo(this.taken.length);
  }
}

class ReadLine extends Until<string> {
  protected override ended(): string {
    if (!isUtf8(this.taken.view())) throw invalidUtf8();
    return this.taken.text();
  }
}

/**
 * Reads up to the first `delimiter` (a byte), and with it; what is left where the stream ends before, empty at the end.
 *
 * @remarks **Cancel safety**: not safe, what was taken from `source` is lost; {@link lines} and {@link FramedRead} keep it.
 * @throws {@link StreamError} `ERR_READ_LIMIT` when the delimiter is not among the first `limit` bytes;
 * {@link RuntimeError} `ERR_INVALID_ARG`.
 */
export function readUntil(
  source: AsyncBufRead,
  delimiter: number,
  { limit = Number.POSITIVE_INFINITY }: ReadUntilOptions = {},
): Awaitable<Uint8Array> {
  checkByte("delimiter", delimiter);
  checkLimit("limit of readUntil()", limit);
  return new ReadUntil(source, delimiter, limit);
}

const NEWLINE = 10;

/**
 * Reads one line, with its "\n"; "" at the end.
 *
 * @remarks **Cancel safety**: not safe, as {@link readUntil}.
 * @throws {@link StreamError} `ERR_INVALID_DATA` when it is not UTF-8, `ERR_READ_LIMIT` when it is longer than `limit`
 * bytes; {@link RuntimeError} `ERR_INVALID_ARG`.
 */
export function readLine(
  source: AsyncBufRead,
  { limit = Number.POSITIVE_INFINITY }: ReadUntilOptions = {},
): Awaitable<string> {
  checkLimit("limit of readLine()", limit);
  return new ReadLine(source, NEWLINE, limit);
}
