/** Copying a source into a sink, and two streams into each other. */
import {
  type Awaitable,
  type Closing,
  cx,
  DONE,
  DropSink,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  readyPoll,
} from "@treadle/core";
import type { AsyncRead, AsyncReadWrite, AsyncWrite } from "./contract.ts";
import { Copier, type CopyOptions } from "./copier.ts";

/** Polls one or two copiers to their end; a failure drops what the other has under way before it is thrown. */
abstract class Transfer<T> extends Leaf<T> {
  protected readonly there: Copier;
  protected readonly back: Copier | null;
  private isBackFirst: boolean;
  private failure: { readonly error: unknown } | null;
  private readonly sink: DropSink;

  constructor(there: Copier, back: Copier | null) {
    super();
    this.there = there;
    this.back = back;
    this.isBackFirst = false;
    this.failure = null;
    this.sink = new DropSink();
  }

  /** What was copied. */
  protected abstract copied(): T;

  override next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, Transfer.prototype.next);
    if (this.failure !== null) return this.fail(this.failure.error);
    let answer: Poll<void>;
    try {
      answer = this.back === null ? this.there.poll() : this.pollBoth(this.back);
    } catch (error) {
      this.failure = { error };
      return this.fail(error);
    }
    return answer.done ? readyPoll(this.copied()) : answer;
  }

  override return(): Closing {
    const there = this.there.close();
    const back = this.back?.close() ?? DONE;
    return there.done ? back : there;
  }

  /** In turns, or a direction that never waits would use up the other's budget for ever. */
  private pollBoth(back: Copier): Poll<void> {
    this.isBackFirst = !this.isBackFirst;
    const first = this.isBackFirst ? this.there.poll() : back.poll();
    const second = this.isBackFirst ? back.poll() : this.there.poll();
    return first.done ? second : first;
  }

  private fail(error: unknown): Poll<T> {
    const saved = cx.sink;
    cx.sink = this.sink;
    let answer: Closing;
    try {
      answer = this.return();
    } finally {
      cx.sink = saved;
    }
    if (!answer.done) return PENDING;
    this.sink.handOver();
    throw error;
  }
}

class Copy extends Transfer<number> {
  protected override copied(): number {
    return this.there.total;
  }
}

class CopyBidirectional extends Transfer<[number, number]> {
  protected override copied(): [number, number] {
    return [this.there.total, (this.back as Copier).total];
  }
}

/**
 * Copies all of `source` into `sink` and flushes it; how many bytes.
 *
 * @remarks One buffer, 64 KiB unless `bufferSize` says otherwise. The sink is flushed whenever the source has nothing for
 * the moment, and not shut down. **Cancel safety**: not safe, what was read and not yet written is lost.
 * @throws What the two throw; {@link StreamError} `ERR_WRITE_ZERO`; {@link RuntimeError} `ERR_INVALID_ARG`.
 */
export function copy(
  source: AsyncRead,
  sink: AsyncWrite,
  options: CopyOptions = {},
): Awaitable<number> {
  return new Copy(new Copier(source, sink, options, false), null);
}

/**
 * Copies in both directions at once until both have ended; how many bytes went from `a` to `b`, and from `b` to `a`.
 *
 * @remarks When one side ends, the other is shut down for writing, and its direction goes on. A failure of either
 * direction ends both at once. One buffer for each direction, 64 KiB unless `bufferSize` says otherwise. **Cancel safety**:
 * not safe, what was read and not yet written is lost.
 * @throws What the two throw; {@link StreamError} `ERR_WRITE_ZERO`; {@link RuntimeError} `ERR_INVALID_ARG`.
 * @example
 * ```ts
 * import { Builder, copyBidirectional, duplex, readToString, spawn, writeAll } from "treadle";
 *
 * const [client, front] = duplex(64);
 * const [back, server] = duplex(64);
 * Builder.newCurrentThread().build().blockOn(function* () {
 *   const proxy = spawn(copyBidirectional(front, back));
 *   yield* writeAll(client, Buffer.from("hello"));
 *   yield* client.shutdown();
 *   const request = yield* readToString(server);
 *   yield* writeAll(server, Buffer.from("world!"));
 *   yield* server.shutdown();
 *   return [request, yield* readToString(client), yield* proxy];
 * }); // => ["hello", "world!", [5, 6]]
 * ```
 */
export function copyBidirectional(
  a: AsyncReadWrite,
  b: AsyncReadWrite,
  options: CopyOptions = {},
): Awaitable<[number, number]> {
  return new CopyBidirectional(new Copier(a, b, options, true), new Copier(b, a, options, true));
}
