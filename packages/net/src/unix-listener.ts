/** A unix socket that takes connections. */
import type { Awaitable } from "@treadle/core";
import { type IoDriver, type IoError, sys } from "@treadle/io";
import { AcceptOp } from "./accept-op.ts";
import { acceptedOf } from "./accepted.ts";
import { enterIo, IoObject } from "./io-object.ts";
import { bindTo, DEFAULT_BACKLOG, guarded, listen, openSocket } from "./open-socket.ts";
import { checkOption, named, takeError } from "./options.ts";
import { type ToUnixAddr, UnixAddr, unixAddr } from "./unix-addr.ts";
import { type UnixBindOptions, UnixPath } from "./unix-path.ts";
import { UnixStream } from "./unix-stream.ts";
import { words } from "./words.ts";

/** How a {@link UnixListener} is bound. */
export interface UnixListenOptions extends UnixBindOptions {
  /** How many connections may wait to be accepted; 1024 by default. The system has its own limit. */
  readonly backlog?: number;
}

/** A connection, and who made it. */
export type UnixAccepted = [stream: UnixStream, peer: UnixAddr];

/**
 * Takes connections on a path, or on Linux on an abstract name, which begins with "\0".
 *
 * @remarks A path must not exist yet; `close()` removes it again, see {@link UnixBindOptions}.
 * @example
 * ```ts
 * import { Builder, UnixListener, UnixStream } from "treadle";
 *
 * const rt = Builder.newCurrentThread().enableIo().build();
 * const path = `${process.env["TMPDIR"] ?? "/tmp"}/treadle-${process.pid}.sock`;
 * rt.blockOn(function* () {
 *   using listener = UnixListener.bind(path);
 *   using client = yield* UnixStream.connect(path);
 *   const [server] = yield* listener.accept();
 *   using _ = server;
 *   return client.peerCred().pid === process.pid;
 * }); // => true
 * ```
 */
export class UnixListener extends IoObject implements AsyncIterable<UnixAccepted, void, void> {
  private readonly path: UnixPath | null;

  /** @internal */
  constructor(fd: number, driver: IoDriver, path: UnixPath | null) {
    super(fd, driver);
    this.path = path;
  }

  /**
   * Listens on a path or an abstract name.
   *
   * @throws {@link IoError} with `address`: "EADDRINUSE" when the path exists; {@link RuntimeError} `ERR_INVALID_ARG`,
   * `ERR_NO_RUNTIME`, `ERR_IO_DISABLED`, `ERR_IO_SHUTDOWN`.
   */
  static override bind(path: ToUnixAddr, options: UnixListenOptions = {}): UnixListener {
    const driver = enterIo("UnixListener.bind()");
    const address = unixAddr(path);
    const backlog = checkOption("backlog", options.backlog ?? DEFAULT_BACKLOG, 0x7fffffff);
    const fd = guarded(openSocket("AF_UNIX", "SOCK_STREAM"), (each) => {
      bindTo(each, address);
      listen(each, backlog, address);
      return each;
    });
    return new UnixListener(fd, driver, new UnixPath(address, options));
  }

  /** Takes over a listening socket, by its descriptor. */
  static fromFd(fd: number): UnixListener {
    const driver = enterIo("UnixListener.fromFd()");
    sys.setNonblocking(fd, true);
    return new UnixListener(fd, driver, null);
  }

  /** Waits for the next connection; see {@link TcpListener.accept}. **Cancel safety**: safe. */
  accept(): Awaitable<UnixAccepted> {
    return new AcceptOp(this, this.descriptor);
  }

  /** @internal */
  accepted(fd: number): UnixAccepted {
    const peer = UnixAddr.fromWords();
    return [new UnixStream(fd, this.descriptor.driver), peer];
  }

  /** The address that it listens on. */
  localAddr(): UnixAddr {
    named("localAddress", this.checkedFd(), words);
    return UnixAddr.fromWords();
  }

  /** The error that the system keeps for the socket, which is gone then. */
  takeError(): IoError | null {
    return takeError(this.checkedFd());
  }

  /** Closes it, and removes its file; a second call does nothing. */
  override close(): void {
    if (this.closed) return;
    this.path?.unlink();
    super.close();
  }

  /** The connections one after the other, for async functions; ends when the listener is closed. */
  [Symbol.asyncIterator](): AsyncIterator<UnixAccepted, void, void> {
    return acceptedOf(this);
  }
}
