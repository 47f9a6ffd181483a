/**
 * A byte stream as a pair of web streams.
 *
 * **Reading.** A byte stream with bytes read straight into the buffer of whoever asks (BYOB), or into one of `chunkSize`
 * bytes. 0 closes it.
 * **Writing.** One `writeAll` at a time, so that `writer.ready` tells when there is room. `close()` shuts the stream down for
 * writing; reading goes on.
 * **Closing.** The stream is closed when both directions are over: read to the end, cancelled or failed; closed or failed.
 * `abort()` closes it at once, and the readable fails with the reason.
 */
import { ReadableStream, WritableStream } from "node:stream/web";
import { type Adopted, type Async, type Future, fn, invalidArg } from "@treadle/core";
import { checkSink, checkSize, checkSource } from "./check.ts";
import type { AsyncReadWrite, AsyncWrite } from "./contract.ts";
import { closeStream, Host, type Hosted, stop } from "./host.ts";
import { writeAll } from "./write-all.ts";

/** How {@link toWeb} buffers. */
export interface ToWebOptions {
  /** The memory for a read of someone who brings no buffer, in bytes; 16 KiB by default. */
  readonly chunkSize?: number;
}

/** What {@link toWeb} gives. */
export interface WebStreams {
  /** What is read from the stream; a byte stream. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What is written to the stream. */
  readonly writable: WritableStream<ArrayBufferView | ArrayBuffer>;
}

const DEFAULT_CHUNK = 16_384;

type Controller = ReadableByteStreamController;
type ReadableByteStreamController = Parameters<
  NonNullable<import("node:stream/web").UnderlyingByteSource["pull"]>
>[0];

class WebPair {
  private readonly stream: AsyncReadWrite;
  private readonly host: Host;
  private reading: Adopted<number> | null = null;
  private writing: Adopted<void> | null = null;
  private controller: Controller | null = null;
  private isReadOver = false;
  private isWriteOver = false;

  constructor(stream: AsyncReadWrite) {
    this.stream = stream;
    this.host = new Host("toWeb()", stream as Hosted);
  }

  begin(controller: Controller): void {
    this.controller = controller;
  }

  /** Reads into the buffer of whoever asks. */
  async pull(controller: Controller): Promise<void> {
    const request = controller.byobRequest;
    const view = request?.view;
    if (!request || !view) return;
    try {
      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      this.reading = this.host.run(this.stream.read(bytes));
      const count = await this.reading;
      this.reading = null;
      if (this.isReadOver) return;
      if (count === 0) {
        controller.close();
        this.endRead();
      }
      request.respond(count);
    } catch (error) {
      this.reading = null;
      this.endRead();
      throw error;
    }
  }

  async cancel(): Promise<void> {
    this.isReadOver = true;
    await stop(this.reading);
    this.endRead();
  }

  /** An abort waits for the write under way, which may wait for ever: the signal comes at once. */
  beginWriting(controller: object): void {
    const { signal } = controller as { readonly signal: AbortSignal };
    signal.addEventListener("abort", () => void stop(this.writing), { once: true });
  }

  async write(chunk: ArrayBufferView | ArrayBuffer): Promise<void> {
    await this.put(() => writeOut(this.stream, bytesOf(chunk)));
  }

  async close(): Promise<void> {
    await this.put(() => this.stream.shutdown());
    this.endWrite();
  }

  async abort(reason: unknown): Promise<void> {
    const wasOver = this.isReadOver;
    this.isReadOver = true;
    await Promise.all([stop(this.reading), stop(this.writing)]);
    if (!wasOver) this.controller?.error(reason);
    this.endRead();
    this.endWrite();
  }

  private async put(operation: () => Future<void>): Promise<void> {
    try {
      this.writing = this.host.run(operation());
      await this.writing;
    } catch (error) {
      this.endWrite();
      throw error;
    } finally {
      this.writing = null;
    }
  }

  private endRead(): void {
    this.isReadOver = true;
    if (this.isWriteOver) closeStream(this.stream);
  }

  private endWrite(): void {
    this.isWriteOver = true;
    if (this.isReadOver) closeStream(this.stream);
  }
}

const writeOut = fn(function* write(sink: AsyncWrite, bytes: Uint8Array): Async<void> {
  yield* writeAll(sink, bytes);
  // Nobody flushes a web stream.
  if (sink.flush !== undefined) yield* sink.flush();
});

function bytesOf(chunk: ArrayBufferView | ArrayBuffer): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw invalidArg("the chunk", chunk, "must be an ArrayBuffer or a view of one");
}

/**
 * A byte stream as a pair of web streams, which then own it.
 *
 * @remarks Runs as tasks of the runtime that the stream belongs to, as {@link toNode} does. The readable is a byte stream:
 * `getReader({ mode: "byob" })` reads into buffers of your own. **Blocking**: web streams make no progress during
 * `blockOn`.
 * @throws {@link RuntimeError} `ERR_NO_RUNTIME`, `ERR_INVALID_ARG`. Failures of the stream reach the readers and writers.
 * @example
 * ```ts
 * import { Builder, duplex, toWeb } from "treadle";
 *
 * const runtime = Builder.newCurrentThread().build();
 * const text = await runtime.run(async () => {
 *   const [near, far] = duplex(64);
 *   const writer = toWeb(near).writable.getWriter();
 *   await writer.write(Buffer.from("hello"));
 *   await writer.close();
 *   return await new Response(toWeb(far).readable as ReadableStream).text();
 * });
 * text; // => "hello"
 * ```
 */
export function toWeb(
  stream: AsyncReadWrite,
  { chunkSize = DEFAULT_CHUNK }: ToWebOptions = {},
): WebStreams {
  checkSource("the stream of toWeb()", stream);
  checkSink("the stream of toWeb()", stream);
  checkSize("chunkSize", chunkSize);
  const pair = new WebPair(stream);
  return {
    readable: new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: chunkSize,
      start: (controller) => pair.begin(controller),
      pull: (controller) => pair.pull(controller),
      cancel: () => pair.cancel(),
    }),
    writable: new WritableStream({
      start: (controller) => pair.beginWriting(controller),
      write: (chunk) => pair.write(chunk),
      close: () => pair.close(),
      abort: (reason) => pair.abort(reason),
    }),
  };
}
