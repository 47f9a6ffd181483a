/** A TCP socket that takes connections. */
import type { Awaitable } from "@treadle/core";
import { type IoError, sys } from "@treadle/io";
import { AcceptOp } from "./accept-op.ts";
import { acceptedOf } from "./accepted.ts";
import { enterIo, FutureDriver, IoObject } from "./io-object.ts";
import {
  type BindOptions,
  bindTo,
  DEFAULT_BACKLOG,
  familyOf,
  firstOf,
  guarded,
  listen,
  openSocket,
  prepare,
} from "./open-socket.ts";
import { checkOption, getOption, named, setOption, takeError } from "./options.ts";
import type { ToSocketAddrs } from "./resolve.ts";
import { Resolved } from "./resolved.ts";
import { SocketAddr } from "./socket-addr.ts";
import { TcpStream } from "./tcp-stream.ts";
import { words } from "./words.ts";

/** How a {@link TcpListener} is bound. */
export interface TcpListenOptions extends BindOptions {
  /** How many connections may wait to be accepted; 1024 by default. The system has its own limit. */
  readonly backlog?: number;
}

/** A connection, and who made it. */
export type Accepted = [stream: TcpStream, peer: SocketAddr];

/**
 * Takes TCP connections.
 *
 * @remarks With no file descriptors left ("EMFILE"), `accept()` waits and tries again, less and less often.
 * @example
 * ```ts
 * import { Builder, TcpListener } from "treadle";
 *
 * const rt = Builder.newCurrentThread().enableIo().build();
 * rt.blockOn(function* () {
 *   using listener = yield* TcpListener.bind({ host: "localhost", port: 0 });
 *   return listener.localAddr().port > 0;
 * }); // => true
 * ```
 */
export class TcpListener extends IoObject implements AsyncIterable<Accepted, void, void> {
  /**
   * Listens on the first address that can be bound; port 0 lets the system choose one.
   *
   * @remarks `bind(8080)` listens on every address, of IPv6 and IPv4. **Errors**: {@link IoError} as the last address refused
   * it, "EADDRINUSE" for instance; those of {@link lookupHost}. **Cancel safety**: safe.
   */
  static override bind(
    address: ToSocketAddrs,
    options: TcpListenOptions = {},
  ): Awaitable<TcpListener> {
    const driver = new FutureDriver("TcpListener.bind()");
    const backlog = checkOption("backlog", options.backlog ?? DEFAULT_BACKLOG, 0x7fffffff);
    return new Resolved(address, "bind", (found) => {
      const io = driver.get();
      return firstOf(found, (each) => new TcpListener(listening(each, backlog, options), io));
    });
  }

  /** Takes over a listening socket, by its descriptor. */
  static fromFd(fd: number): TcpListener {
    const driver = enterIo("TcpListener.fromFd()");
    sys.setNonblocking(fd, true);
    return new TcpListener(fd, driver);
  }

  /**
   * Waits for the next connection.
   *
   * @remarks **Errors**: {@link IoError}; a connection that ended before it was accepted is none. **Cancel safety**: safe, no
   * connection is lost.
   */
  accept(): Awaitable<Accepted> {
    return new AcceptOp(this, this.descriptor);
  }

  /** @internal */
  accepted(fd: number): Accepted {
    const peer = SocketAddr.fromWords() as SocketAddr;
    return [new TcpStream(fd, this.descriptor.driver, peer), peer];
  }

  /** The address that it listens on. */
  localAddr(): SocketAddr {
    named("localAddress", this.checkedFd(), words);
    return SocketAddr.fromWords() as SocketAddr;
  }

  /** How many routers a packet may pass. */
  ttl(): number {
    return getOption(this.checkedFd(), "IPPROTO_IP", "IP_TTL");
  }

  /** See {@link TcpListener.ttl}; connections that are accepted have the same. */
  setTtl(hops: number): void {
    setOption(this.checkedFd(), "IPPROTO_IP", "IP_TTL", checkOption("ttl", hops, 255));
  }

  /** The error that the system keeps for the socket, which is gone then. */
  takeError(): IoError | null {
    return takeError(this.checkedFd());
  }

  /** The connections one after the other, for async functions; ends when the listener is closed. */
  [Symbol.asyncIterator](): AsyncIterator<Accepted, void, void> {
    return acceptedOf(this);
  }
}

function listening(address: SocketAddr, backlog: number, options: BindOptions): number {
  return guarded(openSocket(familyOf(address), "SOCK_STREAM"), (fd) => {
    if (process.platform !== "win32") setOption(fd, "SOL_SOCKET", "SO_REUSEADDR", 1);
    prepare(fd, address, options);
    bindTo(fd, address);
    listen(fd, backlog, address);
    return fd;
  });
}
