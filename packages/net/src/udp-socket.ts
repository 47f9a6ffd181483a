/** A UDP socket. */
import { type Awaitable, invalidArg } from "@treadle/core";
import { type IoDriver, IoError, sys, type WouldBlock } from "@treadle/io";
import { DatagramSocket } from "./datagrams.ts";
import { checkBytes, enterIo, FutureDriver, native } from "./io-object.ts";
import { parseIpv4, parseIpv6 } from "./ip.ts";
import {
  type BindOptions,
  bindTo,
  familyOf,
  firstOf,
  guarded,
  openSocket,
  prepare,
} from "./open-socket.ts";
import { checkOption, getOption, named, setOption, switchOf } from "./options.ts";
import type { ToSocketAddrs } from "./resolve.ts";
import { Resolved, ResolvedThen } from "./resolved.ts";
import { SocketAddr } from "./socket-addr.ts";
import { SendToOp, whereOf } from "./socket-call-op.ts";
import { words } from "./words.ts";

/** How a {@link UdpSocket} is bound. */
export interface UdpBindOptions extends BindOptions {
  /** Lets several sockets have the same address, as listeners of a multicast group want it. Off by default. */
  readonly reuseAddr?: boolean;
}

/**
 * A UDP socket.
 *
 * @example
 * ```ts
 * import { Builder, UdpSocket } from "treadle";
 *
 * const rt = Builder.newCurrentThread().enableIo().build();
 * rt.blockOn(function* () {
 *   using a = yield* UdpSocket.bind("127.0.0.1:0");
 *   using b = yield* UdpSocket.bind("127.0.0.1:0");
 *   yield* a.sendTo(Buffer.from("ping"), b.localAddr());
 *   const [count, from] = yield* b.recvFrom(Buffer.alloc(16));
 *   return count === 4 && from.equals(a.localAddr());
 * }); // => true
 * ```
 */
export class UdpSocket extends DatagramSocket<SocketAddr> {
  /** @internal */
  constructor(fd: number, driver: IoDriver) {
    super(fd, driver, () => SocketAddr.fromWords() as SocketAddr);
  }

  /**
   * Binds to the first address that can be bound; port 0 lets the system choose one.
   *
   * @remarks **Errors**: {@link IoError} as the last address refused it; those of {@link lookupHost}. **Cancel safety**: safe.
   */
  static override bind(address: ToSocketAddrs, options: UdpBindOptions = {}): Awaitable<UdpSocket> {
    const driver = new FutureDriver("UdpSocket.bind()");
    return new Resolved(address, "bind", (found) => {
      const io = driver.get();
      return firstOf(found, (each) => new UdpSocket(bound(each, options), io));
    });
  }

  /** Takes over a bound socket, by its descriptor. */
  static fromFd(fd: number): UdpSocket {
    const driver = enterIo("UdpSocket.fromFd()");
    sys.setNonblocking(fd, true);
    return new UdpSocket(fd, driver);
  }

  /**
   * Sends to and receives from one address only, the first that the system takes; see {@link DatagramSocket.send}.
   *
   * @remarks **Cancel safety**: safe.
   */
  connect(address: ToSocketAddrs): Awaitable<void> {
    return new Resolved(address, "connect", (found) =>
      firstOf(found, (each) => {
        const result = native.connectTo(this.checkedFd(), each.toWords());
        if (result < 0) throw new IoError(result, "connect", whereOf(each));
      }),
    );
  }

  /** Undoes {@link UdpSocket.connect}. */
  disconnect(): void {
    const result = native.disconnect(this.checkedFd());
    if (result < 0) throw new IoError(result, "connect");
  }

  /**
   * Sends a message to an address, the first if there are several: how many bytes.
   *
   * @remarks **Errors**: {@link IoError} with `address` and `port`; those of {@link lookupHost}. **Cancel safety**: safe.
   */
  sendTo(bytes: Uint8Array, target: ToSocketAddrs): Awaitable<number> {
    checkBytes(bytes);
    if (target instanceof SocketAddr) return new SendToOp(this, this.descriptor, bytes, target);
    return new ResolvedThen(
      target,
      "connect",
      ([first]) => new SendToOp(this, this.descriptor, bytes, first as SocketAddr),
    );
  }

  /** As {@link UdpSocket.sendTo}, at once: {@link WOULD_BLOCK} if there is no room. */
  trySendTo(bytes: Uint8Array, target: SocketAddr): number | WouldBlock {
    return this.trySendOf(bytes, target);
  }

  /** The address that it is bound to. */
  localAddr(): SocketAddr {
    named("localAddress", this.checkedFd(), words);
    return SocketAddr.fromWords() as SocketAddr;
  }

  /** The address that it is connected to. @throws {@link IoError} "ENOTCONN". */
  peerAddr(): SocketAddr {
    named("peerAddress", this.checkedFd(), words);
    return SocketAddr.fromWords() as SocketAddr;
  }

  /** Whether it may send to broadcast addresses. */
  broadcast(): boolean {
    return getOption(this.checkedFd(), "SOL_SOCKET", "SO_BROADCAST") !== 0;
  }

  /** See {@link UdpSocket.broadcast}. */
  setBroadcast(on: boolean): void {
    setOption(this.checkedFd(), "SOL_SOCKET", "SO_BROADCAST", switchOf("broadcast", on));
  }

  /** How many routers a packet may pass. */
  ttl(): number {
    return getOption(this.checkedFd(), "IPPROTO_IP", "IP_TTL");
  }

  /** See {@link UdpSocket.ttl}. */
  setTtl(hops: number): void {
    setOption(this.checkedFd(), "IPPROTO_IP", "IP_TTL", checkOption("ttl", hops, 255));
  }

