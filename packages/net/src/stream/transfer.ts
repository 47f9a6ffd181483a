/** Reading and writing as much as is wanted, however it comes in parts. */
import { type Async, type Call, fn, invalidArg } from "@treadle/core";
import type { AsyncRead, AsyncWrite } from "./contract.ts";
import { limitExceeded, unexpectedEof, writeZero } from "./error.ts";

/** The least that one read of {@link readToEnd} has room for. */
const CHUNK = 16 * 1024;
const MAX_CHUNK = 1024 * 1024;

/**
 * Reads until `buffer` is full.
 *
 * @remarks **Cancel safety**: not safe; what came before the drop is in the buffer, and nobody knows how much.
 * @throws {@link RuntimeError} `ERR_UNEXPECTED_EOF` when the stream ends before.
 */
export const readExact: (reader: AsyncRead, buffer: Uint8Array) => Call<void> = fn(
  function* readExact(reader: AsyncRead, buffer: Uint8Array): Async<void> {
    let at = 0;
    while (at < buffer.length) {
      const n = yield* reader.read(at === 0 ? buffer : buffer.subarray(at));
      if (n === 0) throw unexpectedEof("a buffer", at, buffer.length);
      at += n;
    }
  },
);

/**
 * Reads until the stream ends; at most `limit` bytes, no limit by default.
 *
 * @remarks **Cancel safety**: not safe; what came before the drop is lost.
 * @throws {@link RuntimeError} `ERR_LIMIT_EXCEEDED` for a stream that is longer.
 */
export const readToEnd: (reader: AsyncRead, limit?: number) => Call<Uint8Array> = fn(
  function* readToEnd(reader: AsyncRead, limit = Number.POSITIVE_INFINITY): Async<Uint8Array> {
    if (!(limit >= 0)) throw invalidArg("limit of readToEnd()", limit, "must be 0 or more");
    let bytes = new Uint8Array(Math.min(CHUNK, limit + 1));
    let length = 0;
    for (;;) {
      if (length === bytes.length) bytes = larger(bytes, limit);
      const n = yield* reader.read(bytes.subarray(length));
      if (n === 0) return bytes.slice(0, length);
      length += n;
      if (length > limit) throw limitExceeded("the stream", limit);
    }
  },
);

/** Room for more, and for one byte beyond the limit, by which a stream that is too long shows. */
function larger(bytes: Uint8Array, limit: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(
    Math.min(bytes.length + Math.min(Math.max(bytes.length, CHUNK), MAX_CHUNK), limit + 1),
  );
  grown.set(bytes);
  return grown;
}

/**
 * Writes all of `bytes`.
 *
 * @remarks **Cancel safety**: not safe; a part may have been written.
 * @throws {@link RuntimeError} `ERR_WRITE_ZERO` when the stream takes nothing any more.
 */
export const writeAll: (writer: AsyncWrite, bytes: Uint8Array) => Call<void> = fn(
  function* writeAll(writer: AsyncWrite, bytes: Uint8Array): Async<void> {
    let at = 0;
    while (at < bytes.length) {
      const n = yield* writer.write(at === 0 ? bytes : bytes.subarray(at));
      if (n === 0) throw writeZero();
      at += n;
    }
  },
);

/**
 * Writes all of several buffers, in their order, with as few calls of the system as the stream can.
 *
 * @remarks **Cancel safety**: not safe; a part may have been written.
 */
export const writeAllVectored: (writer: AsyncWrite, buffers: readonly Uint8Array[]) => Call<void> =
  fn(function* writeAllVectored(writer: AsyncWrite, buffers: readonly Uint8Array[]): Async<void> {
    if (writer.writev === undefined) {
      for (const buffer of buffers) yield* writeAll(writer, buffer);
      return;
    }
    let left = buffers.filter((buffer) => buffer.length > 0);
    while (left.length > 0) {
      const n = yield* writer.writev(left);
      if (n === 0) throw writeZero();
      left = without(left, n);
    }
  });

/** The buffers without their first `n` bytes. */
function without(buffers: readonly Uint8Array[], n: number): Uint8Array[] {
  let skip = n;
  let first = 0;
  while (first < buffers.length && skip >= (buffers[first] as Uint8Array).length) {
    skip -= (buffers[first++] as Uint8Array).length;
  }
  const rest = buffers.slice(first);
  if (skip > 0) rest[0] = (rest[0] as Uint8Array).subarray(skip);
  return rest;
}
