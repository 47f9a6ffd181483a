/** What byte streams are to everything that is built on them; sockets, pipes and halves satisfy it structurally. */
import type { Awaitable } from "@treadle/core";

/**
 * A source of bytes.
 *
 * @remarks One read at a time, unless the source says otherwise. Helpers rely on a dropped `read` having taken nothing.
 */
export interface AsyncRead {
  /** Waits for bytes and puts them at the beginning of `buf`; how many, 0 at the end or if `buf` is empty. */
  read(buf: Uint8Array): Awaitable<number>;
}

/**
 * A sink of bytes.
 *
 * @remarks One write at a time, unless the sink says otherwise. Helpers rely on a dropped `write` having written nothing.
 */
export interface AsyncWrite {
  /** Waits for room and takes bytes from the beginning of `buf`; how many, at least 1 unless `buf` is empty. */
  write(buf: Uint8Array): Awaitable<number>;
  /** As `write`, from several buffers in their order; how many bytes of them all. */
  writev?(bufs: readonly Uint8Array[]): Awaitable<number>;
  /** Waits until what was written is handed on; a sink without it keeps nothing back. */
  flush?(): Awaitable<void>;
  /** Flushes, then tells the other side that nothing more comes; the reading direction stays open. */
  shutdown(): Awaitable<void>;
}

/** Both directions in one object: a socket, one end of {@link duplex}. */
export interface AsyncReadWrite extends AsyncRead, AsyncWrite {}

/** A source that lets its reader look at bytes before taking them; {@link BufReader} makes one of any source. */
export interface AsyncBufRead extends AsyncRead {
  /** Waits until bytes are there and shows them without taking them; empty at the end. Valid until the next call. */
  fillBuf(): Awaitable<Uint8Array>;
  /** Takes `count` of the bytes that `fillBuf` showed. */
  consume(count: number): void;
}
