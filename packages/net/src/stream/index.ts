/** Byte streams: what they are, buffers and helpers for them, and what connects them to Node's and the web's. */
export { BufReader, DEFAULT_BUF_SIZE } from "./buf-reader.ts";
export { BufWriter } from "./buf-writer.ts";
export { BytesMut, type TextEncoding } from "./bytes-mut.ts";
export { Chain, chain } from "./chain.ts";
export {
  AnyDelimiterCodec,
  type AnyDelimiterCodecOptions,
  BytesCodec,
  type Codec,
  type Decoder,
  type Encoder,
  Framed,
  type FramedParts,
  FramedRead,
  FramedWrite,
  LengthDelimitedCodec,
  type LengthDelimitedCodecOptions,
  LinesCodec,
  type LinesCodecOptions,
} from "./codec/index.ts";
export type { AsyncBufRead, AsyncRead, AsyncReadWrite, AsyncWrite } from "./contract.ts";
export type { CopyOptions } from "./copier.ts";
export { copy, copyBidirectional } from "./copy.ts";
export { DuplexStream, duplex } from "./duplex.ts";
export {
  ERR_CHUNK_TOO_LONG,
  ERR_FRAME_TOO_BIG,
  ERR_INVALID_DATA,
  ERR_LINE_TOO_LONG,
  ERR_READ_LIMIT,
  ERR_STREAM_BUSY,
  ERR_UNEXPECTED_EOF,
  ERR_WRITE_ZERO,
  StreamError,
} from "./error.ts";
export { Lines, type LinesOptions, lines } from "./lines.ts";
export { type ToNodeOptions, toNode } from "./node.ts";
export { readExact } from "./read-exact.ts";
export { readToEnd, readToString } from "./read-to-end.ts";
export { type ReadUntilOptions, readLine, readUntil } from "./read-until.ts";
export { SimplexStream, simplex } from "./simplex.ts";
export { Joined, StreamReadHalf, StreamWriteHalf, split } from "./split.ts";
export { Take, take } from "./take.ts";
export { type ToWebOptions, toWeb, type WebStreams } from "./web.ts";
export { writeAll, writeAllVectored } from "./write-all.ts";
