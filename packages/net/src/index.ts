/** Sockets and pipes on the reactor, and the byte streams that they are. */
export {
  ERR_LOOKUP_BLOCKED,
  ERR_NO_ADDRESS,
  ERR_NOT_A_PIPE,
  ERR_REUNITE,
  ERR_UNEXPECTED_EOF,
} from "./errors.ts";
export { OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf } from "./halves.ts";
export { IoObject } from "./io-object.ts";
export type { BindOptions } from "./open-socket.ts";
export type { KeepAlive } from "./options.ts";
export { type HostAndPort, lookupHost, type ToSocketAddrs } from "./resolve.ts";
export { SocketAddr, type SocketAddrOptions } from "./socket-addr.ts";
export {
  type AsyncBufRead,
  type AsyncRead,
  type AsyncReadWrite,
  type AsyncWrite,
  BufReader,
  BufWriter,
  BytesMut,
  Chain,
  type CopyOptions,
  chain,
  copy,
  copyBidirectional,
  DEFAULT_BUF_SIZE,
  DuplexStream,
  duplex,
  ERR_CHUNK_TOO_LONG,
  ERR_FRAME_TOO_BIG,
  ERR_INVALID_DATA,
  ERR_LINE_TOO_LONG,
  ERR_READ_LIMIT,
  ERR_STREAM_BUSY,
  ERR_WRITE_ZERO,
  Joined,
  Lines,
  type LinesOptions,
  lines,
  type ReadUntilOptions,
  readExact,
  readLine,
  readToEnd,
  readToString,
  readUntil,
  SimplexStream,
  StreamError,
  StreamReadHalf,
  StreamWriteHalf,
  simplex,
  split,
  Take,
  type TextEncoding,
  take,
  writeAll,
  writeAllVectored,
} from "./stream/index.ts";
export { type Direction, StreamSocket } from "./stream-socket.ts";
export { type Accepted, TcpListener, type TcpListenOptions } from "./tcp-listener.ts";
export { TcpStream } from "./tcp-stream.ts";
