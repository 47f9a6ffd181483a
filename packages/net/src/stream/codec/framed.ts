/** A stream of bytes as a stream of frames in both directions. */
import type { Awaitable } from "@treadle/core";
import type { BytesMut } from "../bytes-mut.ts";
import type { AsyncReadWrite } from "../contract.ts";
import type { Codec } from "./contract.ts";
import { FramedRead } from "./framed-read.ts";
import { FramedWrite } from "./framed-write.ts";

/** What a {@link Framed} is made of. */
export interface FramedParts<C, S> {
  /** The stream. */
  readonly io: S;
  /** The codec. */
  readonly codec: C;
  /** What was read and is no frame yet. */
  readonly readBuf?: BytesMut;
  /** What was encoded and not yet written. */
  readonly writeBuf?: BytesMut;
}

/**
 * Reads and writes frames on one stream.
 *
 * @remarks One task may read while another writes; two that read at once are refused (`ERR_STREAM_BUSY`), and so are two
 * that write. Async-iterable: `for await (const frame of framed)`.
 * @example
 * ```ts
 * import { Builder, duplex, Framed, LengthDelimitedCodec } from "treadle";
 *
 * const [near, far] = duplex(64);
 * const client = new Framed(near, new LengthDelimitedCodec());
 * const server = new Framed(far, new LengthDelimitedCodec());
 * Builder.newCurrentThread().build().blockOn(function* () {
 *   yield* client.send(Buffer.from("hello"));
 *   const frame = yield* server.next();
 *   return frame && Buffer.from(frame).toString();
 * }); // => "hello"
 * ```
 */
export class Framed<In, Out = In, S extends AsyncReadWrite = AsyncReadWrite>
  implements AsyncIterable<In>
{
  private readonly io: S;
  private coding: Codec<In, Out>;
  private readonly reader: FramedRead<In, S>;
  private readonly writer: FramedWrite<Out, S>;

  /** Frames of `codec` on `stream`; the buffers are what was left of former use. */
  constructor(stream: S, codec: Codec<In, Out>, readBuf?: BytesMut, writeBuf?: BytesMut) {
    this.io = stream;
    this.coding = codec;
    this.reader = new FramedRead<In, S>(stream, codec, readBuf);
    this.writer = new FramedWrite<Out, S>(stream, codec, writeBuf);
  }

  /** Puts together what {@link Framed.intoParts} gave, also with another codec. */
  static fromParts<In, Out, S extends AsyncReadWrite>(
    parts: FramedParts<Codec<In, Out>, S>,
  ): Framed<In, Out, S> {
    return new Framed(parts.io, parts.codec, parts.readBuf, parts.writeBuf);
  }

  /** The stream, the codec and what the buffers hold; this object must not be used any more. */
  intoParts(): Required<FramedParts<Codec<In, Out>, S>> {
    const { io, coding: codec } = this;
    return { io, codec, readBuf: this.readBuffer(), writeBuf: this.writeBuffer() };
  }

  /** The same stream and buffers with another codec; this object must not be used any more. */
  mapCodec<I, O>(map: (codec: Codec<In, Out>) => Codec<I, O>): Framed<I, O, S> {
    const changed = this as unknown as Framed<I, O, S>;
    changed.coding = map(this.coding);
    this.reader.mapDecoder(() => changed.coding);
    this.writer.mapEncoder(() => changed.coding);
    return changed;
  }

  /** The stream; what the buffers hold is not in it. */
  getRef(): S {
    return this.io;
  }

  /** The codec. */
  codec(): Codec<In, Out> {
    return this.coding;
  }

  /** What was read and is no frame yet. */
  readBuffer(): BytesMut {
    return this.reader.readBuffer();
  }

  /** What was encoded and not yet written. */
  writeBuffer(): BytesMut {
    return this.writer.writeBuffer();
  }

  /** At how many buffered bytes `feed` waits until all are written; 8 KiB at first. */
  get backpressureBoundary(): number {
    return this.writer.backpressureBoundary;
  }

  /** Sets it. */
  set backpressureBoundary(bytes: number) {
    this.writer.backpressureBoundary = bytes;
  }

  /** As {@link FramedRead.next}. */
  next(): Awaitable<In | undefined> {
    return this.reader.next();
  }

  /** As {@link FramedWrite.feed}. */
  feed(item: Out): Awaitable<void> {
    return this.writer.feed(item);
  }

  /** As {@link FramedWrite.send}. */
  send(item: Out): Awaitable<void> {
    return this.writer.send(item);
  }

  /** As {@link FramedWrite.flush}. */
  flush(): Awaitable<void> {
    return this.writer.flush();
  }

  /** As {@link FramedWrite.close}: the writing direction ends, frames can still be read. */
  close(): Awaitable<void> {
    return this.writer.close();
  }

  /** The frames, until the end. */
  [Symbol.asyncIterator](): AsyncGenerator<In, void, undefined> {
    return this.reader[Symbol.asyncIterator]();
  }
}
