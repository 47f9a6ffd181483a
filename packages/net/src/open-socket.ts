/** Making sockets, and closing them again if something fails before they have an owner. */
import { IoError, type SocketConstants } from "@treadle/io";
import { native } from "./io-object.ts";
import { setOption } from "./options.ts";
import type { SocketAddr } from "./socket-addr.ts";
import { type Addressed, whereOf } from "./socket-call-op.ts";

type Name = keyof SocketConstants;

/** How many connections wait to be accepted by default. */
export const DEFAULT_BACKLOG = 1024;

/** A new socket of a family. */
export function openSocket(family: Name, type: Name): number {
  const { constants } = native;
  const fd = native.socket(constants[family], constants[type], 0);
  if (fd < 0) throw new IoError(fd, "socket");
  return fd;
}

/** The family of an IP address. */
export function familyOf(address: SocketAddr): Name {
  return address.isIpv4() ? "AF_INET" : "AF_INET6";
}

/** Does something with a new socket, and closes that if it fails. */
export function guarded<T>(fd: number, f: (fd: number) => T): T {
  try {
    return f(fd);
  } catch (error) {
    native.close(fd);
    throw error;
  }
}

/** Gives a socket its address. */
export function bindTo(fd: number, address: Addressed): void {
  const result = native.bindTo(fd, address.toWords());
  if (result < 0) throw new IoError(result, "bind", whereOf(address));
}

/** Lets a socket listen. */
export function listen(fd: number, backlog: number, address: Addressed): void {
  const result = native.listen(fd, backlog);
  if (result < 0) throw new IoError(result, "listen", whereOf(address));
}

/** What may be asked of an IP socket before it is bound. */
export interface BindOptions {
  /** Lets several sockets have the same address; the system spreads connections or messages over them. Off by default. */
  readonly reusePort?: boolean;
  /** An IPv6 socket takes IPv4 too if this is false; by default as the system has it. */
  readonly ipv6Only?: boolean;
}

/** Sets what must be set before binding. */
export function prepare(fd: number, address: SocketAddr, options: BindOptions): void {
  if (options.reusePort === true) setOption(fd, "SOL_SOCKET", "SO_REUSEPORT", 1);
  if (options.ipv6Only !== undefined && address.isIpv6()) {
    setOption(fd, "IPPROTO_IPV6", "IPV6_V6ONLY", options.ipv6Only ? 1 : 0);
  }
}

/** What the first address gives that does not fail; the last error when all fail. */
export function firstOf<T>(addresses: readonly SocketAddr[], f: (address: SocketAddr) => T): T {
  let last: unknown;
  for (const address of addresses) {
    try {
      return f(address);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}
