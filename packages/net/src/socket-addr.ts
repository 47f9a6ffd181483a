/** The address of an IP socket. */
import { invalidArg } from "@treadle/core";
import { checkPort, ipOfHost, splitHostPort } from "./host.ts";
import { formatIpv4, formatIpv6, type Ipv6Words, parseIp } from "./ip.ts";
import { IPV4, IPV6, words } from "./words.ts";
import { checkU32 } from "./zone.ts";

/** What an IPv6 address has beside its number and port. */
export interface SocketAddrOptions {
  /** The number of the interface that a link-local address is meant for; 0 by default. */
  readonly scopeId?: number;
  /** Traffic class and flow label; 0 by default. */
  readonly flowInfo?: number;
}

const ZERO: Ipv6Words = [0, 0, 0, 0];

/**
 * An IP address and a port.
 *
 * @example
 * ```ts
 * import { SocketAddr } from "treadle";
 *
 * const address = SocketAddr.parse("[::1]:8080");
 * [address.ip, address.port, address.family]; // => ["::1", 8080, "IPv6"]
 * String(new SocketAddr("127.0.0.1", 80)); // => "127.0.0.1:80"
 * ```
 */
export class SocketAddr {
  /** The port; 0 lets the system choose when binding. */
  readonly port: number;
  /** See {@link SocketAddrOptions}; 0 for IPv4. */
  readonly scopeId: number;
  /** See {@link SocketAddrOptions}; 0 for IPv4. */
  readonly flowInfo: number;
  private readonly v4: number;
  private readonly v6: Ipv6Words | null;

  /**
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` when `ip` is no IP address, host names included, `port` no port, or an
   * option no number of 32 bits.
   */
  constructor(ip: string, port: number, options?: SocketAddrOptions);
  /** @internal */
  constructor(ip: string | number | Ipv6Words, port: number, options?: SocketAddrOptions);
  constructor(ip: string | number | Ipv6Words, port: number, options: SocketAddrOptions = {}) {
    this.port = checkPort(port);
    const number = typeof ip === "string" ? parseIp(ip) : ip;
    const isV4 = typeof number === "number";
    if (!isV4 && !Array.isArray(number)) {
      throw invalidArg("ip", ip, "must be an IPv4 or IPv6 address");
    }
    this.scopeId = isV4 ? 0 : checkU32("scopeId", options.scopeId ?? 0);
    this.flowInfo = isV4 ? 0 : checkU32("flowInfo", options.flowInfo ?? 0);
    this.v4 = isV4 ? number : 0;
    this.v6 = isV4 ? null : (number as Ipv6Words);
  }

  /**
   * The address of a text: "127.0.0.1:80", "[::1]:80", "[fe80::1%2]:80", "[fe80::1%eth0]:80".
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
   */
  static parse(text: string): SocketAddr {
    const parts = typeof text === "string" ? splitHostPort(text) : undefined;
    const found = parts === undefined ? undefined : ipOfHost(parts.host);
    if (parts === undefined || found === undefined) {
      throw invalidArg("the address", text, 'must be like "127.0.0.1:80" or "[::1]:80"');
    }
    return new SocketAddr(found.ip, parts.port, found);
  }

  /** @internal The address in the thread's words, or null when it is none of IP. */
  static fromWords(): SocketAddr | null {
    const port = words[1] as number;
    if (words[0] === IPV4) return new SocketAddr(words[2] as number, port);
    if (words[0] !== IPV6) return null;
    const ip: Ipv6Words = [words[2], words[3], words[4], words[5]] as unknown as Ipv6Words;
    const options = { scopeId: (words[6] as number) >>> 0, flowInfo: (words[7] as number) >>> 0 };
    return new SocketAddr(ip, port, options);
  }

  /** @internal Puts it into the thread's words. */
  toWords(): Int32Array {
    const ip = this.v6 ?? ZERO;
    words[0] = this.v6 === null ? IPV4 : IPV6;
    words[1] = this.port;
    words[2] = this.v6 === null ? this.v4 : ip[0];
    words[3] = ip[1];
    words[4] = ip[2];
    words[5] = ip[3];
    words[6] = this.scopeId;
    words[7] = this.flowInfo;
    return words;
  }

  /** The IP address as a text, without port. */
  get ip(): string {
    return this.v6 === null ? formatIpv4(this.v4) : formatIpv6(this.v6);
  }

  /** As Node's `net` names it. */
  get family(): "IPv4" | "IPv6" {
    return this.v6 === null ? "IPv4" : "IPv6";
  }

  /** Whether it is of IPv4. */
  isIpv4(): boolean {
    return this.v6 === null;
  }

  /** Whether it is of IPv6. */
  isIpv6(): boolean {
    return this.v6 !== null;
  }

  /** The same address with another port. */
  withPort(port: number): SocketAddr {
    return new SocketAddr(this.v6 ?? this.v4, port, this);
  }

  /** Whether both are the same in every part. */
  equals(other: SocketAddr): boolean {
    return this.toString() === other.toString() && this.flowInfo === other.flowInfo;
  }

  /** "127.0.0.1:80", "[::1]:80". */
  toString(): string {
    if (this.v6 === null) return `${this.ip}:${this.port}`;
    return `[${this.ip}${this.scopeId === 0 ? "" : `%${this.scopeId}`}]:${this.port}`;
  }

  /** As {@link SocketAddr.toString}. */
  toJSON(): string {
    return this.toString();
  }
}
