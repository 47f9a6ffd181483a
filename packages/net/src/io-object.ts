/** What sockets and pipes have in common: one descriptor, its readiness, its end. */
import {
  type Awaitable,
  currentWaker,
  invalidArg,
  Pending,
  pollProceed,
  type RuntimeContext,
  refundBudget,
  tryCurrentRuntime,
} from "@treadle/core";
import {
  type Binding,
  binding,
  currentIoDriver,
  Descriptor,
  type Interest,
  Interest as Interests,
  type IoDriver,
  READ_TRY,
  READ_WAIT,
  Ready,
  WOULD_BLOCK,
  type WouldBlock,
  WRITE_TRY,
  WRITE_WAIT,
} from "@treadle/io";
import { AsyncTry, ReadyOp } from "./ready-op.ts";
import { RUNTIME } from "./stream/host.ts";

/** The addon, once a socket was made. */
export let native: Binding;

/** What the addon's calls on streams share with JavaScript; see `Binding`. */
let registers: Int32Array;

/** Reads into `bytes` from `start` to `end`: how many, or a negative errno. */
export function receive(
  socket: boolean,
  fd: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  registers[0] = fd;
  registers[1] = start;
  registers[2] = end;
  if (socket) native.recvInto(bytes);
  else native.readInto(bytes);
  return registers[3] as number;
}

/** Writes from `bytes`, from `start` to `end`: how many, or a negative errno. */
export function transmit(
  socket: boolean,
  fd: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  registers[0] = fd;
  registers[1] = start;
  registers[2] = end;
  if (socket) native.sendFrom(bytes);
  else native.writeFrom(bytes);
  return registers[3] as number;
}

/** The driver of the current runtime, with the addon loaded; `what` names the caller in the error for "no runtime". */
export function enterIo(what: string): IoDriver {
  const driver = currentIoDriver(what);
  driver.checkOpen();
  native = binding();
  registers = native.registers;
  return driver;
}

/** The driver of a future: that of the runtime in which it was made, or else of that in which it is first polled. */
export class FutureDriver {
  private readonly what: string;
  private driver: IoDriver | null;

  constructor(what: string) {
    this.what = what;
    this.driver = tryCurrentRuntime() === null ? null : enterIo(what);
  }

  get(): IoDriver {
    this.driver ??= enterIo(this.what);
    return this.driver;
  }
}

/**
 * A socket or pipe: waits for its readiness, closes its descriptor once.
 *
 * @remarks It is closed by `close()`, by `using`, or when it is garbage-collected, which never happens while the thread is
 * blocked and is not to be relied upon. Operations after that, and those that still wait, fail with `ERR_IO_CLOSED`; when the
 * runtime is shut down, with `ERR_IO_SHUTDOWN`.
 */
export abstract class IoObject implements Disposable {
  /** @internal */
  readonly descriptor: Descriptor;

  /** @internal */
  constructor(fd: number, driver: IoDriver) {
    this.descriptor = new Descriptor(fd, this, driver);
  }

  /** The file descriptor, still owned by this; -1 once it is closed. */
  get fd(): number {
    return this.descriptor.fd;
  }

  /** @internal The runtime that it belongs to. */
  get [RUNTIME](): RuntimeContext | null {
    return this.descriptor.driver.runtime;
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.descriptor.isClosed();
  }

  /**
   * Waits for any readiness of `interest`, and answers what there is.
   *
   * @remarks Readiness may be spurious, so go on with `tryRead()` and its like. **Cancel safety**: safe.
   */
  ready(interest: Interest): Awaitable<Ready> {
    return new ReadyOp(this, this.descriptor, interest);
  }

  /** Waits until there is something to read, or the end. **Cancel safety**: safe. */
  readable(): Awaitable<Ready> {
    return this.ready(Interests.READABLE);
  }

  /** Waits until something can be written. **Cancel safety**: safe. */
  writable(): Awaitable<Ready> {
    return this.ready(Interests.WRITABLE);
  }

