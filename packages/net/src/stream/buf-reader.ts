/** Reading by way of a buffer. */
import { type Async, type Awaitable, fn, invalidArg, ready } from "@treadle/core";
import { ByteBuffer } from "./byte-buffer.ts";
import type { AsyncRead } from "./contract.ts";
import { limitExceeded } from "./error.ts";

const DEFAULT_CAPACITY = 8 * 1024;

/** How much may be read until a delimiter has come. */
export interface ReadUntilOptions {
  /** Bytes without the delimiter; no limit by default. */
  readonly limit?: number;
}

/**
 * Reads from another stream in larger pieces than are asked for.
 *
 * @remarks **Cancel safety**: `read`, `fillBuf` and `readUntil` are safe: what was read and not taken stays in the buffer.
 */
export class BufReader<R extends AsyncRead = AsyncRead> implements AsyncRead {
  private readonly inner: R;
  private readonly buffer: ByteBuffer;
  private readonly capacity: number;
  private ended = false;

  /** @param capacity - how much is read at once, 8 KiB by default. */
  constructor(inner: R, capacity: number = DEFAULT_CAPACITY) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw invalidArg("capacity", capacity, "must be a whole number of bytes above 0");
    }
    this.inner = inner;
    this.capacity = capacity;
    this.buffer = new ByteBuffer(capacity);
  }

  /** The stream underneath; bytes that are in the buffer are gone from it. */
  get stream(): R {
    return this.inner;
  }

  /** What has been read and not been taken yet; a view. */
  get buffered(): Uint8Array {
    return this.buffer.bytes;
  }

  /** Forgets the first `n` buffered bytes. */
  consume(n: number): void {
    this.buffer.advance(n);
  }

  read(into: Uint8Array): Awaitable<number> {
    const { buffer } = this;
    if (buffer.length === 0 && into.length >= this.capacity) return this.inner.read(into);
    return buffer.length > 0 ? ready(this.move(into)) : readBuffered(this, into);
  }

  /** @internal */
  move(into: Uint8Array): number {
    const bytes = this.buffer.bytes.subarray(0, into.length);
    into.set(bytes);
    this.buffer.advance(bytes.length);
    return bytes.length;
  }

  /** Reads once if nothing is buffered; what is buffered then, empty at the end. */
  fillBuf(): Awaitable<Uint8Array> {
    return fill(this);
  }

  /** @internal Reads more behind what is there; false at the end. */
  more(): Awaitable<boolean> {
    return more(this);
  }

  /** @internal */
  readInto(): Awaitable<number> {
    return this.inner.read(this.buffer.room(this.capacity - (this.buffer.length % this.capacity)));
  }

  /** @internal */
  got(n: number): void {
    this.buffer.filled(n);
    this.ended = n === 0;
  }

  /** Whether the stream has ended; bytes may still be buffered. */
  get isEnded(): boolean {
    return this.ended;
  }

  /**
   * Reads up to `delimiter` (a byte) or the end; the bytes with the delimiter, if there was one. Empty at the end.
   *
   * @throws {@link RuntimeError} `ERR_LIMIT_EXCEEDED` when it has not come within the limit; nothing is taken then.
   */
  readUntil(delimiter: number, options: ReadUntilOptions = {}): Awaitable<Uint8Array> {
    return readUntil(this, delimiter, options.limit ?? Number.POSITIVE_INFINITY);
  }

  /** @internal */
  take(n: number): Uint8Array {
    return this.buffer.take(n);
  }
}

const readBuffered = fn(function* read(reader: BufReader, into: Uint8Array): Async<number> {
  yield* more(reader);
  return reader.move(into);
});

const fill = fn(function* fillBuf(reader: BufReader): Async<Uint8Array> {
  if (reader.buffered.length === 0) yield* more(reader);
  return reader.buffered;
});

const more = fn(function* more(reader: BufReader): Async<boolean> {
  const n = yield* reader.readInto();
  reader.got(n);
  return n > 0;
});

const readUntil = fn(function* readUntil(
  reader: BufReader,
  delimiter: number,
  limit: number,
): Async<Uint8Array> {
  let looked = 0;
  for (;;) {
    const { buffered } = reader;
    const at = buffered.indexOf(delimiter, looked);
    const length = at < 0 ? buffered.length : at;
    if (length > limit) throw limitExceeded("what comes before the delimiter", limit);
    if (at >= 0) return reader.take(at + 1);
    looked = buffered.length;
    if (!(yield* more(reader))) return reader.take(looked);
  }
});
