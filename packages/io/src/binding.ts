/** Finds and loads the native addon, when it is first needed. */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { RuntimeError } from "@treadle/core";
import { ERR_IO_UNAVAILABLE } from "./error.ts";

/** The functions of one native reactor; results are 0 or more, or a negative errno. Numbers only. */
export interface NativeReactor {
  /** `[unparked, 0, token, readiness, token, readiness, ...]`, written by each `poll`. */
  readonly words: Int32Array;
  /** The number by which other threads unpark it. */
  readonly id: number;
  /** Waits up to `timeoutMs` and answers how many events there are. */
  poll(timeoutMs: number): number;
  add(fd: number, token: number, interest: number): number;
  /** Watches for another interest from now on. */
  modify(fd: number, token: number, interest: number): number;
  remove(fd: number, token: number): number;
  /** Reports `ready` of a source again if it still is; needed without edges only. */
  rearm(token: number, ready: number): number;
  /** Lets Node's event loop watch (1) or not (0); 1 when it was unparked already. */
  host(on: number): number;
  /** 1 when it made a system call. */
  unpark(): number;
  close(): number;
}

/** The functions of one thread's ear for signals; results are 0 or more, or a negative errno. Numbers only. */
export interface NativeSignals {
  /** `[signals 1 to 32, signals 33 to 64]`, a bit each, written by each `take` that answers 1. */
  readonly words: Int32Array;
  /** 1 when signals have come since the last time; any number of one signal are one. */
  take(): number;
  /** Hears of each such signal from now on, and of none from before. */
  listen(signum: number): number;
  /** Hears of it no more; when nobody else does either, it does again what it did before. */
  ignore(signum: number): number;
  close(): number;
}

/** The addon. */
export interface Binding {
  /** Makes a reactor, or answers a negative errno; `kind` 0 is epoll, 1 is libuv. */
  open(capacity: number, kind: number, onReady: () => void): NativeReactor | number;
  /** Wakes a reactor of any thread by its number. */
  unpark(id: number): number;
  /** From now on the descriptor is closed at the end of this thread, however that comes. */
  own(fd: number): void;
  /** No longer. */
  disown(fd: number): void;
  /** An ear for signals that unparks the reactor with this number, or a negative errno. */
  openSignals(reactor: number): NativeSignals | number;
  /** The first real-time signal that is free, -1 where there is none. */
  sigrtmin(): number;
  /** The last real-time signal, -1 where there is none. */
  sigrtmax(): number;
  read(fd: number, bytes: Uint8Array): number;
  write(fd: number, bytes: Uint8Array): number;
  close(fd: number): number;
  dup(fd: number): number;
  setNonblocking(fd: number, on: number): number;
  pipe(ends: Int32Array): number;
  socketpair(type: number, ends: Int32Array): number;
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array): number;
  connect(fd: number, address: Uint8Array): number;
  listen(fd: number, backlog: number): number;
  accept(fd: number): number;
  getsockname(fd: number, into: Uint8Array): number;
  setsockopt(fd: number, level: number, name: number, value: number): number;
  send(fd: number, bytes: Uint8Array, flags: number): number;
  recv(fd: number, bytes: Uint8Array, flags: number): number;
  shutdown(fd: number, how: number): number;
  eventfd(initial: number): number;
  timerfd(ms: number): number;
  // Addresses are words as in `native/address.h`.
  /**
   * What the four calls after this share with JavaScript: 0 the descriptor, 1 where in the bytes to begin, 2 where to end, 3 the result. An
   * argument that is a number costs more than the rest of a call.
   */
  readonly registers: Int32Array;
  readInto(bytes: Uint8Array): void;
  writeFrom(bytes: Uint8Array): void;
  recvInto(bytes: Uint8Array): void;
  sendFrom(bytes: Uint8Array): void;
  /** Writes up to 64 arrays at once, the first from `start` on; `socket` is 1 for a socket. */
  writeParts(fd: number, parts: readonly Uint8Array[], start: number, socket: number): number;
  recvFrom(fd: number, bytes: Uint8Array, flags: number, address: Int32Array): number;
  sendTo(fd: number, bytes: Uint8Array, flags: number, address: Int32Array): number;
  acceptFrom(fd: number, address: Int32Array): number;
  bindTo(fd: number, address: Int32Array): number;
  connectTo(fd: number, address: Int32Array): number;
  disconnect(fd: number): number;
  localAddress(fd: number, address: Int32Array): number;
  peerAddress(fd: number, address: Int32Array): number;
  getsockopt(fd: number, level: number, name: number): number;
  /** A negative number of seconds is off. */
  setLinger(fd: number, seconds: number): number;
  /** 0 when off, else one more than the seconds. */
  getLinger(fd: number): number;
  membership(fd: number, join: number, group: Int32Array, via: number): number;
  multicastInterface(fd: number, address: number): number;
  /** Writes pid, uid and gid. */
  peerCredentials(fd: number, into: Int32Array): number;
  /** 1 for a descriptor whose reads are short only when it is empty. */
  streams(fd: number): number;
  readonly constants: SocketConstants;
}

