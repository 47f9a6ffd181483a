/** A stream as two halves, for two tasks. */
import type { Awaitable } from "@treadle/core";
import { invalidArg, ready } from "@treadle/core";
import type { AsyncRead, AsyncReadWrite, AsyncWrite } from "./contract.ts";

/** The reading half of a stream, made by {@link split}. */
export class StreamReadHalf<S extends AsyncRead> implements AsyncRead {
  private readonly stream: S;

  /** @internal */
  constructor(stream: S) {
    this.stream = stream;
  }

  /** As the stream's `read`. */
  read(buf: Uint8Array): Awaitable<number> {
    return this.stream.read(buf);
  }

  /** Whether `writer` is the other half of the same stream. */
  isPairOf(writer: StreamWriteHalf<S & AsyncWrite>): boolean {
    return writer.isOf(this.stream);
  }

  /**
   * The stream again.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` when `writer` is a half of another stream.
   */
  unsplit(writer: StreamWriteHalf<S & AsyncWrite>): S {
    if (!this.isPairOf(writer)) {
      throw invalidArg("writer", writer, "must be the other half of the same split()");
    }
    return this.stream;
  }
}

/** The writing half of a stream, made by {@link split}. */
export class StreamWriteHalf<S extends AsyncWrite> implements AsyncWrite {
  private readonly stream: S;

  /** @internal */
  constructor(stream: S) {
    this.stream = stream;
  }

  /** As the stream's `write`. */
  write(buf: Uint8Array): Awaitable<number> {
    return this.stream.write(buf);
  }

  /** As the stream's `writev`; where it has none, the first buffer that is not empty is written. */
  writev(bufs: readonly Uint8Array[]): Awaitable<number> {
    return writevOf(this.stream, bufs);
  }

  /** As the stream's `flush`. */
  flush(): Awaitable<void> {
    return this.stream.flush?.() ?? ready(undefined);
  }

  /** As the stream's `shutdown`. */
  shutdown(): Awaitable<void> {
    return this.stream.shutdown();
  }

  /** @internal */
  isOf(stream: AsyncRead): boolean {
    return (this.stream as unknown) === stream;
  }
}

const NOTHING = new Uint8Array(0);

/** `writev` of a sink that may have none. */
export function writevOf(sink: AsyncWrite, bufs: readonly Uint8Array[]): Awaitable<number> {
  if (sink.writev !== undefined) return sink.writev(bufs);
  return sink.write(bufs.find((buf) => buf.length > 0) ?? NOTHING);
}

/**
 * Splits any stream into a half to read from and a half to write to.
 *
 * @remarks The halves only delegate: the stream stays the caller's to close. Sockets have a `split()` of their own.
 */
export function split<S extends AsyncReadWrite>(
  stream: S,
): [reader: StreamReadHalf<S>, writer: StreamWriteHalf<S>] {
  return [new StreamReadHalf(stream), new StreamWriteHalf(stream)];
}

/** Joins a source and a sink to one stream; tokio's `io::join`. */
export class Joined<R extends AsyncRead, W extends AsyncWrite> implements AsyncReadWrite {
  /** What is read from. */
  readonly reader: R;
  /** What is written to. */
  readonly writer: W;

  /** A stream that reads from `reader` and writes to `writer`. */
  constructor(reader: R, writer: W) {
    this.reader = reader;
    this.writer = writer;
  }

  /** As the source's `read`. */
  read(buf: Uint8Array): Awaitable<number> {
    return this.reader.read(buf);
  }

  /** As the sink's `write`. */
  write(buf: Uint8Array): Awaitable<number> {
    return this.writer.write(buf);
  }

  /** As the sink's `writev`. */
  writev(bufs: readonly Uint8Array[]): Awaitable<number> {
    return writevOf(this.writer, bufs);
  }

  /** As the sink's `flush`. */
  flush(): Awaitable<void> {
    return this.writer.flush?.() ?? ready(undefined);
  }

  /** As the sink's `shutdown`. */
  shutdown(): Awaitable<void> {
    return this.writer.shutdown();
  }
}
