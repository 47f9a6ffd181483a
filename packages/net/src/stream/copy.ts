/** From one stream to another. */
import { type Async, type Call, fn, invalidArg } from "@treadle/core";
import { join } from "@treadle/task";
import type { AsyncRead, AsyncStream, AsyncWrite } from "./contract.ts";
import { writeAll } from "./transfer.ts";

/** How a copy is made. */
export interface CopyOptions {
  /** Bytes that are under way at most; 64 KiB by default. */
  readonly bufferSize?: number;
}

/**
 * Copies everything until the reader ends; how many bytes.
 *
 * @remarks The writer is flushed, not shut down. **Cancel safety**: not safe; what was read and not yet written is lost.
 */
export const copy: (reader: AsyncRead, writer: AsyncWrite, options?: CopyOptions) => Call<number> =
  fn(function* copy(
    reader: AsyncRead,
    writer: AsyncWrite,
    options: CopyOptions = {},
  ): Async<number> {
    const buffer = new Uint8Array(bufferSize(options));
    let total = 0;
    for (;;) {
      const n = yield* reader.read(buffer);
      if (n === 0) break;
      yield* writeAll(writer, n === buffer.length ? buffer : buffer.subarray(0, n));
      total += n;
    }
    if (writer.flush !== undefined) yield* writer.flush();
    return total;
  });

/**
 * Copies in both directions until both have ended; the bytes from `a` to `b` and from `b` to `a`.
 *
 * @remarks When one side ends, the other is shut down for writing, and its direction goes on: a half-closed connection
 * stays one. An error in either direction ends both. **Cancel safety**: not safe.
 */
export const copyBidirectional: (
  a: AsyncStream,
  b: AsyncStream,
  options?: CopyOptions,
) => Call<[number, number]> = fn(function* copyBidirectional(
  a: AsyncStream,
  b: AsyncStream,
  options: CopyOptions = {},
): Async<[number, number]> {
  return yield* join(copyAndEnd(a, b, options), copyAndEnd(b, a, options));
});

const copyAndEnd = fn(function* copyAndEnd(
  reader: AsyncRead,
  writer: AsyncWrite,
  options: CopyOptions,
): Async<number> {
  const total = yield* copy(reader, writer, options);
  yield* writer.shutdown();
  return total;
});

function bufferSize({ bufferSize = 64 * 1024 }: CopyOptions): number {
  if (Number.isInteger(bufferSize) && bufferSize > 0) return bufferSize;
  throw invalidArg("bufferSize", bufferSize, "must be a whole number above 0");
}
