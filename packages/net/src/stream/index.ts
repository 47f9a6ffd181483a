/** Streams of bytes: what they are, and what is built on them. */
export { BufReader, type ReadUntilOptions } from "./buf-reader.ts";
export { BufWriter } from "./buf-writer.ts";
export { ByteBuffer } from "./byte-buffer.ts";
export type { AsyncRead, AsyncStream, AsyncWrite } from "./contract.ts";
export { type CopyOptions, copy, copyBidirectional } from "./copy.ts";
export { DuplexStream, duplex } from "./duplex.ts";
export {
  ERR_INVALID_DATA,
  ERR_LIMIT_EXCEEDED,
  ERR_UNEXPECTED_EOF,
  ERR_WRITE_ZERO,
} from "./error.ts";
export { Lines, type LinesOptions, lines } from "./lines.ts";
export { readExact, readToEnd, writeAll, writeAllVectored } from "./transfer.ts";