  /** For functions given to `pollFn`: what it is ready for, if it can be read; one reader, the last caller's waker is kept. */
  pollReadReady(): Ready | Pending {
    return this.pollReady("read", READ_WAIT, Interests.READABLE);
  }

  /** As {@link IoObject.pollReadReady}, for writing. */
  pollWriteReady(): Ready | Pending {
    return this.pollReady("write", WRITE_WAIT, Interests.WRITABLE);
  }

  private pollReady(slot: "read" | "write", mask: number, interest: Interest): Ready | Pending {
    const { descriptor } = this;
    const waker = currentWaker();
    descriptor.check();
    if (!pollProceed()) return Pending;
    const bits = descriptor.io.readyBits(mask);
    if (bits !== 0) return Ready.of(bits);
    refundBudget();
    descriptor.watch(interest.bits);
    descriptor.io.setSlot(slot, waker);
    return Pending;
  }

  /**
   * Tries an operation of one's own on the descriptor at once: {@link WOULD_BLOCK} without calling it if it is known not to be
   * ready, or if the operation says so.
   */
  tryIo<T>(interest: Interest, operation: (fd: number) => T | WouldBlock): T | WouldBlock {
    const { descriptor } = this;
    descriptor.check();
    if (descriptor.io.readyBits(tryMask(interest)) === 0) return WOULD_BLOCK;
    const result = operation(descriptor.fd);
    if (result === WOULD_BLOCK) descriptor.clear(tryMask(interest));
    return result;
  }

  /**
   * Runs an operation of one's own on the descriptor, and again each time it is ready, as often as it answers
   * {@link WOULD_BLOCK}.
   *
   * @remarks **Cancel safety**: safe, nothing runs while it waits.
   */
  asyncIo<T>(interest: Interest, operation: (fd: number) => T | WouldBlock): Awaitable<T> {
    return new AsyncTry(this, this.descriptor, interest, operation);
  }

  /** @internal The descriptor, or the error that there is none any more. */
  checkedFd(): number {
    const { fd } = this.descriptor;
    if (fd < 0) throw this.descriptor.dead();
    return fd;
  }

  /** Closes it; a second call does nothing. */
  close(): void {
    this.descriptor.close();
  }

  /** As {@link IoObject.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Gives the descriptor away: it is deregistered, not closed, and this object is at its end. */
  intoFd(): number {
    this.descriptor.check();
    return this.descriptor.release();
  }
}

/** The readiness at which somebody with this interest tries. */
export function tryMask(interest: Interest): number {
  const read = interest.isReadable() ? READ_TRY : 0;
  return read | (interest.isWritable() ? WRITE_TRY : 0);
}

/** Makes the owners of two descriptors; if the first cannot be made, the second is closed too. */
export function bothOf<T>([a, b]: readonly [number, number], own: (fd: number) => T): [T, T] {
  let first: T;
  try {
    first = own(a);
  } catch (error) {
    native.close(b);
    throw error;
  }
  return [first, own(b)];
}

/** Checks a buffer that a caller gave, and the part of it that is meant. */
export function checkRange(bytes: Uint8Array, start: number, end: number): void {
  checkBytes(bytes);
  if (start >= 0 && start <= end && end <= bytes.length && Number.isInteger(start + end)) return;
  throw invalidArg(
    "the range",
    `${start} to ${end}`,
    `must lie within the ${bytes.length} bytes of the buffer`,
  );
}

/** Checks a buffer that a caller gave. */
export function checkBytes(bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) throw invalidArg("the buffer", bytes, "must be a Uint8Array");
  if (bytes.length === 0 && isGivenAway(bytes.buffer))
    throw invalidArg("the buffer", bytes, "must not have been moved to another thread");
}

/** The length of a buffer that a caller gave, as the default of an argument. */
export function lengthOf(bytes: Uint8Array): number {
  checkBytes(bytes);
  return bytes.length;
}

/** Nobody can make a view of a buffer that was transferred; Node 20 has no other way to tell. */
function isGivenAway(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}
