/** What turns bytes into frames and back. */
import type { BytesMut } from "../bytes-mut.ts";

/** Takes frames out of bytes. */
export interface Decoder<T> {
  /**
   * Takes the first frame out of `src`, or answers undefined and leaves it when it is not there whole.
   *
   * @remarks Called again until it answers undefined, then after each read. What it throws reaches whoever reads.
   */
  decode(src: BytesMut): T | undefined;
  /**
   * As `decode`, when nothing more will come; without it, bytes that are left then are an error
   * (`ERR_UNEXPECTED_EOF`).
   */
  decodeEof?(src: BytesMut): T | undefined;
}

/** Adds frames to bytes. */
export interface Encoder<T> {
  /** Adds `item` to the end of `dst`; what it throws reaches whoever sends. */
  encode(item: T, dst: BytesMut): void;
}

/** Both: reads frames of type `In`, writes frames of type `Out`. */
export interface Codec<In, Out = In> extends Decoder<In>, Encoder<Out> {}
