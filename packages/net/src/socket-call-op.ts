/** One system call of a socket as a future: the parts that all of them share. */
import {
  cx,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import {
  type Descriptor,
  EAGAIN,
  EINTR,
  IoError,
  READ_TRY,
  READ_WAIT,
  WRITE_TRY,
  WRITE_WAIT,
} from "@treadle/io";
import { native, transmit } from "./io-object.ts";
import { NappingOp } from "./napping-op.ts";
import { NO_BYTES } from "./read-op.ts";
import type { SocketAddr } from "./socket-addr.ts";
import { words } from "./words.ts";

/** A call that is tried at once, and again each time the descriptor is ready; datagrams and peeks. */
export abstract class SocketCallOp<T> extends NappingOp<T> {
  private readonly tries: number;
  private readonly syscall: string;
  /** Whether it must try again though nothing has told it to. */
  protected naps: boolean;

  constructor(owner: object, descriptor: Descriptor, reads: boolean, syscall: string) {
    super(owner, descriptor, reads ? READ_WAIT : WRITE_WAIT);
    this.naps = false;
    this.tries = reads ? READ_TRY : WRITE_TRY;
    this.syscall = syscall;
  }

  /** Makes the call: 0 or more, or a negative errno. */
  protected abstract call(fd: number): number;

  /** The value of a call that succeeded. */
  protected abstract value(result: number): T;

  /** The error of a call that failed. */
  protected error(errno: number): Error {
    return new IoError(errno, this.syscall);
  }

  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, SocketCallOp.prototype.next);
    const { io, descriptor } = this;
    descriptor.check();
    if (this.napping) return this.wait(waker);
    while (io.readyBits(this.tries) !== 0) {
      if (!pollProceed()) return PENDING;
      const result = this.call(descriptor.fd);
      if (result >= 0) {
        this.end();
        return readyPoll(this.value(result));
      }
      if (result === EAGAIN) {
        refundBudget();
        descriptor.clear(this.tries);
        if (this.naps) return this.nap(waker);
      } else if (result !== EINTR) {
        this.end();
        throw this.error(result);
      }
    }
    return this.wait(waker);
  }
}

/** Receives with flags: peeking, and the messages of a connected socket. */
export class RecvOp extends SocketCallOp<number> {
  private readonly bytes: Uint8Array;
  private readonly flags: number;

  constructor(owner: object, descriptor: Descriptor, bytes: Uint8Array, flags: number) {
    super(owner, descriptor, true, "recv");
    this.bytes = bytes;
    this.flags = flags;
  }

  protected override call(fd: number): number {
    return native.recv(fd, this.bytes, this.flags);
  }

  protected override value(count: number): number {
    return count;
  }
}

/** Sends a message of a connected socket. */
export class SendOp extends SocketCallOp<number> {
  private readonly bytes: Uint8Array;

  constructor(owner: object, descriptor: Descriptor, bytes: Uint8Array) {
    super(owner, descriptor, false, "send");
    this.bytes = bytes;
  }

  protected override call(fd: number): number {
    return transmit(true, fd, this.bytes, 0, this.bytes.length);
  }

  protected override value(count: number): number {
    return count;
  }
}

/** Receives a message and whom it is from. */
export class RecvFromOp<A> extends SocketCallOp<[count: number, from: A]> {
  private readonly bytes: Uint8Array;
  private readonly flags: number;
  private readonly address: () => A;

  constructor(
    owner: object,
    descriptor: Descriptor,
    bytes: Uint8Array,
    flags: number,
    address: () => A,
  ) {
    super(owner, descriptor, true, "recvmsg");
    this.bytes = bytes;
    this.flags = flags;
    this.address = address;
  }

  protected override call(fd: number): number {
    return native.recvFrom(fd, this.bytes, this.flags, words);
  }

  protected override value(count: number): [count: number, from: A] {
    return [count, this.address()];
  }
}

/** Looks whom the next message is from. */
export class PeekSenderOp<A> extends SocketCallOp<A> {
  private readonly address: () => A;

  constructor(owner: object, descriptor: Descriptor, address: () => A) {
    super(owner, descriptor, true, "recvmsg");
    this.address = address;
  }

  protected override call(fd: number): number {
    return native.recvFrom(fd, NO_BYTES, native.constants.MSG_PEEK, words);
  }

  protected override value(): A {
    return this.address();
  }
}

/** What can be put into the thread's words. */
export interface Addressed {
  toWords(): Int32Array;
}

/** The `address` and `port` of an error. */
export function whereOf(target: Addressed): { address: string; port?: number } {
  const { ip, port } = target as Partial<SocketAddr>;
  if (ip === undefined || port === undefined) return { address: String(target) };
  return { address: ip, port };
}

/** Sends a message to an address. */
export class SendToOp extends SocketCallOp<number> {
  private readonly bytes: Uint8Array;
  private readonly target: Addressed;

  constructor(owner: object, descriptor: Descriptor, bytes: Uint8Array, target: Addressed) {
    super(owner, descriptor, false, "send");
    this.bytes = bytes;
    this.target = target;
  }

  protected override call(fd: number): number {
    return native.sendTo(fd, this.bytes, 0, this.target.toWords());
  }

  protected override value(count: number): number {
    return count;
  }

  protected override error(errno: number): Error {
    return new IoError(errno, "send", whereOf(this.target));
  }
}
