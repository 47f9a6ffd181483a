/** Sockets and pipes on the reactor, and the byte streams that they are. */
export type { PeerCredentials } from "./credentials.ts";
export { DatagramSocket } from "./datagrams.ts";
export {
  ERR_LOOKUP_BLOCKED,
  ERR_NO_ADDRESS,
  ERR_NOT_A_PIPE,
  ERR_REUNITE,
  ERR_SOCKET_KIND,
} from "./errors.ts";
export { OwnedReadHalf, OwnedWriteHalf, ReadHalf, type Splittable, WriteHalf } from "./halves.ts";
export { IoObject } from "./io-object.ts";
export type { BindOptions } from "./open-socket.ts";
export type { KeepAlive } from "./options.ts";
export {
  type PipeFunction,
  type PipeOpenOptions,
  PipeReceiver,
  PipeSender,
  pipe,
} from "./pipe.ts";
export { type HostAndPort, lookupHost, type ToSocketAddrs } from "./resolve.ts";
export { SocketAddr, type SocketAddrOptions } from "./socket-addr.ts";
export {
  AnyDelimiterCodec,
  type AnyDelimiterCodecOptions,
  type AsyncBufRead,
  type AsyncRead,
  type AsyncReadWrite,
  type AsyncWrite,
  BufReader,
  BufWriter,
  BytesCodec,
  BytesMut,
  Chain,
  type Codec,
  type CopyOptions,
  chain,
  copy,
  copyBidirectional,
  DEFAULT_BUF_SIZE,
  type Decoder,
  DuplexStream,
  duplex,
  type Encoder,
  ERR_CHUNK_TOO_LONG,
  ERR_FRAME_TOO_BIG,
  ERR_INVALID_DATA,
  ERR_LINE_TOO_LONG,
  ERR_READ_LIMIT,
  ERR_STREAM_BUSY,
  ERR_UNEXPECTED_EOF,
  ERR_WRITE_ZERO,
  Framed,
  type FramedParts,
  FramedRead,
  FramedWrite,
  Joined,
  LengthDelimitedCodec,
  type LengthDelimitedCodecOptions,
  Lines,
  LinesCodec,
  type LinesCodecOptions,
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
  type ToNodeOptions,
  type ToWebOptions,
  take,
  toNode,
  toWeb,
  type WebStreams,
  writeAll,
  writeAllVectored,
} from "./stream/index.ts";
export { type Direction, Streaming, StreamSocket } from "./stream-socket.ts";
export { type Accepted, TcpListener, type TcpListenOptions } from "./tcp-listener.ts";
export { TcpSocket, type ToSocketAddr } from "./tcp-socket.ts";
export { TcpStream } from "./tcp-stream.ts";
export { type UdpBindOptions, UdpSocket } from "./udp-socket.ts";
export { type ToUnixAddr, UnixAddr } from "./unix-addr.ts";
export { UnixDatagram } from "./unix-datagram.ts";
export { type UnixAccepted, UnixListener, type UnixListenOptions } from "./unix-listener.ts";
export type { UnixBindOptions } from "./unix-path.ts";
export { UnixSocket } from "./unix-socket.ts";
export { UnixStream } from "./unix-stream.ts";
