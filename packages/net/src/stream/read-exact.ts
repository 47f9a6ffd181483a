/** Filling a buffer. */
import { type Awaitable, cx, DONE, outsidePoll, type Poll } from "@treadle/core";
import { checkBytes } from "./check.ts";
import type { AsyncRead } from "./contract.ts";
import { unexpectedEof } from "./error.ts";
import { checkCount, StepLeaf } from "./step.ts";

class ReadExact extends StepLeaf<void> {
  private readonly source: AsyncRead;
  private readonly buf: Uint8Array;
  private rest: Uint8Array;

  constructor(source: AsyncRead, buf: Uint8Array) {
    super();
    this.source = source;
    this.buf = buf;
    this.rest = buf;
  }

  override next(): Poll<void> {
    if (cx.waker === null) return outsidePoll(this, ReadExact.prototype.next);
    while (this.rest.length > 0) {
      const { rest } = this;
      this.inner ??= this.source.read(rest);
      const answer = this.pollInner();
      if (!answer.done) return answer;
      const count = answer.value;
      checkCount("read() of the source", count, rest.length);
      if (count === 0) throw this.tooShort();
      this.rest = rest.subarray(count);
    }
    return DONE;
  }

  private tooShort(): Error {
    const { length } = this.buf;
    return unexpectedEof(
      `early eof: the stream ended after ${length - this.rest.length} of ${length} bytes`,
    );
  }
}

/**
 * Fills `buf`.
 *
 * @remarks **Cancel safety**: not safe. A dropped one has put some bytes into `buf`, and nobody knows how many; read them
 * with `read` where that matters.
 * @throws {@link StreamError} `ERR_UNEXPECTED_EOF` when the stream ends before; what came is in `buf`.
 * @example
 * ```ts
 * import { Builder, duplex, readExact, writeAll } from "treadle";
 *
 * const [near, far] = duplex(64);
 * const bytes = Buffer.alloc(4);
 * Builder.newCurrentThread().build().blockOn(function* () {
 *   yield* writeAll(near, Buffer.from("ping pong"));
 *   yield* readExact(far, bytes);
 *   return bytes.toString();
 * }); // => "ping"
 * ```
 */
export function readExact(source: AsyncRead, buf: Uint8Array): Awaitable<void> {
  checkBytes("the buffer of readExact()", buf);
  return new ReadExact(source, buf);
}
