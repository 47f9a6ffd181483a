/** What connected stream sockets and the ends of pipes have in common: reading and writing. */
import { constants } from "node:os";
import type { Duplex } from "node:stream";
import { type Awaitable, DONE, invalidArg, Leaf, type Poll } from "@treadle/core";
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
import {
  checkBytes,
  checkRange,
  IoObject,
  lengthOf,
  native,
  receive,
  transmit,
} from "./io-object.ts";
import { ReadOp } from "./read-op.ts";
import { RecvOp } from "./socket-call-op.ts";
import type { AsyncReadWrite } from "./stream/contract.ts";
import { type ToNodeOptions, toNode } from "./stream/node.ts";
import { type ToWebOptions, toWeb, type WebStreams } from "./stream/web.ts";
import { WriteOp, WritePartsOp } from "./write-op.ts";

const ENOTCONN = -constants.errno.ENOTCONN;

/** Makes the future of a read; the last one of the same stream again, if it is over. */
export function readOf(
  stream: Streaming,
  bytes: Uint8Array,
  start: number,
  end: number,
  exact: boolean,
): ReadOp {
  checkRange(bytes, start, end);
  let op = stream.reading;
  if (op.busy) {
    op = new ReadOp(stream, stream.descriptor, stream.isSocket);
    stream.reading = op;
  }
  return op.begin(bytes, start, end, exact);
}

/** Makes the future of a write; the last one of the same stream again, if it is over. */
export function writeOf(
  stream: Streaming,
  bytes: Uint8Array,
  start: number,
  end: number,
  all: boolean,
): WriteOp {
  checkRange(bytes, start, end);
  let op = stream.writing;
  if (op.busy) {
    op = new WriteOp(stream, stream.descriptor, stream.isSocket);
    stream.writing = op;
  }
  return op.begin(bytes, start, end, all);
}

/** What bytes flow through in either direction. */
export abstract class Streaming extends IoObject {
  /** @internal */
  readonly isSocket: boolean;
  /** @internal */
  reading: ReadOp;
  /** @internal */
  writing: WriteOp;

  /** @internal */
  constructor(fd: number, driver: IoDriver, isSocket: boolean) {
    super(fd, driver);
    this.isSocket = isSocket;
    this.reading = new ReadOp(this, this.descriptor, isSocket);
    this.writing = new WriteOp(this, this.descriptor, isSocket);
  }
}

/** As `read()`, at once: {@link WOULD_BLOCK} if there is nothing. */
export function tryReadOf(stream: Streaming, bytes: Uint8Array): number | WouldBlock {
  checkBytes(bytes);
  const { descriptor } = stream;
  descriptor.check();
  const { io, fd } = descriptor;
  while (io.readyBits(READ_TRY) !== 0) {
    const count = receive(stream.isSocket, fd, bytes, 0, bytes.length);
    if (count >= 0) return count;
    if (count === EAGAIN) descriptor.clear(READ_TRY);
    else if (count !== EINTR) throw new IoError(count, "read");
  }
  return WOULD_BLOCK;
}

/** As `write()`, at once: {@link WOULD_BLOCK} if there is no room. */
export function tryWriteOf(stream: Streaming, bytes: Uint8Array): number | WouldBlock {
  checkBytes(bytes);
  const { descriptor } = stream;
  descriptor.check();
  const { io, fd } = descriptor;
  while (io.readyBits(WRITE_TRY) !== 0) {
    const count = transmit(stream.isSocket, fd, bytes, 0, bytes.length);
    if (count >= 0) return count;
    if (count === EAGAIN) descriptor.clear(WRITE_TRY);
    else if (count !== EINTR) throw new IoError(count, "write");
  }
  return WOULD_BLOCK;
}

/** As `writev()`, at once: {@link WOULD_BLOCK} if there is no room. */
export function tryWritevOf(stream: Streaming, parts: readonly Uint8Array[]): number | WouldBlock {
  checkParts(parts);
  const { descriptor } = stream;
  descriptor.check();
  while (descriptor.io.readyBits(WRITE_TRY) !== 0) {
    const count = native.writeParts(descriptor.fd, parts, 0, stream.isSocket ? 1 : 0);
    if (count >= 0) return count;
    if (count === EAGAIN) descriptor.clear(WRITE_TRY);
    else if (count !== EINTR) throw new IoError(count, "write");
  }
  return WOULD_BLOCK;
}

/** The future of `writev()`. */
export function writevOf(stream: Streaming, parts: readonly Uint8Array[]): Awaitable<number> {
  checkParts(parts);
  return new WritePartsOp(stream, stream.descriptor, stream.isSocket, parts);
}

function checkParts(parts: readonly Uint8Array[]): void {
  if (Array.isArray(parts) && parts.every((part) => part instanceof Uint8Array)) return;
  throw invalidArg("the parts", parts, "must be an array of Uint8Arrays");
}

/** Which directions of a socket are shut down. */
export const HOW: Readonly<Record<"read" | "write" | "both", number>> = {
  read: 0,
  write: 1,
  both: 2,
};

