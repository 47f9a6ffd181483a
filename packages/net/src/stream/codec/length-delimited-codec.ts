/**
 * Frames with their length in front.
 *
 * **Layout.** `lengthFieldOffset` bytes, then the length in `lengthFieldLength` bytes, then what it counts. A frame is what
 * is left when `numSkip` bytes were taken off the front.
 * **States.** `wanted < 0`: the head has not come whole. Else that many bytes make the frame, and the head is gone.
 */
import { invalidArg } from "@treadle/core";
import type { BytesMut } from "../bytes-mut.ts";
import { checkBytes, checkLimit } from "../check.ts";
import { ERR_FRAME_TOO_BIG, StreamError } from "../error.ts";
import type { Codec } from "./contract.ts";

/** How {@link LengthDelimitedCodec} reads and writes. */
export interface LengthDelimitedCodecOptions {
  /** The bytes of the length, 1 to 8; 4 by default. */
  readonly lengthFieldLength?: number;
  /** The bytes before the length; 0 by default. They are not written. */
  readonly lengthFieldOffset?: number;
  /** Added to the length that was read, and taken from the one that is written; 0 by default. */
  readonly lengthAdjustment?: number;
  /** The bytes of the front that do not belong to the frame; by default all up to the end of the length. */
  readonly numSkip?: number;
  /** The largest frame in bytes; 8 MiB by default, and never more than the length can say. */
  readonly maxFrameLength?: number;
  /** Whether the length begins with its lowest byte; false by default. */
  readonly littleEndian?: boolean;
}

const DEFAULT_MAX = 8 * 1024 * 1024;

/** The most room that is made at once for a frame that has only been announced. */
const MOST_AHEAD = 65_536;

/**
 * Frames of bytes, each with its length in front.
 *
 * @remarks A frame that says, or has, more than `maxFrameLength` bytes is an error (`ERR_FRAME_TOO_BIG`); the stream cannot
 * be read on then. Memory for a large frame is taken as it comes, not as it is announced.
 * @example
 * ```ts
 * import { BytesMut, LengthDelimitedCodec } from "treadle";
 *
 * const codec = new LengthDelimitedCodec({ lengthFieldLength: 2 });
 * const bytes = new BytesMut();
 * codec.encode(Buffer.from("hi"), bytes);
 * [...bytes.view()]; // => [0, 2, 104, 105]
 * Buffer.from(codec.decode(bytes) ?? []).toString(); // => "hi"
 * ```
 */
export class LengthDelimitedCodec implements Codec<Uint8Array> {
  private readonly size: number;
  private readonly offset: number;
  private readonly adjustment: number;
  private readonly skip: number;
  private readonly littleEndian: boolean;
  private max = 0;
  private wanted = -1;

  /**
   * A codec for frames with a length.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
   */
  constructor(options: LengthDelimitedCodecOptions = {}) {
    const { lengthFieldLength = 4, lengthFieldOffset = 0, lengthAdjustment = 0 } = options;
    const { numSkip = lengthFieldOffset + lengthFieldLength } = options;
    checkOptions(lengthFieldLength, lengthFieldOffset, lengthAdjustment, numSkip);
    this.size = lengthFieldLength;
    this.offset = lengthFieldOffset;
    this.adjustment = lengthAdjustment;
    this.skip = numSkip;
    this.littleEndian = options.littleEndian ?? false;
    this.maxFrameLength = options.maxFrameLength ?? DEFAULT_MAX;
  }

  /** The largest frame in bytes; set, it is at most what the length can say. */
  get maxFrameLength(): number {
    return this.max;
  }

  /** Sets it, for the frames that begin from now on. */
  set maxFrameLength(bytes: number) {
    checkLimit("maxFrameLength", bytes);
    const most = Math.max(0, 256 ** this.size - 1 + this.adjustment);
    this.max = Math.min(bytes, most, Number.MAX_SAFE_INTEGER);
  }

  /** The first frame, into memory of its own. */
  decode(src: BytesMut): Uint8Array | undefined {
    if (this.wanted < 0 && !this.decodeHead(src)) return undefined;
    const { wanted } = this;
    if (src.length < wanted) return undefined;
    this.wanted = -1;
    return src.splitTo(wanted);
  }

  /** Adds the length and the frame. */
  encode(frame: Uint8Array, dst: BytesMut): void {
    checkBytes("the frame", frame);
    const { length } = frame;
    if (length > this.max) throw tooBig("the frame", length, this.max);
    const said = length - this.adjustment;
    if (said < 0 || said > 256 ** this.size - 1) throw overflow(length, -this.adjustment);
    dst.putUint(said, this.size, this.littleEndian);
    dst.put(frame);
  }

  /** Takes the head away; false when it has not come whole. */
  private decodeHead(src: BytesMut): boolean {
    const head = Math.max(this.offset + this.size, this.skip);
    if (src.length < head) return false;
    const said = src.uint(this.offset, this.size, this.littleEndian);
    const wanted = said + this.adjustment;
    if (wanted < 0) throw overflow(said, this.adjustment);
    if (wanted > this.max) throw tooBig("the length of a frame", wanted, this.max);
    src.advance(this.skip);
    this.wanted = wanted;
    src.reserve(Math.min(Math.max(0, wanted - src.length), MOST_AHEAD));
    return true;
  }
}

function checkOptions(length: number, offset: number, adjustment: number, skip: number): void {
  if (!Number.isInteger(length) || length < 1 || length > 8) {
    throw invalidArg("lengthFieldLength", length, "must be a whole number of bytes, 1 to 8");
  }
  for (const [name, value] of [
    ["lengthFieldOffset", offset],
    ["numSkip", skip],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw invalidArg(name, value, "must be a whole number of bytes, at least 0");
    }
  }
  if (!Number.isSafeInteger(adjustment)) {
    throw invalidArg("lengthAdjustment", adjustment, "must be a whole number of bytes");
  }
}

function tooBig(what: string, length: number, max: number): StreamError {
  return new StreamError(
    ERR_FRAME_TOO_BIG,
    `frame size too big: ${what} is ${length}, at most ${max} bytes are allowed (maxFrameLength)`,
  );
}

function overflow(length: number, adjustment: number): StreamError {
  return new StreamError(
    ERR_FRAME_TOO_BIG,
    `provided length would overflow after adjustment: ${length} with ${adjustment} added`,
  );
}
