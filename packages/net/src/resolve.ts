/** From what a caller gives as an address to addresses that the system takes. */
import { lookup } from "node:dns/promises";
import {
  type Awaitable,
  cx,
  fromPromise,
  invalidArg,
  Leaf,
  PENDING,
  type Poll,
  readyPoll,
} from "@treadle/core";
import { lookupBlocked, noAddress } from "./errors.ts";
import { checkPort, ipOfHost, splitHostPort } from "./host.ts";
import { knownAddresses } from "./hosts.ts";
import { SocketAddr } from "./socket-addr.ts";

/** A host, which is an IP address or a name, and a port. */
export interface HostAndPort {
  /** Every address of this machine when binding, this machine when connecting, if it is left out. */
  readonly host?: string | undefined;
  readonly port: number;
}

/**
 * What sockets take as an address: "host:port", "[::1]:80", a {@link SocketAddr}, `{ host, port }`, a port alone, or several of
 * these, which are tried in their order.
 *
 * @remarks A host that is made of numbers must be an IPv4 address, and one in brackets an IPv6 address, maybe with a zone
 * ("[fe80::1%eth0]:80"); neither is ever looked up as a name.
 */
export type ToSocketAddrs =
  | string
  | number
  | SocketAddr
  | HostAndPort
  | readonly (string | number | SocketAddr | HostAndPort)[];

/** What an address without a host stands for. */
export type Purpose = "bind" | "connect";

const NO_HOST: Record<Purpose, readonly string[]> = {
  bind: ["::", "0.0.0.0"],
  connect: ["127.0.0.1", "::1"],
};

interface Name {
  readonly host: string;
  readonly port: number;
}

type Found = SocketAddr | Name;

/** What is known of an address at once; names are left. */
function parse(given: ToSocketAddrs, purpose: Purpose, into: Found[]): Found[] {
  if (given instanceof SocketAddr) into.push(given);
  else if (typeof given === "string") into.push(parseText(given));
  else if (typeof given === "number") pushHost(undefined, given, purpose, into);
  else if (Array.isArray(given)) for (const each of given) parse(each, purpose, into);
  else if (isHostAndPort(given)) pushHost(given.host, given.port, purpose, into);
  else throw invalidArg("the address", given, 'must be like "host:port" or { host, port }');
  return into;
}

function isHostAndPort(given: unknown): given is HostAndPort {
  return typeof given === "object" && given !== null && "port" in given;
}

function pushHost(host: string | undefined, port: number, purpose: Purpose, into: Found[]): void {
  checkPort(port);
  if (host !== undefined) into.push(hostOf(host, port));
  else for (const ip of NO_HOST[purpose]) into.push(new SocketAddr(ip, port));
}

function parseText(text: string): Found {
  const parts = splitHostPort(text);
  if (parts !== undefined) return hostOf(parts.host, parts.port);
  const unbracketed = /^[^[\]/]*:[^[\]/]*:\d*$/.test(text);
  const rule = unbracketed
    ? 'must have its IPv6 address in brackets, like "[::1]:80"'
    : 'must be like "host:port" or "[::1]:80"';
  throw invalidArg("the address", text, rule);
}

function hostOf(host: string, port: number): Found {
  const found = ipOfHost(host);
  return found === undefined ? { host, port } : new SocketAddr(found.ip, port, found);
}

async function lookUp({ host, port }: Name): Promise<SocketAddr[]> {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address }) => new SocketAddr(address.split("%")[0] as string, port));
}

/** The addresses of what a caller gave. */
export class Resolve extends Leaf<SocketAddr[]> {
  private readonly given: ToSocketAddrs;
  private readonly found: Found[];
  private wait: Awaitable<SocketAddr[][]> | null;

  /** @throws {@link RuntimeError} `ERR_INVALID_ARG`. */
  constructor(given: ToSocketAddrs, purpose: Purpose) {
    super();
    this.given = given;
    this.found = parse(given, purpose, []);
    this.wait = null;
  }

  protected override poll(): Poll<SocketAddr[]> {
    if (this.wait === null) {
      const known = this.lookLocally();
      if (known.every((each) => each instanceof SocketAddr)) return this.checked(known);
      const waits = known.map((each) => (each instanceof SocketAddr ? [each] : lookUp(each)));
      this.wait = fromPromise(Promise.all(waits));
    }
    const answer = this.wait.next();
    return answer.done ? this.checked(answer.value.flat()) : PENDING;
  }

  private checked(found: SocketAddr[]): Poll<SocketAddr[]> {
    if (found.length === 0) throw noAddress(this.given);
    return readyPoll(found);
  }

  /** Names of the hosts file are looked up in it; any other needs Node's event loop. */
  private lookLocally(): Found[] {
    return this.found.flatMap((each): Found[] => {
      if (each instanceof SocketAddr) return [each];
      const known = knownAddresses(each.host);
      if (known.length > 0) return known.map((ip) => new SocketAddr(ip, each.port));
      if (cx.runtime?.isBlocking) throw lookupBlocked(each.host);
      return [each];
    });
  }

  protected override drop(): void {
    this.wait?.return?.();
  }
}

/**
 * The addresses of a host.
 *
 * @remarks IP addresses and names of the hosts file are known at once; other names are asked of `node:dns`.
 * **Errors**: `ERR_INVALID_ARG`; `ERR_NO_ADDRESS`; `ERR_LOOKUP_BLOCKED` inside `blockOn`, where `node:dns` makes no progress;
 * those of `dns.lookup`, such as "ENOTFOUND". **Cancel safety**: safe.
 * @example
 * ```ts
 * import { Builder, lookupHost } from "treadle";
 *
 * const rt = Builder.newCurrentThread().enableIo().build();
 * String(rt.blockOn(lookupHost("127.0.0.1:80"))); // => "127.0.0.1:80"
 * ```
 */
export function lookupHost(address: ToSocketAddrs): Awaitable<SocketAddr[]> {
  return new Resolve(address, "connect");
}
