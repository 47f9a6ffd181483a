/** A pair of connected in-memory streams, for tests and for talking within a process. */
import type { Awaitable } from "@treadle/core";
import { checkSize } from "./check.ts";
import type { AsyncReadWrite } from "./contract.ts";
import { endClosed } from "./error.ts";
import { SimplexStream } from "./simplex.ts";

/**
 * One end of an in-memory connection; see {@link duplex}.
 *
 * @remarks **Cancel safety**: `read` and `write` are safe, a dropped one has moved nothing.
 */
export class DuplexStream implements AsyncReadWrite, Disposable {
  private readonly incoming: SimplexStream;
  private readonly outgoing: SimplexStream;
  private isClosed = false;

  /** @internal */
  constructor(incoming: SimplexStream, outgoing: SimplexStream) {
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  /**
   * Waits for bytes of the other end; 0 when that was shut down or closed, and all was read. Uses the budget.
   *
   * @throws {@link RuntimeError} `ERR_IO_CLOSED` after `close()`.
   */
  read(buf: Uint8Array): Awaitable<number> {
    return this.open(this.incoming).read(buf);
  }

  /**
   * Waits for room and takes what fits. Uses the budget.
   *
   * @throws {@link IoError} `EPIPE` when the other end was closed, or this one shut down; {@link RuntimeError}
   * `ERR_IO_CLOSED` after `close()`.
   */
  write(buf: Uint8Array): Awaitable<number> {
    return this.open(this.outgoing).write(buf);
  }

  /** As `write`, from several buffers. */
  writev(bufs: readonly Uint8Array[]): Awaitable<number> {
    return this.open(this.outgoing).writev(bufs);
  }

  /** Nothing is kept back. */
  flush(): Awaitable<void> {
    return this.outgoing.flush();
  }

  /** The other end finds the end after what was written; this one can still read. */
  shutdown(): Awaitable<void> {
    return this.outgoing.shutdown();
  }

  /** Ends both directions at once: the other end reads what is left, and can write no more. A second call does nothing. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.outgoing.close();
    this.incoming.close();
    this.incoming.ring.clear();
  }

  /** As `close()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  private open(pipe: SimplexStream): SimplexStream {
    if (this.isClosed) throw endClosed("this end of a duplex()");
    return pipe;
  }
}

/**
 * Makes two connected in-memory streams: what is written to one is read from the other.
 *
 * @remarks Each direction holds at most `maxBufferSize` bytes; more has to wait.
 * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
 * @example
 * ```ts
 * import { Builder, duplex } from "treadle";
 *
 * const [near, far] = duplex(64);
 * const bytes = Buffer.alloc(64);
 * Builder.newCurrentThread().build().blockOn(function* () {
 *   yield* near.write(Buffer.from("ping"));
 *   return bytes.toString("utf8", 0, yield* far.read(bytes));
 * }); // => "ping"
 * ```
 */
export function duplex(maxBufferSize: number): [DuplexStream, DuplexStream] {
  checkSize("maxBufferSize", maxBufferSize);
  const there = new SimplexStream(maxBufferSize);
  const back = new SimplexStream(maxBufferSize);
  return [new DuplexStream(back, there), new DuplexStream(there, back)];
}
