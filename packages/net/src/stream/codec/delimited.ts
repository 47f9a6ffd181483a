/**
 * What codecs with delimiters have in common: finding the next one without looking at a byte twice, and skipping what is
 * too long.
 *
 * **States.** Looking: no delimiter is in the first `looked` bytes. Discarding: the piece was too long and has been
 * reported; everything up to its delimiter is thrown away.
 */
import type { BytesMut } from "../bytes-mut.ts";
import { checkLimit } from "../check.ts";
import type { Decoder } from "./contract.ts";

/** A decoder of pieces that end with a delimiter of one byte. */
export abstract class Delimited<T> implements Decoder<T> {
  /** The longest piece in bytes, without its delimiter. */
  readonly maxLength: number;
  private looked = 0;
  private isDiscarding = false;

  constructor(maxLength: number) {
    checkLimit("maxLength", maxLength);
    this.maxLength = maxLength;
  }

  /** Where a delimiter stands first in `[from, to)`; -1 when none does. */
  protected abstract find(src: BytesMut, from: number, to: number): number;

  /** The piece `[0, length)`; `isEnded` when its delimiter has come. */
  protected abstract piece(src: BytesMut, length: number, isEnded: boolean): T;

  /** Whether what is left at the end is no piece. */
  protected abstract isNothing(src: BytesMut): boolean;

  /** The error of a piece that is too long. */
  protected abstract tooLong(): Error;

  /** The first piece whose delimiter has come; a piece of more than `maxLength` bytes is an error, once. */
  decode(src: BytesMut): T | undefined {
    for (;;) {
      const stop = Math.min(this.maxLength + 1, src.length);
      const found = this.find(src, this.looked, stop);
      if (!this.isDiscarding) return this.decodeAt(src, found, stop);
      if (this.discard(src, found, stop)) return undefined;
    }
  }

  /** As `decode`; what is left without a delimiter is a piece too. */
  decodeEof(src: BytesMut): T | undefined {
    const piece = this.decode(src);
    if (piece !== undefined) return piece;
    this.looked = 0;
    return this.isNothing(src) ? undefined : this.take(src, src.length, src.length, false);
  }

  private decodeAt(src: BytesMut, found: number, stop: number): T | undefined {
    if (found >= 0) return this.take(src, found, found + 1, true);
    if (src.length > this.maxLength) {
      this.isDiscarding = true;
      this.looked = 0;
      throw this.tooLong();
    }
    this.looked = stop;
    return undefined;
  }

  /** Throws away what belongs to the piece; whether nothing is left. */
  private discard(src: BytesMut, found: number, stop: number): boolean {
    src.advance(found < 0 ? stop : found + 1);
    this.looked = 0;
    if (found >= 0) this.isDiscarding = false;
    return src.length === 0;
  }

  /** Takes the piece away even if it cannot be made. */
  private take(src: BytesMut, length: number, count: number, isEnded: boolean): T {
    this.looked = 0;
    try {
      return this.piece(src, length, isEnded);
    } finally {
      src.advance(count);
    }
  }
}
