/** A TCP socket that is neither listening nor connected yet, to set options before it is. */
import { type Awaitable, RuntimeError } from "@treadle/core";
import { ERR_IO_CLOSED, type IoDriver, type IoError } from "@treadle/io";
import { ConnectOp } from "./connect-op.ts";
import { enterIo, native } from "./io-object.ts";
import { bindTo, DEFAULT_BACKLOG, listen, openSocket } from "./open-socket.ts";
import {
  checkOption,
  getLinger,
  getOption,
  type KeepAlive,
  named,
  setKeepAlive,
  setLinger,
  setOption,
  switchOf,
  takeError,
} from "./options.ts";
import { SocketAddr } from "./socket-addr.ts";
import { TcpListener } from "./tcp-listener.ts";
import { TcpStream } from "./tcp-stream.ts";
import { words } from "./words.ts";

/** What {@link TcpSocket} takes as an address: no names, for nothing is looked up. */
export type ToSocketAddr = string | SocketAddr;

function addr(given: ToSocketAddr): SocketAddr {
  return given instanceof SocketAddr ? given : SocketAddr.parse(given);
}

/**
 * A TCP socket before it is connected or listens.
 *
 * @remarks `connect` and `listen` use it up. It must be closed if neither is called.
 * @example
 * ```ts
 * import { Builder, TcpSocket, TcpStream } from "treadle";
 *
 * const rt = Builder.newCurrentThread().enableIo().build();
 * rt.blockOn(function* () {
 *   const socket = TcpSocket.newV4();
 *   socket.setReuseaddr(true);
 *   socket.bind("127.0.0.1:0");
 *   using listener = socket.listen(16);
 *   using stream = yield* TcpStream.connect(listener.localAddr());
 *   return stream.peerAddr().equals(listener.localAddr());
 * }); // => true
 * ```
 */
export class TcpSocket implements Disposable {
  private fdOrGone: number;
  private readonly driver: IoDriver;

  private constructor(fd: number, driver: IoDriver) {
    this.fdOrGone = fd;
    this.driver = driver;
  }

  /** A socket for IPv4. @throws {@link IoError}; {@link RuntimeError} `ERR_NO_RUNTIME`, `ERR_IO_DISABLED`. */
  static newV4(): TcpSocket {
    const driver = enterIo("TcpSocket.newV4()");
    return new TcpSocket(openSocket("AF_INET", "SOCK_STREAM"), driver);
  }

  /** A socket for IPv6. @throws {@link IoError}; {@link RuntimeError} `ERR_NO_RUNTIME`, `ERR_IO_DISABLED`. */
  static newV6(): TcpSocket {
    const driver = enterIo("TcpSocket.newV6()");
    return new TcpSocket(openSocket("AF_INET6", "SOCK_STREAM"), driver);
  }

  /** The file descriptor, still owned by this; -1 once it is used up or closed. */
  get fd(): number {
    return this.fdOrGone;
  }

  private checked(): number {
    if (this.fdOrGone >= 0) return this.fdOrGone;
    throw new RuntimeError(ERR_IO_CLOSED, "the socket is closed, or connect() or listen() used it");
  }

  private take(): number {
    const fd = this.checked();
    this.fdOrGone = -1;
    return fd;
  }

  /** Gives it the address of this side. @throws {@link IoError} with `address` and `port`. */
  bind(address: ToSocketAddr): void {
    bindTo(this.checked(), addr(address));
  }

  /** Connects, and is used up when that begins. **Errors** and **cancel safety** as {@link TcpStream.connect}. */
  connect(address: ToSocketAddr): Awaitable<TcpStream> {
    this.checked();
    const own = (fd: number): TcpStream => new TcpStream(fd, this.driver);
    return new ConnectOp({ open: () => this.take(), own }, [addr(address)]);
  }

  /** Listens, and is used up; `backlog` as of {@link TcpListener.bind}. */
  listen(backlog: number = DEFAULT_BACKLOG): TcpListener {
    checkOption("backlog", backlog, 0x7fffffff);
    listen(this.checked(), backlog, this.localAddr());
    return new TcpListener(this.take(), this.driver);
  }