  /** The type-of-service field of IPv4 packets. */
  tosV4(): number {
    return getOption(this.checkedFd(), "IPPROTO_IP", "IP_TOS");
  }

  /** See {@link UdpSocket.tosV4}. */
  setTosV4(value: number): void {
    setOption(this.checkedFd(), "IPPROTO_IP", "IP_TOS", checkOption("tos", value, 255));
  }

  /** The traffic class of IPv6 packets. */
  tclassV6(): number {
    return getOption(this.checkedFd(), "IPPROTO_IPV6", "IPV6_TCLASS");
  }

  /** See {@link UdpSocket.tclassV6}. */
  setTclassV6(value: number): void {
    setOption(this.checkedFd(), "IPPROTO_IPV6", "IPV6_TCLASS", checkOption("tclass", value, 255));
  }

  /** How many bytes the system keeps for sending; Linux answers twice what was set. */
  sendBufferSize(): number {
    return getOption(this.checkedFd(), "SOL_SOCKET", "SO_SNDBUF");
  }

  /** See {@link UdpSocket.sendBufferSize}. */
  setSendBufferSize(bytes: number): void {
    setOption(this.checkedFd(), "SOL_SOCKET", "SO_SNDBUF", checkOption("size", bytes, 0x3fffffff));
  }

  /** How many bytes the system keeps for reading; Linux answers twice what was set. */
  recvBufferSize(): number {
    return getOption(this.checkedFd(), "SOL_SOCKET", "SO_RCVBUF");
  }

  /** See {@link UdpSocket.recvBufferSize}. */
  setRecvBufferSize(bytes: number): void {
    setOption(this.checkedFd(), "SOL_SOCKET", "SO_RCVBUF", checkOption("size", bytes, 0x3fffffff));
  }

  /** Whether this machine hears its own multicast messages of IPv4. */
  multicastLoopV4(): boolean {
    return getOption(this.checkedFd(), "IPPROTO_IP", "IP_MULTICAST_LOOP") !== 0;
  }

  /** See {@link UdpSocket.multicastLoopV4}. */
  setMulticastLoopV4(on: boolean): void {
    setOption(this.checkedFd(), "IPPROTO_IP", "IP_MULTICAST_LOOP", switchOf("loop", on));
  }

  /** How many routers a multicast message of IPv4 may pass; 1 by default. */
  multicastTtlV4(): number {
    return getOption(this.checkedFd(), "IPPROTO_IP", "IP_MULTICAST_TTL");
  }

  /** See {@link UdpSocket.multicastTtlV4}. */
  setMulticastTtlV4(hops: number): void {
    setOption(this.checkedFd(), "IPPROTO_IP", "IP_MULTICAST_TTL", checkOption("ttl", hops, 255));
  }

  /** Whether this machine hears its own multicast messages of IPv6. */
  multicastLoopV6(): boolean {
    return getOption(this.checkedFd(), "IPPROTO_IPV6", "IPV6_MULTICAST_LOOP") !== 0;
  }

  /** See {@link UdpSocket.multicastLoopV6}. */
  setMulticastLoopV6(on: boolean): void {
    setOption(this.checkedFd(), "IPPROTO_IPV6", "IPV6_MULTICAST_LOOP", switchOf("loop", on));
  }

  /** Sends multicast messages of IPv4 by the interface with this address; "0.0.0.0" lets the system choose. */
  setMulticastInterfaceV4(address: string): void {
    const result = native.multicastInterface(this.checkedFd(), ipv4("address", address));
    if (result < 0) throw new IoError(result, "setsockopt");
  }

  /** Receives what is sent to a group of IPv4, by the interface with an address; "0.0.0.0" lets the system choose. */
  joinMulticastV4(group: string, by = "0.0.0.0"): void {
    ipv4("group", group);
    this.membership(1, new SocketAddr(group, 0), ipv4("interface", by));
  }

  /** Undoes {@link UdpSocket.joinMulticastV4}. */
  leaveMulticastV4(group: string, by = "0.0.0.0"): void {
    ipv4("group", group);
    this.membership(0, new SocketAddr(group, 0), ipv4("interface", by));
  }

  /** Receives what is sent to a group of IPv6, by the interface with a number; 0 lets the system choose. */
  joinMulticastV6(group: string, by = 0): void {
    this.membership(1, groupV6(group), by);
  }

  /** Undoes {@link UdpSocket.joinMulticastV6}. */
  leaveMulticastV6(group: string, by = 0): void {
    this.membership(0, groupV6(group), by);
  }

  private membership(join: number, group: SocketAddr, by: number): void {
    const result = native.membership(this.checkedFd(), join, group.toWords(), by);
    if (result < 0) throw new IoError(result, "setsockopt", { address: group.ip });
  }
}

function ipv4(name: string, text: string): number {
  const word = typeof text === "string" ? parseIpv4(text) : undefined;
  if (word === undefined) throw invalidArg(name, text, "must be an IPv4 address");
  return word;
}

function groupV6(text: string): SocketAddr {
  const ip = typeof text === "string" ? parseIpv6(text) : undefined;
  if (ip === undefined) throw invalidArg("group", text, "must be an IPv6 address");
  return new SocketAddr(ip, 0);
}

function bound(address: SocketAddr, options: UdpBindOptions): number {
  return guarded(openSocket(familyOf(address), "SOCK_DGRAM"), (fd) => {
    if (options.reuseAddr === true) setOption(fd, "SOL_SOCKET", "SO_REUSEADDR", 1);
    prepare(fd, address, options);
    bindTo(fd, address);
    return fd;
  });
}
