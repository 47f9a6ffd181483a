/**
 * A byte stream as a stream of Node's.
 *
 * **Reading.** Node asks by `_read`; one read of the stream is then under way until it answers, and what it gave is a piece
 * of a slab that several reads share. 0 is the end.
 * **Writing.** One `writeAll`, or `writeAllVectored` for what has gathered meanwhile, is under way at a time; Node keeps the
 * rest and tells the writer to wait. `end()` shuts the stream down for writing; reading goes on.
 * **Closing.** The stream is closed when both directions are over, or by `destroy()`, which drops what is under way first.
 */
import { Duplex, type Readable, type Writable } from "node:stream";
import { type Adopted, type Async, type Future, fn } from "@treadle/core";
import { checkSink, checkSize, checkSource } from "./check.ts";
import type { AsyncRead, AsyncReadWrite, AsyncWrite } from "./contract.ts";
import { closeStream, Host, type Hosted, stop } from "./host.ts";
import { writeAll, writeAllVectored } from "./write-all.ts";

/** How {@link toNode} buffers. */
export interface ToNodeOptions {
  /** The bytes of memory that reads share; 64 KiB by default. */
  readonly chunkSize?: number;
  /** As Node's, in bytes. */
  readonly readableHighWaterMark?: number;
  /** As Node's, in bytes. */
  readonly writableHighWaterMark?: number;
}

const DEFAULT_CHUNK = 65_536;

/** A slab with less room than this is let go of. */
const LEAST_ROOM = 4096;

type Done = (error?: Error | null) => void;

class NodeStream extends Duplex {
  private readonly stream: Partial<AsyncReadWrite>;
  private readonly host: Host;
  private readonly chunkSize: number;
  private slab: Buffer | null = null;
  private used = 0;
  private reading: Adopted<number> | null = null;
  private writing: Adopted<void> | null = null;

  constructor(stream: Partial<AsyncReadWrite>, options: ToNodeOptions) {
    const { chunkSize = DEFAULT_CHUNK, ...marks } = options;
    if (typeof stream?.read === "function") checkSource("the stream of toNode()", stream);
    else checkSink("the stream of toNode()", stream);
    checkSize("chunkSize", chunkSize);
    const directions = {
      readable: stream.read !== undefined,
      writable: stream.write !== undefined,
    };
    super({ ...marks, ...directions });
    this.stream = stream;
    this.host = new Host("toNode()", stream as Hosted);
    this.chunkSize = chunkSize;
  }

  override _read(): void {
    const room = this.room();
    this.attempt(() => {
      this.reading = this.host.run((this.stream as AsyncRead).read(room));
      this.reading.then(
        (count) => this.got(room, count),
        (error: Error) => this.destroy(error),
      );
    });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.put(() => writeOut(this.sink, [chunk]), done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    const bufs = chunks.map((each) => each.chunk);
    this.put(() => writeOut(this.sink, bufs), done);
  }

  override _final(done: Done): void {
    this.put(() => this.sink.shutdown(), done);
  }

  override _destroy(error: Error | null, done: Done): void {
    void Promise.all([stop(this.reading), stop(this.writing)]).then(() => {
      try {
        closeStream(this.stream);
        done(error);
      } catch (failure) {
        done(error ?? (failure as Error));
      }
    });
  }

  private get sink(): AsyncWrite {
    return this.stream as AsyncWrite;
  }

  private room(): Buffer {
    if (this.slab === null || this.slab.length - this.used < Math.min(LEAST_ROOM, this.chunkSize)) {
      this.slab = Buffer.allocUnsafeSlow(this.chunkSize);
      this.used = 0;
    }
    return this.slab.subarray(this.used);
  }

  private got(room: Buffer, count: number): void {
    this.reading = null;
    if (this.destroyed) return;
    this.used += count;
    this.push(count === 0 ? null : room.subarray(0, count));
  }

  /** Runs an operation of the writing direction. */
  private put(operation: () => Future<void>, done: Done): void {
    try {
      this.writing = this.host.run(operation());
    } catch (error) {
      done(error as Error);
      return;
    }
    this.writing.then(
      () => {
        this.writing = null;
        done();
      },
      (error: Error) => {
        this.writing = null;
        done(error);
      },
    );
  }

  private attempt(start: () => void): void {
    try {
      start();
    } catch (error) {
      this.destroy(error as Error);
    }
  }
}

const writeOut = fn(function* write(sink: AsyncWrite, bufs: Buffer[]): Async<void> {
  if (bufs.length === 1) yield* writeAll(sink, bufs[0] as Buffer);
  else yield* writeAllVectored(sink, bufs);
  // Nobody flushes a stream of Node's.
  if (sink.flush !== undefined) yield* sink.flush();
});

/**
 * A byte stream as a stream of Node's, which then owns it: `pipeline`, `readline`, `zlib`, `node:http` sit on top.
 *
 * @remarks Runs as tasks of the runtime that a socket or pipe belongs to; what belongs to none, such as {@link duplex}, uses
 * the current one: call it in a task, or between `enter()` and its release. Back-pressure works in both directions, `end()` closes the writing direction only, `destroy()` drops what is
 * under way and closes the stream. A source alone becomes a Readable, a sink alone a Writable. **Blocking**: streams of
 * Node's make no progress during `blockOn`.
 * @throws {@link RuntimeError} `ERR_NO_RUNTIME`, `ERR_INVALID_ARG`. Failures of the stream are emitted as `"error"`.
 * @example
 * ```ts
 * import { createInterface } from "node:readline";
 * import { Builder, duplex, toNode } from "treadle";
 *
 * const runtime = Builder.newCurrentThread().build();
 * const found: string[] = [];
 * await runtime.run(async () => {
 *   const [near, far] = duplex(64);
 *   toNode(near).end("one\ntwo\n");
 *   for await (const line of createInterface({ input: toNode(far) })) found.push(line);
 * });
 * found; // => ["one", "two"]
 * ```
 */
export function toNode(stream: AsyncReadWrite, options?: ToNodeOptions): Duplex;
export function toNode(stream: AsyncRead, options?: ToNodeOptions): Readable;
export function toNode(stream: AsyncWrite, options?: ToNodeOptions): Writable;
export function toNode(stream: Partial<AsyncReadWrite>, options: ToNodeOptions = {}): Duplex {
  return new NodeStream(stream, options);
}
