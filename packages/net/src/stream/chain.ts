/** One source after the other. */
import { type Awaitable, cx, outsidePoll, type Poll } from "@treadle/core";
import { checkBytes } from "./check.ts";
import type { AsyncRead } from "./contract.ts";
import { StepLeaf } from "./step.ts";

/** A source that goes on with a second where the first ends; made by {@link chain}. **Cancel safety**: as the sources. */
export class Chain<A extends AsyncRead = AsyncRead, B extends AsyncRead = AsyncRead>
  implements AsyncRead
{
  private readonly first: A;
  private readonly second: B;
  /** @internal */
  isFirstDone = false;

  /** @internal */
  constructor(first: A, second: B) {
    this.first = first;
    this.second = second;
  }

  /** The two sources. */
  getRef(): [A, B] {
    return [this.first, this.second];
  }

  /** Reads from the first source until it ends, then from the second. */
  read(buf: Uint8Array): Awaitable<number> {
    checkBytes("the buffer of read()", buf);
    return this.isFirstDone ? this.second.read(buf) : new ChainRead(this, buf);
  }
}

class ChainRead extends StepLeaf<number> {
  private readonly chain: Chain;
  private readonly buf: Uint8Array;

  constructor(chain: Chain, buf: Uint8Array) {
    super();
    this.chain = chain;
    this.buf = buf;
  }

  override next(): Poll<number> {
    if (cx.waker === null) return outsidePoll(this, ChainRead.prototype.next);
    const { chain, buf } = this;
    for (;;) {
      const isSecond = chain.isFirstDone;
      this.inner ??= chain.getRef()[isSecond ? 1 : 0].read(buf);
      const answer = this.pollInner();
      if (!answer.done) return answer;
      // A read into nothing says nothing about the end.
      if (isSecond || answer.value > 0 || buf.length === 0) return answer;
      chain.isFirstDone = true;
    }
  }
}

/** A source that reads from `first` until it ends, and then from `second`. */
export function chain<A extends AsyncRead, B extends AsyncRead>(first: A, second: B): Chain<A, B> {
  return new Chain(first, second);
}
