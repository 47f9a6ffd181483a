/** Frames on streams of bytes. */
export { AnyDelimiterCodec, type AnyDelimiterCodecOptions } from "./any-delimiter-codec.ts";
export { BytesCodec } from "./bytes-codec.ts";
export type { Codec, Decoder, Encoder } from "./contract.ts";
export { Framed, type FramedParts } from "./framed.ts";
export { FramedRead } from "./framed-read.ts";
export { FramedWrite } from "./framed-write.ts";
export {
  LengthDelimitedCodec,
  type LengthDelimitedCodecOptions,
} from "./length-delimited-codec.ts";
export { LinesCodec, type LinesCodecOptions } from "./lines-codec.ts";
