/** Lines of text as frames. */
import { invalidArg } from "@treadle/core";
import type { BytesMut, TextEncoding } from "../bytes-mut.ts";
import { lineTooLong } from "../error.ts";
import { decodeLine } from "../text.ts";
import type { Codec } from "./contract.ts";
import { Delimited } from "./delimited.ts";

const NEWLINE = 10;
const RETURN = 13;

/** How {@link LinesCodec} reads and writes. */
export interface LinesCodecOptions {
  /** The longest line in bytes, without its "\n"; `Infinity` by default. */
  readonly maxLength?: number;
  /** "utf8" by default, which is checked; "latin1" makes one character of each byte. */
  readonly encoding?: TextEncoding;
}

/**
 * One frame for each line, without its "\n" or "\r\n"; writes "\n" behind each.
 *
 * @remarks Give `maxLength` whenever the other side is not your own. A line that is longer is an error
 * (`ERR_LINE_TOO_LONG`), once, and is skipped. A line that is not UTF-8 is an error (`ERR_INVALID_DATA`) and gone.
 */
export class LinesCodec extends Delimited<string> implements Codec<string> {
  private readonly encoding: TextEncoding;

  /**
   * A codec for lines.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
   */
  constructor({ maxLength = Number.POSITIVE_INFINITY, encoding = "utf8" }: LinesCodecOptions = {}) {
    super(maxLength);
    this.encoding = encoding;
  }

  /** Adds the line and "\n". */
  encode(line: string, dst: BytesMut): void {
    if (typeof line !== "string") throw invalidArg("the line", line, "must be a string");
    dst.putText(line, this.encoding);
    dst.putByte(NEWLINE);
  }

  protected override find(src: BytesMut, from: number, to: number): number {
    return src.indexOf(NEWLINE, from, to);
  }

  protected override piece(src: BytesMut, length: number): string {
    return decodeLine(src.view(0, length), 0, length, true, this.encoding);
  }

  protected override isNothing(src: BytesMut): boolean {
    return src.length === 0 || (src.length === 1 && src.at(0) === RETURN);
  }

  protected override tooLong(): Error {
    return lineTooLong(this.maxLength);
  }
}