  /** The address of this side. */
  localAddr(): SocketAddr {
    named("localAddress", this.checked(), words);
    return SocketAddr.fromWords() as SocketAddr;
  }

  /** Whether it can be bound to an address whose former connections are still ending. */
  reuseaddr(): boolean {
    return getOption(this.checked(), "SOL_SOCKET", "SO_REUSEADDR") !== 0;
  }

  /** See {@link TcpSocket.reuseaddr}. */
  setReuseaddr(on: boolean): void {
    setOption(this.checked(), "SOL_SOCKET", "SO_REUSEADDR", switchOf("reuseaddr", on));
  }

  /** Whether several sockets may have its address. */
  reuseport(): boolean {
    return getOption(this.checked(), "SOL_SOCKET", "SO_REUSEPORT") !== 0;
  }

  /** See {@link TcpSocket.reuseport}. */
  setReuseport(on: boolean): void {
    setOption(this.checked(), "SOL_SOCKET", "SO_REUSEPORT", switchOf("reuseport", on));
  }

  /** See {@link TcpStream.nodelay}. */
  nodelay(): boolean {
    return getOption(this.checked(), "IPPROTO_TCP", "TCP_NODELAY") !== 0;
  }

  /** See {@link TcpStream.setNodelay}. */
  setNodelay(on: boolean): void {
    setOption(this.checked(), "IPPROTO_TCP", "TCP_NODELAY", switchOf("nodelay", on));
  }

  /** See {@link TcpStream.keepalive}. */
  keepalive(): boolean {
    return getOption(this.checked(), "SOL_SOCKET", "SO_KEEPALIVE") !== 0;
  }

  /** See {@link TcpStream.setKeepalive}. */
  setKeepalive(keep: boolean | KeepAlive): void {
    setKeepAlive(this.checked(), keep);
  }

  /** See {@link TcpStream.linger}. */
  linger(): number | null {
    return getLinger(this.checked());
  }

  /** See {@link TcpStream.setLinger}. */
  setLinger(ms: number | null): void {
    setLinger(this.checked(), ms);
  }

  /** See {@link TcpStream.sendBufferSize}. */
  sendBufferSize(): number {
    return getOption(this.checked(), "SOL_SOCKET", "SO_SNDBUF");
  }

  /** See {@link TcpStream.sendBufferSize}. */
  setSendBufferSize(bytes: number): void {
    setOption(this.checked(), "SOL_SOCKET", "SO_SNDBUF", checkOption("size", bytes, 0x3fffffff));
  }

  /** See {@link TcpStream.recvBufferSize}. */
  recvBufferSize(): number {
    return getOption(this.checked(), "SOL_SOCKET", "SO_RCVBUF");
  }

  /** See {@link TcpStream.recvBufferSize}. */
  setRecvBufferSize(bytes: number): void {
    setOption(this.checked(), "SOL_SOCKET", "SO_RCVBUF", checkOption("size", bytes, 0x3fffffff));
  }

  /** The type-of-service field of IPv4 packets. */
  tosV4(): number {
    return getOption(this.checked(), "IPPROTO_IP", "IP_TOS");
  }

  /** See {@link TcpSocket.tosV4}. */
  setTosV4(value: number): void {
    setOption(this.checked(), "IPPROTO_IP", "IP_TOS", checkOption("tos", value, 255));
  }

  /** The traffic class of IPv6 packets. */
  tclassV6(): number {
    return getOption(this.checked(), "IPPROTO_IPV6", "IPV6_TCLASS");
  }

  /** See {@link TcpSocket.tclassV6}. */
  setTclassV6(value: number): void {
    setOption(this.checked(), "IPPROTO_IPV6", "IPV6_TCLASS", checkOption("tclass", value, 255));
  }

  /** The error that the system keeps for the socket, which is gone then. */
  takeError(): IoError | null {
    return takeError(this.checked());
  }

  /** Closes it if it was not used up. */
  close(): void {
    if (this.fdOrGone >= 0) native.close(this.take());
  }

  /** As {@link TcpSocket.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}
