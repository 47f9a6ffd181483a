/** What datagram sockets have in common: messages of and to a peer that they are connected to. */
import type { Awaitable } from "@treadle/core";
import {
  EAGAIN,
  EINTR,
  type IoDriver,
  IoError,
  READ_TRY,
  WOULD_BLOCK,
  type WouldBlock,
  WRITE_TRY,
} from "@treadle/io";
import { checkBytes, IoObject, native, transmit } from "./io-object.ts";
import { takeError } from "./options.ts";
import {
  type Addressed,
  PeekSenderOp,
  RecvFromOp,
  RecvOp,
  SendOp,
  whereOf,
} from "./socket-call-op.ts";
import { words } from "./words.ts";

/**
 * A datagram socket; {@link UdpSocket} and {@link UnixDatagram}.
 *
 * @remarks A message that is longer than the buffer is cut.
 */
export abstract class DatagramSocket<A> extends IoObject {
  private readonly address: () => A;

  /** @internal */
  constructor(fd: number, driver: IoDriver, address: () => A) {
    super(fd, driver);
    this.address = address;
  }

  /** Receives the next message of the connected peer: how many bytes. **Cancel safety**: safe. */
  recv(bytes: Uint8Array): Awaitable<number> {
    checkBytes(bytes);
    return new RecvOp(this, this.descriptor, bytes, 0);
  }

  /** Sends a message to the connected peer: how many bytes. **Cancel safety**: safe. */
  send(bytes: Uint8Array): Awaitable<number> {
    checkBytes(bytes);
    return new SendOp(this, this.descriptor, bytes);
  }

  /** Receives the next message, and whom it is from. **Cancel safety**: safe. */
  recvFrom(bytes: Uint8Array): Awaitable<[count: number, from: A]> {
    checkBytes(bytes);
    return new RecvFromOp(this, this.descriptor, bytes, 0, this.address);
  }

  /** As {@link DatagramSocket.recv}, and the message stays. **Cancel safety**: safe. */
  peek(bytes: Uint8Array): Awaitable<number> {
    checkBytes(bytes);
    return new RecvOp(this, this.descriptor, bytes, native.constants.MSG_PEEK);
  }

  /** As {@link DatagramSocket.recvFrom}, and the message stays. **Cancel safety**: safe. */
  peekFrom(bytes: Uint8Array): Awaitable<[count: number, from: A]> {
    checkBytes(bytes);
    const flags = native.constants.MSG_PEEK;
    return new RecvFromOp(this, this.descriptor, bytes, flags, this.address);
  }

  /** Waits for a message, and answers whom it is from; the message stays. **Cancel safety**: safe. */
  peekSender(): Awaitable<A> {
    return new PeekSenderOp(this, this.descriptor, this.address);
  }

  /** As {@link DatagramSocket.peekSender}, at once: {@link WOULD_BLOCK} if there is none. */
  tryPeekSender(): A | WouldBlock {
    const found = this.tryPeekFrom(new Uint8Array(0));
    return found === WOULD_BLOCK ? WOULD_BLOCK : (found as [number, A])[1];
  }

  /** As {@link DatagramSocket.recv}, at once: {@link WOULD_BLOCK} if there is none. */
  tryRecv(bytes: Uint8Array): number | WouldBlock {
    checkBytes(bytes);
    return this.attempt(READ_TRY, "recv", (fd) => native.recv(fd, bytes, 0));
  }

  /** As {@link DatagramSocket.recvFrom}, at once: {@link WOULD_BLOCK} if there is none. */
  tryRecvFrom(bytes: Uint8Array): [count: number, from: A] | WouldBlock {
    return this.receive(bytes, 0);
  }

  /** As {@link DatagramSocket.peekFrom}, at once: {@link WOULD_BLOCK} if there is none. */
  tryPeekFrom(bytes: Uint8Array): [count: number, from: A] | WouldBlock {
    return this.receive(bytes, native.constants.MSG_PEEK);
  }

  private receive(bytes: Uint8Array, flags: number): [count: number, from: A] | WouldBlock {
    checkBytes(bytes);
    const count = this.attempt(READ_TRY, "recvmsg", (fd) =>
      native.recvFrom(fd, bytes, flags, words),
    );
    return count === WOULD_BLOCK ? WOULD_BLOCK : [count as number, this.address()];
  }

  /** As {@link DatagramSocket.send}, at once: {@link WOULD_BLOCK} if there is no room. */
  trySend(bytes: Uint8Array): number | WouldBlock {
    checkBytes(bytes);
    return this.attempt(WRITE_TRY, "send", (fd) => transmit(true, fd, bytes, 0, bytes.length));
  }

  /** @internal Sends to an address at once. */
  trySendOf(bytes: Uint8Array, target: Addressed): number | WouldBlock {
    checkBytes(bytes);
    const call = (fd: number): number => native.sendTo(fd, bytes, 0, target.toWords());
    return this.attempt(WRITE_TRY, "send", call, target);
  }

  private attempt(
    mask: number,
    syscall: string,
    call: (fd: number) => number,
    target?: Addressed,
  ): number | WouldBlock {
    const { descriptor } = this;
    descriptor.check();
    while (descriptor.io.readyBits(mask) !== 0) {
      const result = call(descriptor.fd);
      if (result >= 0) return result;
      if (result === EAGAIN) descriptor.clear(mask);
      else if (result !== EINTR) {
        throw new IoError(result, syscall, target === undefined ? {} : whereOf(target));
      }
    }
    return WOULD_BLOCK;
  }

  /** The error that the system keeps for the socket, which is gone then. */
  takeError(): IoError | null {
    return takeError(this.checkedFd());
  }
}
