/** Reading everything. */
import { isUtf8 } from "node:buffer";
import { type Awaitable, cx, outsidePoll, type Poll, readyPoll } from "@treadle/core";
import { BytesMut } from "./bytes-mut.ts";
import { checkLimit } from "./check.ts";
import type { AsyncRead } from "./contract.ts";
import { invalidUtf8, readLimit } from "./error.ts";
import { checkCount, StepLeaf } from "./step.ts";

/** The least room that is offered to a read. */
const CHUNK = 4096;

/** The most room that is offered to a read: beyond it a larger one saves nothing. */
const MOST = 1 << 20;

abstract class ReadAll<T> extends StepLeaf<T> {
  private readonly source: AsyncRead;
  private readonly limit: number;
  protected readonly bytes: BytesMut;
  private room: Uint8Array | null = null;

  constructor(source: AsyncRead, limit: number) {
    super();
    this.source = source;
    this.limit = limit;
    this.bytes = new BytesMut(Math.min(CHUNK, limit + 1));
  }

  /** What becomes of all bytes at the end. */
  protected abstract ended(): T;

  override next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, ReadAll.prototype.next);
    for (;;) {
      if (this.inner === null) this.inner = this.source.read(this.offer());
      const answer = this.pollInner();
      if (!answer.done) return answer;
      if (answer.value === 0) return readyPoll(this.ended());
      this.grow(answer.value);
    }
  }

  /** The room for the next read; one byte beyond the limit tells whether there is more. */
  private offer(): Uint8Array {
    const left = this.limit + 1 - this.bytes.length;
    const room = this.bytes.spare(1);
    const most = Math.min(left, MOST);
    this.room = room.length > most ? room.subarray(0, most) : room;
    return this.room;
  }

  private grow(count: number): void {
    checkCount("read() of the source", count, (this.room as Uint8Array).length);
    this.bytes.commit(count);
    if (this.bytes.length > this.limit) throw readLimit("readToEnd()", this.limit);
  }
}

class ReadToEnd extends ReadAll<Uint8Array> {
  protected override ended(): Uint8Array {
    return this.bytes.splitTo(this.bytes.length);
  }
}

class ReadToString extends ReadAll<string> {
  protected override ended(): string {
    if (!isUtf8(this.bytes.view())) throw invalidUtf8();
    return this.bytes.text();
  }
}

/**
 * Reads until the end; all that came.
 *
 * @remarks `limit` is in bytes; without one a peer that never stops fills the memory. **Cancel safety**: not safe, what
 * was read is lost.
 * @throws {@link StreamError} `ERR_READ_LIMIT` when more than `limit` bytes come; {@link RuntimeError} `ERR_INVALID_ARG`.
 */
export function readToEnd(
  source: AsyncRead,
  limit: number = Number.POSITIVE_INFINITY,
): Awaitable<Uint8Array> {
  checkLimit("limit of readToEnd()", limit);
  return new ReadToEnd(source, limit);
}

/**
 * Reads until the end; all that came, as text.
 *
 * @remarks As {@link readToEnd}. **Cancel safety**: not safe, what was read is lost.
 * @throws {@link StreamError} `ERR_INVALID_DATA` when it is not UTF-8, `ERR_READ_LIMIT`; {@link RuntimeError}
 * `ERR_INVALID_ARG`.
 */
export function readToString(
  source: AsyncRead,
  limit: number = Number.POSITIVE_INFINITY,
): Awaitable<string> {
  checkLimit("limit of readToString()", limit);
  return new ReadToString(source, limit);
}
