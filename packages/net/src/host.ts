/** Hosts and ports as texts: what is an IP address, what may be a name, and what is neither. */
import { invalidArg } from "@treadle/core";
import { type Ipv6Words, parseIpv4, parseIpv6 } from "./ip.ts";
import { scopeOf } from "./zone.ts";

/** An IP address as numbers. */
export interface IpHost {
  readonly ip: number | Ipv6Words;
  /** The interface that a zone ("%eth0") names; 0 without one. */
  readonly scopeId: number;
}

/** A host, brackets included, and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** A host between brackets or without any colon, a colon, digits. */
const HOST_PORT = /^(\[[^\]]*\]|[^:[\]]+):(\d+)$/;
/** Each label empty or a number, hexadecimal ones included, which some resolvers take for parts of an IPv4 address. */
const NUMBERS_ONLY = /^(?:0x[\da-f]*|\d*)(?:\.(?:0x[\da-f]*|\d*))*$/i;
/** What no host name has in it: space, control characters, and what separates the parts of a URL. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NO_NAME = /[\s\0-\x1f\x7f%/\\?#@<>^|[\]:]/;

/** Splits "host:port"; undefined when the text is not made like that. */
export function splitHostPort(text: string): HostPort | undefined {
  const [, host, port] = HOST_PORT.exec(text) ?? [];
  if (host === undefined) return undefined;
  return { host, port: checkPort(Number(port)) };
}

/**
 * The IP address that a host is; undefined when it is a name, or could be.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` when it can be neither.
 */
export function ipOfHost(host: string): IpHost | undefined {
  if (typeof host !== "string" || host === "") {
    throw invalidArg("host", host, "must be an IP address or a host name");
  }
  const inner = /^\[(.*)\]$/s.exec(host)?.[1];
  if (inner !== undefined || host.includes(":")) return ipv6Of(inner ?? host, host);
  if (NUMBERS_ONLY.test(host)) return { ip: ipv4Of(host), scopeId: 0 };
  if (!NO_NAME.test(host)) return undefined;
  throw invalidArg("host", host, "must be an IP address or a host name");
}

function ipv6Of(text: string, host: string): IpHost {
  const at = text.indexOf("%");
  const ip = parseIpv6(at < 0 ? text : text.slice(0, at));
  if (ip === undefined) throw invalidArg("host", host, 'must be an IPv6 address, like "::1"');
  return { ip, scopeId: at < 0 ? 0 : scopeOf(text.slice(at + 1)) };
}

function ipv4Of(host: string): number {
  const ip = parseIpv4(host);
  if (ip !== undefined) return ip;
  const rule = "must be four numbers from 0 to 255 without leading zeros, as it is made of numbers";
  throw invalidArg("host", host, rule);
}

/** A port, or the error that it is none. */
export function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw invalidArg("port", port, "must be a whole number from 0 to 65535");
}
