/** Reading and setting the options of sockets. */
import { invalidArg } from "@treadle/core";
import { type Binding, IoError, type SocketConstants } from "@treadle/io";
import { native } from "./io-object.ts";

type Name = keyof SocketConstants;

/** An option that is a number, by the level and name that the system's headers give it. */
export function getOption(fd: number, level: Name, name: Name): number {
  const { constants } = native;
  const result = native.getsockopt(fd, constants[level], constants[name]);
  if (result < 0) throw new IoError(result, "getsockopt");
  return result;
}

/** Sets an option that is a number. */
export function setOption(fd: number, level: Name, name: Name, value: number): void {
  const { constants } = native;
  const result = native.setsockopt(fd, constants[level], constants[name], value);
  if (result < 0) throw new IoError(result, "setsockopt");
}

/** Checks a number that a caller gave for an option. */
export function checkOption(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw invalidArg(name, value, `must be a whole number from 0 to ${most}`);
}

/** The number of a switch. */
export function switchOf(name: string, on: boolean): number {
  if (typeof on !== "boolean") throw invalidArg(name, on, "must be true or false");
  return on ? 1 : 0;
}

/** How a connection is kept alive; what is left out stays as the system has it. */
export interface KeepAlive {
  /** How long it may be idle before it is asked for a sign of life, in ms, rounded up to seconds. */
  readonly time?: number;
  /** How long between two questions, in ms, rounded up to seconds. */
  readonly interval?: number;
  /** How many questions stay without answer until it counts as broken. */
  readonly retries?: number;
}

const MAX_INT = 0x7fffffff;

/** Turns keeping alive on or off. */
export function setKeepAlive(fd: number, keep: boolean | KeepAlive): void {
  setOption(fd, "SOL_SOCKET", "SO_KEEPALIVE", keep === false ? 0 : 1);
  if (typeof keep === "boolean") return;
  const { time, interval, retries } = keep;
  if (time !== undefined) setOption(fd, "IPPROTO_TCP", "TCP_KEEPIDLE", secondsOf("time", time));
  if (interval !== undefined) {
    setOption(fd, "IPPROTO_TCP", "TCP_KEEPINTVL", secondsOf("interval", interval));
  }
  if (retries !== undefined) {
    setOption(fd, "IPPROTO_TCP", "TCP_KEEPCNT", checkOption("retries", retries, 127));
  }
}

function secondsOf(name: string, ms: number): number {
  if (typeof ms !== "number" || !(ms >= 0 && ms <= 1000 * MAX_INT)) {
    throw invalidArg(name, ms, "must be a number of milliseconds from 0 on");
  }
  return Math.ceil(ms / 1000);
}

/** How long `close` waits for what was not sent, in ms; null when it does not. */
export function getLinger(fd: number): number | null {
  const result = native.getLinger(fd);
  if (result < 0) throw new IoError(result, "getsockopt");
  return result === 0 ? null : (result - 1) * 1000;
}

/** See {@link getLinger}; rounded up to seconds. */
export function setLinger(fd: number, ms: number | null): void {
  const result = native.setLinger(fd, ms === null ? -1 : secondsOf("linger", ms));
  if (result < 0) throw new IoError(result, "setsockopt");
}

/** The error that the system keeps for a socket, which is gone then; null when there is none. */
export function takeError(fd: number): IoError | null {
  const errno = getOption(fd, "SOL_SOCKET", "SO_ERROR");
  return errno === 0 ? null : new IoError(-errno, "getsockopt");
}

/** Makes the call of a system call that gives an address, which then stands in the thread's words. */
export function named(call: "localAddress" | "peerAddress", fd: number, into: Int32Array): void {
  const result = (native as Pick<Binding, typeof call>)[call](fd, into);
  if (result < 0)
    throw new IoError(result, call === "localAddress" ? "getsockname" : "getpeername");
}
