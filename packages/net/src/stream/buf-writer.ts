/** Writing by way of a buffer. */
import { type Async, type Awaitable, fn, invalidArg, ready } from "@treadle/core";
import { ByteBuffer } from "./byte-buffer.ts";
import type { AsyncWrite } from "./contract.ts";
import { writeZero } from "./error.ts";

const DEFAULT_CAPACITY = 8 * 1024;

/**
 * Gathers small writes into larger ones.
 *
 * @remarks What is in the buffer is written by `flush()` and `shutdown()`, never by itself at the end. **Cancel safety**:
 * `write` and `flush` are safe: what was not written stays in the buffer.
 */
export class BufWriter<W extends AsyncWrite = AsyncWrite> implements AsyncWrite {
  private readonly inner: W;
  private readonly buffer: ByteBuffer;
  private readonly capacity: number;

  /** @param capacity - how much is gathered at most, 8 KiB by default. */
  constructor(inner: W, capacity: number = DEFAULT_CAPACITY) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw invalidArg("capacity", capacity, "must be a whole number of bytes above 0");
    }
    this.inner = inner;
    this.capacity = capacity;
    this.buffer = new ByteBuffer(capacity);
  }

  /** The stream underneath; it does not have what is in the buffer. */
  get stream(): W {
    return this.inner;
  }

  /** How many bytes are in the buffer. */
  get buffered(): number {
    return this.buffer.length;
  }

  write(bytes: Uint8Array): Awaitable<number> {
    if (this.buffer.length + bytes.length > this.capacity) return writeThrough(this, bytes);
    this.buffer.append(bytes);
    return ready(bytes.length);
  }

  /** @internal */
  put(bytes: Uint8Array): Awaitable<number> {
    if (bytes.length >= this.capacity) return this.inner.write(bytes);
    this.buffer.append(bytes);
    return ready(bytes.length);
  }

  /** Writes what is in the buffer. */
  flush(): Awaitable<void> {
    return flush(this);
  }

  /** @internal */
  writeSome(): Awaitable<number> {
    return this.inner.write(this.buffer.bytes);
  }

  /** @internal */
  wrote(n: number): void {
    if (n === 0) throw writeZero();
    this.buffer.advance(n);
  }

  /** Writes what is in the buffer and ends the stream in this direction. */
  shutdown(): Awaitable<void> {
    return shutdown(this);
  }
}

const drain = fn(function* drain(writer: BufWriter): Async<void> {
  while (writer.buffered > 0) writer.wrote(yield* writer.writeSome());
});

const writeThrough = fn(function* write(writer: BufWriter, bytes: Uint8Array): Async<number> {
  yield* drain(writer);
  return yield* writer.put(bytes);
});

const flush = fn(function* flush(writer: BufWriter): Async<void> {
  yield* drain(writer);
  if (writer.stream.flush !== undefined) yield* writer.stream.flush();
});

const shutdown = fn(function* shutdown(writer: BufWriter): Async<void> {
  yield* flush(writer);
  yield* writer.stream.shutdown();
});
