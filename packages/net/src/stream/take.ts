/** The beginning of a source. */
import { type Awaitable, cx, outsidePoll, type Poll, ready, readyPoll } from "@treadle/core";
import { checkBytes, checkLimit } from "./check.ts";
import type { AsyncRead } from "./contract.ts";
import { checkCount, StepLeaf } from "./step.ts";

/** A source that ends after a number of bytes; made by {@link take}. **Cancel safety**: as the source. */
export class Take<R extends AsyncRead = AsyncRead> implements AsyncRead {
  /** How many bytes may still be read; can be set. */
  limit: number;
  private readonly source: R;

  /** @internal */
  constructor(source: R, limit: number) {
    this.source = source;
    this.limit = limit;
  }

  /** The source. */
  getRef(): R {
    return this.source;
  }

  /** As the source's `read`, of at most `limit` bytes; 0 without asking the source when none are left. */
  read(buf: Uint8Array): Awaitable<number> {
    checkBytes("the buffer of read()", buf);
    if (this.limit === 0) return ready(0);
    return new TakeRead(this, buf.length > this.limit ? buf.subarray(0, this.limit) : buf);
  }
}

class TakeRead extends StepLeaf<number> {
  private readonly take: Take;
  private readonly buf: Uint8Array;

  constructor(take: Take, buf: Uint8Array) {
    super();
    this.take = take;
    this.buf = buf;
  }

  override next(): Poll<number> {
    if (cx.waker === null) return outsidePoll(this, TakeRead.prototype.next);
    this.inner ??= this.take.getRef().read(this.buf);
    const answer = this.pollInner();
    if (!answer.done) return answer;
    const count = answer.value;
    checkCount("read() of the source", count, this.buf.length);
    this.take.limit -= count;
    return readyPoll(count);
  }
}

/**
 * The first `limit` bytes of a source, as a source.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
 */
export function take<R extends AsyncRead>(source: R, limit: number): Take<R> {
  checkLimit("limit of take()", limit);
  return new Take(source, limit);
}
