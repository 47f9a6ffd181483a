/** System calls on file descriptors that never block, for operations on registered sources. */
import { constants } from "node:os";
import { type Binding, binding } from "./binding.ts";
import { IoError } from "./error.ts";
import { shortTransfer } from "./short-transfer.ts";
import { WOULD_BLOCK, type WouldBlock } from "./would-block.ts";

const EAGAIN = -constants.errno.EAGAIN;

function checked(result: number, syscall: string): number {
  if (result < 0) throw new IoError(result, syscall);
  return result;
}

function transfer(result: number, syscall: string): number | WouldBlock {
  if (result >= 0) return result;
  if (result === EAGAIN) return WOULD_BLOCK;
  throw new IoError(result, syscall);
}

function transferred(
  fd: number,
  result: number,
  asked: number,
  syscall: "read" | "write",
): number | WouldBlock {
  if (result > 0 && result < asked) {
    shortTransfer.fd = fd;
    shortTransfer.read = syscall === "read";
  }
  return transfer(result, syscall);
}

function pairOf(call: (native: Binding, ends: Int32Array) => number, syscall: string): Pair {
  const ends = new Int32Array(2);
  checked(call(binding(), ends), syscall);
  return [ends[0] as number, ends[1] as number];
}

/** Two file descriptors that belong together. */
export type Pair = [number, number];

/**
 * The system calls that operations on a source are made of: they never wait, they answer {@link WOULD_BLOCK} instead.
 *
 * @remarks What is opened here is non-blocking and not inherited by child processes. **Errors**: {@link IoError}.
 */
export interface Sys {
  /** Reads into `bytes`; how many, 0 at the end. */
  read(fd: number, bytes: Uint8Array): number | WouldBlock;
  /** Writes from `bytes`; how many. */
  write(fd: number, bytes: Uint8Array): number | WouldBlock;
  /** Receives from a socket, with `MSG_` flags. */
  recv(fd: number, bytes: Uint8Array, flags: number): number | WouldBlock;
  /** Sends on a socket, with `MSG_` flags. */
  send(fd: number, bytes: Uint8Array, flags: number): number | WouldBlock;
  /** Closes. */
  close(fd: number): void;
  /** A second descriptor of the same file. */
  dup(fd: number): number;
  /** Makes operations on it answer at once, or wait. */
  setNonblocking(fd: number, on: boolean): void;
  /** A pipe: `[reading end, writing end]`. */
  pipe(): Pair;
  /** Two connected unix stream sockets. */
  socketpair(): Pair;
  /** Closes one or both directions of a socket: 0 reading, 1 writing, 2 both. */
  shutdown(fd: number, how: number): void;
  /** Linux: a counter that is readable while it is not 0. */
  eventfd(initial: number): number;
  /** Linux: becomes readable once after `ms`. */
  timerfd(ms: number): number;
}

/** See {@link Sys}; the addon is loaded by the first call. */
export const sys: Sys = {
  read: (fd, bytes) => transferred(fd, binding().read(fd, bytes), bytes.length, "read"),
  write: (fd, bytes) => transferred(fd, binding().write(fd, bytes), bytes.length, "write"),
  recv: (fd, bytes, flags) => transfer(binding().recv(fd, bytes, flags), "recv"),
  send: (fd, bytes, flags) => transfer(binding().send(fd, bytes, flags), "send"),
  close: (fd) => void checked(binding().close(fd), "close"),
  dup: (fd) => checked(binding().dup(fd), "fcntl"),
  setNonblocking: (fd, on) => void checked(binding().setNonblocking(fd, on ? 1 : 0), "fcntl"),
  pipe: () => pairOf((native, ends) => native.pipe(ends), "pipe2"),
  socketpair: () => pairOf((native, ends) => native.socketpair(1, ends), "socketpair"),
  shutdown: (fd, how) => void checked(binding().shutdown(fd, how), "shutdown"),
  eventfd: (initial) => checked(binding().eventfd(initial), "eventfd"),
  timerfd: (ms) => checked(binding().timerfd(ms), "timerfd_create"),
};
