/** Writing everything. */
import { type Awaitable, cx, DONE, outsidePoll, type Poll } from "@treadle/core";
import { checkBytes } from "./check.ts";
import type { AsyncWrite } from "./contract.ts";
import { writeZero } from "./error.ts";
import { writevOf } from "./split.ts";
import { checkCount, StepLeaf } from "./step.ts";

class WriteAll extends StepLeaf<void> {
  private readonly sink: AsyncWrite;
  private rest: Uint8Array;

  constructor(sink: AsyncWrite, buf: Uint8Array) {
    super();
    this.sink = sink;
    this.rest = buf;
  }

  override next(): Poll<void> {
    if (cx.waker === null) return outsidePoll(this, WriteAll.prototype.next);
    while (this.rest.length > 0) {
      const { rest } = this;
      this.inner ??= this.sink.write(rest);
      const answer = this.pollInner();
      if (!answer.done) return answer;
      checkCount("write() of the sink", answer.value, rest.length);
      if (answer.value === 0) throw tookNothing(rest.length);
      this.rest = rest.subarray(answer.value);
    }
    return DONE;
  }
}

/** `rest` is what is left, `left` how many bytes that are. */
class WriteAllVectored extends StepLeaf<void> {
  private readonly sink: AsyncWrite;
  private rest: readonly Uint8Array[];
  private left: number;

  constructor(sink: AsyncWrite, bufs: readonly Uint8Array[]) {
    super();
    this.sink = sink;
    this.rest = bufs;
    this.left = 0;
    for (const buf of bufs) this.left += buf.length;
  }

  override next(): Poll<void> {
    if (cx.waker === null) return outsidePoll(this, WriteAllVectored.prototype.next);
    while (this.left > 0) {
      this.inner ??= writevOf(this.sink, this.rest);
      const answer = this.pollInner();
      if (!answer.done) return answer;
      checkCount("writev() of the sink", answer.value, this.left);
      if (answer.value === 0) throw tookNothing(this.left);
      this.left -= answer.value;
      if (this.left > 0) this.rest = without(this.rest, answer.value);
    }
    return DONE;
  }
}

/** `bufs` without their first `count` bytes. */
export function without(bufs: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let skip = count;
  let first = 0;
  for (let buf = bufs[0]; buf !== undefined && skip >= buf.length; buf = bufs[++first]) {
    skip -= buf.length;
  }
  const rest = bufs.slice(first);
  if (skip > 0) rest[0] = (rest[0] as Uint8Array).subarray(skip);
  return rest;
}

function tookNothing(left: number): Error {
  return writeZero(`write zero: the stream took none of the ${left} bytes that are left`);
}

/**
 * Writes all of `buf`.
 *
 * @remarks **Cancel safety**: not safe. A dropped one has written some of it, and nobody knows how much.
 * @throws {@link StreamError} `ERR_WRITE_ZERO` when the sink takes nothing any more, and what its `write` throws.
 */
export function writeAll(sink: AsyncWrite, buf: Uint8Array): Awaitable<void> {
  checkBytes("the buffer of writeAll()", buf);
  return new WriteAll(sink, buf);
}

/**
 * Writes all of several buffers in their order, with as few `writev` as it takes; with `write` where there is none.
 *
 * @remarks **Cancel safety**: not safe, as {@link writeAll}.
 * @throws {@link StreamError} `ERR_WRITE_ZERO` when the sink takes nothing any more, and what its `writev` throws.
 */
export function writeAllVectored(sink: AsyncWrite, bufs: readonly Uint8Array[]): Awaitable<void> {
  for (const buf of bufs) checkBytes("a buffer of writeAllVectored()", buf);
  return new WriteAllVectored(sink, bufs);
}