/** A direction of a stream, or both. */
export type Direction = "read" | "write" | "both";

class Shutdown extends Leaf<void> {
  private readonly stream: Streaming;
  private readonly how: number;

  constructor(stream: Streaming, how: number) {
    super();
    this.stream = stream;
    this.how = how;
  }

  protected override poll(): Poll<void> {
    shutDown(this.stream, this.how);
    return DONE;
  }
}

/** Shuts a direction down; that the peer has gone already is no error. */
export function shutDown(stream: Streaming, how: number): void {
  stream.descriptor.check();
  const result = native.shutdown(stream.descriptor.fd, how);
  if (result < 0 && result !== ENOTCONN) throw new IoError(result, "shutdown");
}

/** A connected stream socket; {@link TcpStream} and {@link UnixStream}. */
export abstract class StreamSocket extends Streaming {
  /** @internal */
  constructor(fd: number, driver: IoDriver) {
    super(fd, driver, true);
  }

  /**
   * Reads what is there into `bytes`, waiting until there is something: how many bytes, 0 at the end.
   *
   * @param start - where in `bytes` to begin, and `end` where to stop: as `bytes.subarray(start, end)`, which costs more.
   *
   * @remarks **Cancel safety**: safe, nothing is read if it is dropped.
   */
  read(bytes: Uint8Array, start = 0, end: number = lengthOf(bytes)): Awaitable<number> {
    return readOf(this, bytes, start, end, false);
  }

  /**
   * Fills `bytes`.
   *
   * @remarks **Errors**: `ERR_UNEXPECTED_EOF` when the stream ends before. **Cancel safety**: not safe, what it had read is in
   * the buffer and gone from the stream.
   */
  readExact(bytes: Uint8Array, start = 0, end: number = lengthOf(bytes)): Awaitable<number> {
    return readOf(this, bytes, start, end, true);
  }

  /** As {@link StreamSocket.read}, and what was read stays in the stream. **Cancel safety**: safe. */
  peek(bytes: Uint8Array): Awaitable<number> {
    checkBytes(bytes);
    return new RecvOp(this, this.descriptor, bytes, native.constants.MSG_PEEK);
  }

  /** As {@link StreamSocket.read}, at once: {@link WOULD_BLOCK} if there is nothing. */
  tryRead(bytes: Uint8Array): number | WouldBlock {
    return tryReadOf(this, bytes);
  }

  /**
   * Writes as much of `bytes` as there is room for, waiting until there is some: how many bytes.
   *
   * @param start - where in `bytes` to begin, and `end` where to stop: as `bytes.subarray(start, end)`, which costs more.
   *
   * @remarks **Cancel safety**: safe, nothing is written if it is dropped.
   */
  write(bytes: Uint8Array, start = 0, end: number = lengthOf(bytes)): Awaitable<number> {
    return writeOf(this, bytes, start, end, false) as Awaitable<number>;
  }

  /**
   * Writes all of `bytes`.
   *
   * @remarks The bytes must not change meanwhile. **Cancel safety**: not safe, part of them may have been written.
   */
  writeAll(bytes: Uint8Array, start = 0, end: number = lengthOf(bytes)): Awaitable<void> {
    return writeOf(this, bytes, start, end, true) as Awaitable<void>;
  }

  /** As {@link StreamSocket.write}, from up to 64 arrays at once. **Cancel safety**: safe. */
  writev(parts: readonly Uint8Array[]): Awaitable<number> {
    return writevOf(this, parts);
  }

  /** As {@link StreamSocket.write}, at once: {@link WOULD_BLOCK} if there is no room. */
  tryWrite(bytes: Uint8Array): number | WouldBlock {
    return tryWriteOf(this, bytes);
  }

  /** As {@link StreamSocket.writev}, at once: {@link WOULD_BLOCK} if there is no room. */
  tryWritev(parts: readonly Uint8Array[]): number | WouldBlock {
    return tryWritevOf(this, parts);
  }

  /**
   * Ends the writing side, so that the peer reads to the end; reading goes on. `"read"` and `"both"` end the other side too.
   *
   * @remarks That the peer has gone already is no error. **Cancel safety**: safe.
   */
  shutdown(direction: Direction = "write"): Awaitable<void> {
    const how = HOW[direction];
    if (how === undefined) {
      throw invalidArg("direction", direction, 'must be "read", "write" or "both"');
    }
    return new Shutdown(this, how);
  }

  /** As a stream of Node's, which then owns it; see {@link toNode}. */
  toNode(options?: ToNodeOptions): Duplex {
    return toNode(this as AsyncReadWrite, options);
  }

  /** As a pair of web streams, which then own it; see {@link toWeb}. */
  toWeb(options?: ToWebOptions): WebStreams {
    return toWeb(this, options);
  }

  /** @internal Ends the writing side at once; a failure is the peer's end too. */
  endWriting(): void {
    native.shutdown(this.fd, HOW.write);
  }
}
