/** A TCP connection. */
import type { Awaitable } from "@treadle/core";
import { type IoDriver, type IoError, sys } from "@treadle/io";
import { ConnectOp, type Connector } from "./connect-op.ts";
import {
  type OwnedReadHalf,
  type OwnedWriteHalf,
  ownedHalves,
  ReadHalf,
  WriteHalf,
} from "./halves.ts";
import { enterIo, FutureDriver } from "./io-object.ts";
import { familyOf, openSocket } from "./open-socket.ts";
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
import type { ToSocketAddrs } from "./resolve.ts";
import { ResolvedThen } from "./resolved.ts";
import { SocketAddr } from "./socket-addr.ts";
import { StreamSocket } from "./stream-socket.ts";
import { words } from "./words.ts";

/**
 * A TCP connection.
 *
 * @example
 * ```ts
 * import { Builder, spawn, TcpListener, TcpStream } from "treadle";
 *
 * const rt = Builder.newCurrentThread().enableIo().build();
 * rt.blockOn(function* () {
 *   using listener = yield* TcpListener.bind("127.0.0.1:0");
 *   spawn(function* () {
 *     const [peer] = yield* listener.accept();
 *     using _ = peer;
 *     yield* peer.writeAll(Buffer.from("hello"));
 *   });
 *   using stream = yield* TcpStream.connect(listener.localAddr());
 *   const bytes = Buffer.alloc(5);
 *   yield* stream.readExact(bytes);
 *   return bytes.toString();
 * }); // => "hello"
 * ```
 */
export class TcpStream extends StreamSocket {
  private peer: SocketAddr | null;

  /** @internal */
  constructor(fd: number, driver: IoDriver, peer: SocketAddr | null = null) {
    super(fd, driver);
    this.peer = peer;
  }

  /**
   * Connects to the first address that answers.
   *
   * @remarks **Errors**: {@link IoError} with `address` and `port` as the last address refused it, "ECONNREFUSED" for instance;
   * those of {@link lookupHost}. **Cancel safety**: safe, the attempt is given up.
   */
  static connect(address: ToSocketAddrs): Awaitable<TcpStream> {
    const driver = new FutureDriver("TcpStream.connect()");
    return new ResolvedThen(
      address,
      "connect",
      (found) => new ConnectOp(new TcpConnector(driver), found),
    );
  }

  /**
   * Takes over a connected socket, by its descriptor.
   *
   * @throws {@link IoError} "EBADF" when there is no such descriptor; {@link RuntimeError} `ERR_NO_RUNTIME`, `ERR_IO_DISABLED`,
   * `ERR_IO_SHUTDOWN`.
   */
  static fromFd(fd: number): TcpStream {
    const driver = enterIo("TcpStream.fromFd()");
    sys.setNonblocking(fd, true);
    return new TcpStream(fd, driver);
  }

  /** The address of this side. */
  localAddr(): SocketAddr {
    named("localAddress", this.checkedFd(), words);
    return SocketAddr.fromWords() as SocketAddr;
  }

  /** The address of the other side. */
  peerAddr(): SocketAddr {
    const fd = this.checkedFd();
    if (this.peer === null) {
      named("peerAddress", fd, words);
      this.peer = SocketAddr.fromWords() as SocketAddr;
    }
    return this.peer;
  }

  /** Both halves, for two tasks; the stream stays the caller's to close. */
  split(): [ReadHalf<SocketAddr, TcpStream>, WriteHalf<SocketAddr, TcpStream>] {
    return [new ReadHalf(this), new WriteHalf(this)];
  }

  /** Both halves, each to be closed by its holder. */
  intoSplit(): [OwnedReadHalf<SocketAddr, TcpStream>, OwnedWriteHalf<SocketAddr, TcpStream>] {
    return ownedHalves<SocketAddr, TcpStream>(this);
  }

  /** Whether small writes are sent at once; see {@link TcpStream.setNodelay}. */
  nodelay(): boolean {
    return getOption(this.checkedFd(), "IPPROTO_TCP", "TCP_NODELAY") !== 0;
  }

  /** Sends small writes at once (`true`), or gathers them while others are under way (Nagle's algorithm, the default). */
  setNodelay(on: boolean): void {
    setOption(this.checkedFd(), "IPPROTO_TCP", "TCP_NODELAY", switchOf("nodelay", on));
  }

  /** Linux: whether what comes is acknowledged at once. */
  quickack(): boolean {
    return getOption(this.checkedFd(), "IPPROTO_TCP", "TCP_QUICKACK") !== 0;
  }

  /** Linux: acknowledges what comes at once, until the system thinks otherwise. */
  setQuickack(on: boolean): void {
    setOption(this.checkedFd(), "IPPROTO_TCP", "TCP_QUICKACK", switchOf("quickack", on));
  }

  /** Whether the system asks an idle peer for a sign of life. */
  keepalive(): boolean {
    return getOption(this.checkedFd(), "SOL_SOCKET", "SO_KEEPALIVE") !== 0;
  }

  /** Lets the system ask an idle peer for a sign of life. */
  setKeepalive(keep: boolean | KeepAlive): void {
    setKeepAlive(this.checkedFd(), keep);
  }

  /** How long `close()` tries to send what is left, in ms; null: the system sends it in the background. */
  linger(): number | null {
    return getLinger(this.checkedFd());
  }

  /** See {@link TcpStream.linger}; rounded up to seconds. 0 resets the connection. The thread may block meanwhile. */
  setLinger(ms: number | null): void {
    setLinger(this.checkedFd(), ms);
  }

  /** How many routers a packet may pass. */
  ttl(): number {
    return getOption(this.checkedFd(), "IPPROTO_IP", "IP_TTL");
  }

  /** See {@link TcpStream.ttl}. */
  setTtl(hops: number): void {
    setOption(this.checkedFd(), "IPPROTO_IP", "IP_TTL", checkOption("ttl", hops, 255));
  }

  /** How many bytes the system keeps for sending; Linux answers twice what was set. */
  sendBufferSize(): number {
    return getOption(this.checkedFd(), "SOL_SOCKET", "SO_SNDBUF");
  }

  /** See {@link TcpStream.sendBufferSize}. */
  setSendBufferSize(bytes: number): void {
    setOption(this.checkedFd(), "SOL_SOCKET", "SO_SNDBUF", checkOption("size", bytes, 0x3fffffff));
  }

  /** How many bytes the system keeps for reading; Linux answers twice what was set. */
  recvBufferSize(): number {
    return getOption(this.checkedFd(), "SOL_SOCKET", "SO_RCVBUF");
  }

  /** See {@link TcpStream.recvBufferSize}. */
  setRecvBufferSize(bytes: number): void {
    setOption(this.checkedFd(), "SOL_SOCKET", "SO_RCVBUF", checkOption("size", bytes, 0x3fffffff));
  }

  /** The error that the system keeps for the socket, which is gone then. */
  takeError(): IoError | null {
    return takeError(this.checkedFd());
  }
}

class TcpConnector implements Connector<TcpStream, SocketAddr> {
  private readonly driver: FutureDriver;

  constructor(driver: FutureDriver) {
    this.driver = driver;
  }

  open(address: SocketAddr): number {
    this.driver.get();
    return openSocket(familyOf(address), "SOCK_STREAM");
  }

  own(fd: number): TcpStream {
    return new TcpStream(fd, this.driver.get());
  }
}