/** What the system calls its sockets' kinds and options; -1 for what it does not have. */
export type SocketConstants = Readonly<
  Record<
    | "AF_INET"
    | "AF_INET6"
    | "AF_UNIX"
    | "IP_MULTICAST_LOOP"
    | "IP_MULTICAST_TTL"
    | "IP_TOS"
    | "IP_TTL"
    | "IPPROTO_IP"
    | "IPPROTO_IPV6"
    | "IPPROTO_TCP"
    | "IPV6_MULTICAST_HOPS"
    | "IPV6_MULTICAST_IF"
    | "IPV6_MULTICAST_LOOP"
    | "IPV6_TCLASS"
    | "IPV6_UNICAST_HOPS"
    | "IPV6_V6ONLY"
    | "MSG_OOB"
    | "MSG_PEEK"
    | "SO_BROADCAST"
    | "SO_ERROR"
    | "SO_KEEPALIVE"
    | "SO_RCVBUF"
    | "SO_REUSEADDR"
    | "SO_REUSEPORT"
    | "SO_SNDBUF"
    | "SOCK_DGRAM"
    | "SOCK_STREAM"
    | "SOL_SOCKET"
    | "SUN_PATH_MAX"
    | "TCP_KEEPCNT"
    | "TCP_KEEPIDLE"
    | "TCP_KEEPINTVL"
    | "TCP_NODELAY"
    | "TCP_QUICKACK",
    number
  >
>;

const require = createRequire(import.meta.url);
/** `src` and `dist` lie side by side, so the build is at the same place for both. */
const localBuild = fileURLToPath(new URL("../build/Release/treadle_io.node", import.meta.url));
let loaded: Binding | null = null;

/** The name of the package that holds the addon for this machine: "@treadle/io-linux-x64-gnu". */
export function platformPackage(): string {
  const { platform, arch } = process;
  if (platform !== "linux") return `@treadle/io-${platform}-${arch}`;
  return `@treadle/io-${platform}-${arch}-${isMusl() ? "musl" : "gnu"}`;
}

/**
 * Whether this Node stands on musl. The name of its loader, near the beginning of the executable, tells at once; the
 * report knows as well, but takes 13 ms, on every thread.
 */
function isMusl(): boolean {
  const loader = /\/ld-(musl|linux)/.exec(headOfExecutable())?.[1];
  if (loader !== undefined) return loader === "musl";
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report?.header?.glibcVersionRuntime === undefined;
}

function headOfExecutable(): string {
  try {
    const fd = openSync(process.execPath, "r");
    try {
      const head = Buffer.alloc(4096);
      return head.toString("latin1", 0, readSync(fd, head));
    } finally {
      closeSync(fd);
    }
  } catch {
    return "";
  }
}

/**
 * The addon, loaded now if it was not: from the platform's package, else from a build beside the sources. The environment
 * variable `TREADLE_IO_ADDON` names the file of another build.
 *
 * @throws {@link RuntimeError} `ERR_IO_UNAVAILABLE`, naming what is missing.
 */
export function binding(): Binding {
  // A copy, for V8 keeps what an addon exports as a dictionary: each call would look its function up by name.
  loaded ??= { ...load() };
  return loaded;
}

function load(): Binding {
  const name = platformPackage();
  const own = process.env["TREADLE_IO_ADDON"];
  if (own !== undefined) return require(own) as Binding;
  const problems: string[] = [];
  for (const path of [name, localBuild]) {
    const found = tryLoad(path, problems);
    if (found !== null) return found;
  }
  throw unavailable(name, problems);
}

function tryLoad(path: string, problems: string[]): Binding | null {
  try {
    return require(path) as Binding;
  } catch (error) {
    const missing = path === localBuild ? !existsSync(path) : isMissing(error);
    if (!missing) problems.push((error as Error).message.split("\n")[0] as string);
    return null;
  }
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === "MODULE_NOT_FOUND";
}

/** @internal Makes the error for a machine without the addon. */
export function unavailable(name: string, problems: readonly string[]): RuntimeError {
  const why = problems.length === 0 ? "" : ` (${problems.join("; ")})`;
  return new RuntimeError(
    ERR_IO_UNAVAILABLE,
    `the native reactor of @treadle/io is missing${why}: install ${name}, or build it from source with ` +
      "`npx node-gyp rebuild` in the folder of @treadle/io (needs python3, make and a C++17 compiler); " +
      "everything else works without enableIo()",
  );
}
