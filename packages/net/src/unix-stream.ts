/** A connection between two processes of one machine. */
import type { Awaitable } from "@treadle/core";
import { type IoDriver, type IoError, sys } from "@treadle/io";
import { ConnectOp, type Connector } from "./connect-op.ts";
import { credentialsOf, type PeerCredentials } from "./credentials.ts";
import {
  type OwnedReadHalf,
  type OwnedWriteHalf,
  ownedHalves,
  ReadHalf,
  WriteHalf,
} from "./halves.ts";
import { bothOf, enterIo, FutureDriver } from "./io-object.ts";
import { openSocket } from "./open-socket.ts";
import { named, takeError } from "./options.ts";
import { StreamSocket } from "./stream-socket.ts";
import { type ToUnixAddr, UnixAddr, unixAddr } from "./unix-addr.ts";
import { words } from "./words.ts";

/**
 * A stream socket between processes of one machine.
 *
 * @example
 * ```ts
 * import { Builder, UnixStream } from "treadle";
 *
 * const rt = Builder.newCurrentThread().enableIo().build();
 * rt.blockOn(function* () {
 *   const [a, b] = UnixStream.pair();
 *   using _a = a;
 *   using _b = b;
 *   yield* a.writeAll(Buffer.from("hi"));
 *   return yield* b.read(Buffer.alloc(8));
 * }); // => 2
 * ```
 */
export class UnixStream extends StreamSocket {
  /** @internal */
  constructor(fd: number, driver: IoDriver) {
    super(fd, driver);
  }

  /**
   * Connects to a path, or on Linux to an abstract name, which begins with "\0".
   *
   * @remarks **Errors**: {@link IoError} with `address`: "ENOENT", "ECONNREFUSED", or "EAGAIN" when too many connections wait to
   * be accepted. **Cancel safety**: safe.
   */
  static connect(path: ToUnixAddr): Awaitable<UnixStream> {
    const driver = new FutureDriver("UnixStream.connect()");
    return new ConnectOp(new UnixConnector(driver), [unixAddr(path)]);
  }

  /** Two streams, connected to each other. */
  static pair(): [UnixStream, UnixStream] {
    const driver = enterIo("UnixStream.pair()");
    return bothOf(sys.socketpair(), (fd) => new UnixStream(fd, driver));
  }

  /** Takes over a connected socket, by its descriptor. */
  static fromFd(fd: number): UnixStream {
    const driver = enterIo("UnixStream.fromFd()");
    sys.setNonblocking(fd, true);
    return new UnixStream(fd, driver);
  }

  /** The address of this side, most often without a name. */
  localAddr(): UnixAddr {
    named("localAddress", this.checkedFd(), words);
    return UnixAddr.fromWords();
  }

  /** The address of the other side. */
  peerAddr(): UnixAddr {
    named("peerAddress", this.checkedFd(), words);
    return UnixAddr.fromWords();
  }

  /** Who is on the other side: who called `connect`, `bind` or `pair`. */
  peerCred(): PeerCredentials {
    return credentialsOf(this.checkedFd());
  }

  /** Both halves, for two tasks; the stream stays the caller's to close. */
  split(): [ReadHalf<UnixAddr, UnixStream>, WriteHalf<UnixAddr, UnixStream>] {
    return [new ReadHalf(this), new WriteHalf(this)];
  }

  /** Both halves, each to be closed by its holder. */
  intoSplit(): [OwnedReadHalf<UnixAddr, UnixStream>, OwnedWriteHalf<UnixAddr, UnixStream>] {
    return ownedHalves<UnixAddr, UnixStream>(this);
  }

  /** The error that the system keeps for the socket, which is gone then. */
  takeError(): IoError | null {
    return takeError(this.checkedFd());
  }
}

class UnixConnector implements Connector<UnixStream, UnixAddr> {
  private readonly driver: FutureDriver;

  constructor(driver: FutureDriver) {
    this.driver = driver;
  }

  open(): number {
    this.driver.get();
    return openSocket("AF_UNIX", "SOCK_STREAM");
  }

  own(fd: number): UnixStream {
    return new UnixStream(fd, this.driver.get());
  }
}
