/** A unix socket for messages. */
import type { Awaitable } from "@treadle/core";
import { binding, type IoDriver, IoError, sys, type WouldBlock } from "@treadle/io";
import { DatagramSocket } from "./datagrams.ts";
import { bothOf, checkBytes, enterIo, native } from "./io-object.ts";
import { bindTo, guarded, openSocket } from "./open-socket.ts";
import { named } from "./options.ts";
import { SendToOp, whereOf } from "./socket-call-op.ts";
import { type Direction, HOW } from "./stream-socket.ts";
import { type ToUnixAddr, UnixAddr, unixAddr } from "./unix-addr.ts";
import { type UnixBindOptions, UnixPath } from "./unix-path.ts";
import { words } from "./words.ts";

/** To an address the system tells nobody when there is room again. */
class UnixSendTo extends SendToOp {
  protected override naps = true;
}

/**
 * A socket for messages between processes of one machine; none is lost.
 *
 * @example
 * ```ts
 * import { Builder, UnixDatagram } from "treadle";
 *
 * const rt = Builder.newCurrentThread().enableIo().build();
 * rt.blockOn(function* () {
 *   const [a, b] = UnixDatagram.pair();
 *   using _a = a;
 *   using _b = b;
 *   yield* a.send(Buffer.from("ping"));
 *   return yield* b.recv(Buffer.alloc(16));
 * }); // => 4
 * ```
 */
export class UnixDatagram extends DatagramSocket<UnixAddr> {
  private readonly path: UnixPath | null;

  /** @internal */
  constructor(fd: number, driver: IoDriver, path: UnixPath | null = null) {
    super(fd, driver, () => UnixAddr.fromWords());
    this.path = path;
  }

  /**
   * Binds to a path, or on Linux to an abstract name, which begins with "\0".
   *
   * @throws {@link IoError} with `address`: "EADDRINUSE" when the path exists; {@link RuntimeError} `ERR_INVALID_ARG`,
   * `ERR_NO_RUNTIME`, `ERR_IO_DISABLED`, `ERR_IO_SHUTDOWN`.
   */
  static override bind(path: ToUnixAddr, options: UnixBindOptions = {}): UnixDatagram {
    const driver = enterIo("UnixDatagram.bind()");
    const address = unixAddr(path);
    const fd = guarded(openSocket("AF_UNIX", "SOCK_DGRAM"), (each) => {
      bindTo(each, address);
      return each;
    });
    return new UnixDatagram(fd, driver, new UnixPath(address, options));
  }

  /** A socket without a name, which can send and be connected. */
  static unbound(): UnixDatagram {
    const driver = enterIo("UnixDatagram.unbound()");
    return new UnixDatagram(openSocket("AF_UNIX", "SOCK_DGRAM"), driver);
  }

  /** Two sockets, connected to each other. */
  static pair(): [UnixDatagram, UnixDatagram] {
    const driver = enterIo("UnixDatagram.pair()");
    const ends = new Int32Array(2);
    const result = binding().socketpair(native.constants.SOCK_DGRAM, ends);
    if (result < 0) throw new IoError(result, "socketpair");
    return bothOf([...ends] as [number, number], (fd) => new UnixDatagram(fd, driver));
  }

  /** Takes over a socket, by its descriptor. */
  static fromFd(fd: number): UnixDatagram {
    const driver = enterIo("UnixDatagram.fromFd()");
    sys.setNonblocking(fd, true);
    return new UnixDatagram(fd, driver);
  }

  /**
   * Sends to and receives from one address only; see {@link DatagramSocket.send}.
   *
   * @throws {@link IoError} with `address`: "ENOENT", "ECONNREFUSED".
   */
  connect(path: ToUnixAddr): void {
    const address = unixAddr(path);
    const result = native.connectTo(this.checkedFd(), address.toWords());
    if (result < 0) throw new IoError(result, "connect", whereOf(address));
  }

  /**
   * Sends a message to an address: how many bytes.
   *
   * @remarks **Errors**: {@link IoError} with `address`. While the receiver's queue is full it waits and tries again, less and
   * less often; to a peer it is connected to, `send` is told at once. **Cancel safety**: safe.
   */
  sendTo(bytes: Uint8Array, target: ToUnixAddr): Awaitable<number> {
    checkBytes(bytes);
    return new UnixSendTo(this, this.descriptor, bytes, unixAddr(target));
  }

  /** As {@link UnixDatagram.sendTo}, at once: {@link WOULD_BLOCK} if there is no room. */
  trySendTo(bytes: Uint8Array, target: ToUnixAddr): number | WouldBlock {
    return this.trySendOf(bytes, unixAddr(target));
  }

  /** The address that it is bound to. */
  localAddr(): UnixAddr {
    named("localAddress", this.checkedFd(), words);
    return UnixAddr.fromWords();
  }

  /** The address that it is connected to. @throws {@link IoError} "ENOTCONN". */
  peerAddr(): UnixAddr {
    named("peerAddress", this.checkedFd(), words);
    return UnixAddr.fromWords();
  }

  /** Ends a direction. */
  shutdown(direction: Direction): void {
    const result = native.shutdown(this.checkedFd(), HOW[direction]);
    if (result < 0) throw new IoError(result, "shutdown");
  }

  /** Closes it, and removes its file; a second call does nothing. */
  override close(): void {
    if (this.closed) return;
    this.path?.unlink();
    super.close();
  }
}
