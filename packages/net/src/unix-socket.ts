/** A unix socket that is neither listening nor connected yet. */
import { type Awaitable, RuntimeError } from "@treadle/core";
import { ERR_IO_CLOSED, type IoDriver } from "@treadle/io";
import { ConnectOp } from "./connect-op.ts";
import { ERR_SOCKET_KIND } from "./errors.ts";
import { enterIo, native } from "./io-object.ts";
import { bindTo, DEFAULT_BACKLOG, listen, openSocket } from "./open-socket.ts";
import { checkOption, named } from "./options.ts";
import { type ToUnixAddr, UnixAddr, unixAddr } from "./unix-addr.ts";
import { UnixDatagram } from "./unix-datagram.ts";
import { UnixListener } from "./unix-listener.ts";
import { type UnixBindOptions, UnixPath } from "./unix-path.ts";
import { UnixStream } from "./unix-stream.ts";
import { words } from "./words.ts";

/**
 * A unix socket before it is used: to connect from a name of one's own, for instance.
 *
 * @remarks `listen`, `connect` and `datagram` use it up. It must be closed if none is called.
 * @example
 * ```ts
 * import { Builder, UnixSocket } from "treadle";
 *
 * const rt = Builder.newCurrentThread().enableIo().build();
 * rt.blockOn(function* () {
 *   using socket = UnixSocket.newDatagram();
 *   using datagram = socket.datagram();
 *   return datagram.localAddr().isUnnamed();
 * }); // => true
 * ```
 */
export class UnixSocket implements Disposable {
  private fdOrGone: number;
  private readonly driver: IoDriver;
  private readonly stream: boolean;
  private path: UnixPath | null;

  private constructor(fd: number, driver: IoDriver, stream: boolean) {
    this.fdOrGone = fd;
    this.driver = driver;
    this.stream = stream;
    this.path = null;
  }

  /** A stream socket. @throws {@link IoError}; {@link RuntimeError} `ERR_NO_RUNTIME`, `ERR_IO_DISABLED`. */
  static newStream(): UnixSocket {
    const driver = enterIo("UnixSocket.newStream()");
    return new UnixSocket(openSocket("AF_UNIX", "SOCK_STREAM"), driver, true);
  }

  /** A socket for messages. @throws {@link IoError}; {@link RuntimeError} `ERR_NO_RUNTIME`, `ERR_IO_DISABLED`. */
  static newDatagram(): UnixSocket {
    const driver = enterIo("UnixSocket.newDatagram()");
    return new UnixSocket(openSocket("AF_UNIX", "SOCK_DGRAM"), driver, false);
  }

  private checked(): number {
    if (this.fdOrGone >= 0) return this.fdOrGone;
    throw new RuntimeError(
      ERR_IO_CLOSED,
      "the socket is closed, or connect(), listen() or datagram() used it",
    );
  }

  private take(): number {
    const fd = this.checked();
    this.fdOrGone = -1;
    return fd;
  }

  private expect(what: string, stream: boolean): void {
    if (stream === this.stream) return;
    const kind = stream ? "datagram" : "stream";
    throw new RuntimeError(ERR_SOCKET_KIND, `${what} cannot be called on a ${kind} socket`);
  }

  /** Gives it a path or an abstract name; see {@link UnixListener.bind}. */
  bind(path: ToUnixAddr, options: UnixBindOptions = {}): void {
    const address = unixAddr(path);
    bindTo(this.checked(), address);
    this.path = new UnixPath(address, options);
  }

  /** Listens, and is used up. @throws {@link RuntimeError} `ERR_SOCKET_KIND` for a datagram socket. */
  listen(backlog: number = DEFAULT_BACKLOG): UnixListener {
    this.expect("listen()", true);
    checkOption("backlog", backlog, 0x7fffffff);
    listen(this.checked(), backlog, this.localAddr());
    return new UnixListener(this.take(), this.driver, this.path);
  }

  /**
   * Connects, and is used up when that begins; the stream leaves the file that was bound to.
   *
   * @throws {@link RuntimeError} `ERR_SOCKET_KIND` for a datagram socket.
   */
  connect(path: ToUnixAddr): Awaitable<UnixStream> {
    this.expect("connect()", true);
    this.checked();
    const own = (fd: number): UnixStream => new UnixStream(fd, this.driver);
    return new ConnectOp({ open: () => this.take(), own }, [unixAddr(path)]);
  }

  /** The datagram socket, for which it is used up. @throws {@link RuntimeError} `ERR_SOCKET_KIND` for a stream socket. */
  datagram(): UnixDatagram {
    this.expect("datagram()", false);
    return new UnixDatagram(this.take(), this.driver, this.path);
  }

  private localAddr(): UnixAddr {
    named("localAddress", this.checked(), words);
    return UnixAddr.fromWords();
  }

  /** Closes it if it was not used up. */
  close(): void {
    if (this.fdOrGone < 0) return;
    this.path?.unlink();
    native.close(this.take());
  }

  /** As {@link UnixSocket.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}
