/** Pieces between any of several delimiters as frames. */
import { invalidArg } from "@treadle/core";
import type { BytesMut } from "../bytes-mut.ts";
import { ERR_CHUNK_TOO_LONG, StreamError } from "../error.ts";
import type { Codec } from "./contract.ts";
import { Delimited } from "./delimited.ts";

/** How {@link AnyDelimiterCodec} reads and writes. */
export interface AnyDelimiterCodecOptions {
  /** The bytes each of which ends a piece; `",;\n\r"` by default. */
  readonly seekDelimiters?: Uint8Array | string;
  /** What is written behind each piece; `","` by default. */
  readonly sequenceWriter?: Uint8Array | string;
  /** The longest piece in bytes, without its delimiter; `Infinity` by default. */
  readonly maxLength?: number;
}

/**
 * One frame for each piece that ends with one of several delimiters of one byte.
 *
 * @remarks A piece of more than `maxLength` bytes is an error (`ERR_CHUNK_TOO_LONG`), once, and is skipped.
 */
export class AnyDelimiterCodec
  extends Delimited<Uint8Array>
  implements Codec<Uint8Array, Uint8Array | string>
{
  private readonly isDelimiter: Uint8Array = new Uint8Array(256);
  private readonly ending: Uint8Array;

  /**
   * A codec for pieces.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG`, also when there is no delimiter.
   */
  constructor({
    seekDelimiters = ",;\n\r",
    sequenceWriter = ",",
    maxLength = Number.POSITIVE_INFINITY,
  }: AnyDelimiterCodecOptions = {}) {
    super(maxLength);
    const delimiters = bytesOf("seekDelimiters", seekDelimiters);
    if (delimiters.length === 0) {
      throw invalidArg("seekDelimiters", seekDelimiters, "must have at least one byte");
    }
    for (const byte of delimiters) this.isDelimiter[byte] = 1;
    this.ending = bytesOf("sequenceWriter", sequenceWriter);
  }

  /** Adds the piece and what is written behind each. */
  encode(chunk: Uint8Array | string, dst: BytesMut): void {
    dst.put(bytesOf("the piece", chunk));
    dst.put(this.ending);
  }

  protected override find(src: BytesMut, from: number, to: number): number {
    const { isDelimiter } = this;
    for (let i = from; i < to; i++) if (isDelimiter[src.at(i)] === 1) return i;
    return -1;
  }

  protected override piece(src: BytesMut, length: number): Uint8Array {
    return new Uint8Array(src.view(0, length));
  }

  protected override isNothing(src: BytesMut): boolean {
    return src.length === 0;
  }

  protected override tooLong(): Error {
    return new StreamError(
      ERR_CHUNK_TOO_LONG,
      `max chunk length exceeded: a piece has more than ${this.maxLength} bytes; the next read goes on behind it`,
    );
  }
}

function bytesOf(name: string, given: Uint8Array | string): Uint8Array {
  if (typeof given === "string") return Buffer.from(given);
  if (given instanceof Uint8Array) return given;
  throw invalidArg(name, given, "must be a Uint8Array or a string");
}
