/** The two halves of a stream: borrowed, or owned each by whoever has it. */
import { type Awaitable, type RuntimeContext, RuntimeError } from "@treadle/core";
import type { Interest, Ready, WouldBlock } from "@treadle/io";
import { ERR_REUNITE } from "./errors.ts";
import { RUNTIME } from "./stream/host.ts";
import type { StreamSocket } from "./stream-socket.ts";

/** A stream that has addresses. */
export type Splittable<A> = StreamSocket & { localAddr(): A; peerAddr(): A };

/** What a half and its stream have in common. */
abstract class Half<A, S extends Splittable<A>> {
  /** @internal */
  readonly stream: S;

  /** @internal */
  constructor(stream: S) {
    this.stream = stream;
  }

  /** @internal The runtime that it belongs to. */
  get [RUNTIME](): RuntimeContext | null {
    return this.stream[RUNTIME];
  }

  /** As `ready()` of the stream. */
  ready(interest: Interest): Awaitable<Ready> {
    return this.stream.ready(interest);
  }

  /** The address of this side. */
  localAddr(): A {
    return this.stream.localAddr();
  }

  /** The address of the other side. */
  peerAddr(): A {
    return this.stream.peerAddr();
  }
}

/** The reading half of a stream that somebody else owns; see `split()`. */
export class ReadHalf<A = unknown, S extends Splittable<A> = Splittable<A>> extends Half<A, S> {
  /** As {@link TcpStream.read}. */
  read(bytes: Uint8Array, start?: number, end?: number): Awaitable<number> {
    return this.stream.read(bytes, start, end);
  }

  /** As {@link TcpStream.readExact}. */
  readExact(bytes: Uint8Array, start?: number, end?: number): Awaitable<number> {
    return this.stream.readExact(bytes, start, end);
  }

  /** As {@link TcpStream.peek}. */
  peek(bytes: Uint8Array): Awaitable<number> {
    return this.stream.peek(bytes);
  }

  /** As {@link TcpStream.tryRead}. */
  tryRead(bytes: Uint8Array): number | WouldBlock {
    return this.stream.tryRead(bytes);
  }

  /** As {@link TcpStream.readable}. */
  readable(): Awaitable<Ready> {
    return this.stream.readable();
  }
}

/** The writing half of a stream that somebody else owns; see `split()`. */
export class WriteHalf<A = unknown, S extends Splittable<A> = Splittable<A>> extends Half<A, S> {
  /** As {@link TcpStream.write}. */
  write(bytes: Uint8Array, start?: number, end?: number): Awaitable<number> {
    return this.stream.write(bytes, start, end);
  }

  /** As {@link TcpStream.writeAll}. */
  writeAll(bytes: Uint8Array, start?: number, end?: number): Awaitable<void> {
    return this.stream.writeAll(bytes, start, end);
  }

  /** As {@link TcpStream.writev}. */
  writev(parts: readonly Uint8Array[]): Awaitable<number> {
    return this.stream.writev(parts);
  }

  /** As {@link TcpStream.tryWrite}. */
  tryWrite(bytes: Uint8Array): number | WouldBlock {
    return this.stream.tryWrite(bytes);
  }

  /** As {@link TcpStream.writable}. */
  writable(): Awaitable<Ready> {
    return this.stream.writable();
  }

  /** Ends the writing side, so that the peer reads to the end. */
  shutdown(): Awaitable<void> {
    return this.stream.shutdown();
  }
}

/** Which halves of a stream are still held. */
interface Holders {
  count: number;
}

/**
 * The reading half of a stream, which belongs to its holder; see `intoSplit()`.
 *
 * @remarks The stream is closed when both halves are.
 */
export class OwnedReadHalf<A = unknown, S extends Splittable<A> = Splittable<A>>
  extends ReadHalf<A, S>
  implements Disposable
{
  private readonly holders: Holders;
  private held = true;

  /** @internal */
  constructor(stream: S, holders: Holders) {
    super(stream);
    this.holders = holders;
  }

  /**
   * The stream again, from its two halves, which are at their end then.
   *
   * @throws {@link RuntimeError} `ERR_REUNITE` when they are of different streams, or one was closed.
   */
  reunite(other: OwnedWriteHalf<A, S>): S {
    if (other.stream !== this.stream) throw reuniteError("the halves are of different streams");
    if (!this.held || !other.release()) throw reuniteError("a half was closed");
    this.held = false;
    return this.stream;
  }

  /** Lets the half go; the other goes on. A second call does nothing. */
  close(): void {
    if (!this.held) return;
    this.held = false;
    if (--this.holders.count === 0) this.stream.close();
  }

  /** As {@link OwnedReadHalf.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * The writing half of a stream, which belongs to its holder; see `intoSplit()`.
 *
 * @remarks Closing it ends the writing side, so that the peer reads to the end. The stream is closed when both halves are.
 */
export class OwnedWriteHalf<A = unknown, S extends Splittable<A> = Splittable<A>>
  extends WriteHalf<A, S>
  implements Disposable
{
  private readonly holders: Holders;
  private held = true;

  /** @internal */
  constructor(stream: S, holders: Holders) {
    super(stream);
    this.holders = holders;
  }

  /** As {@link OwnedReadHalf.reunite}. */
  reunite(other: OwnedReadHalf<A, S>): S {
    return other.reunite(this);
  }

  /** @internal Lets the half go for {@link OwnedReadHalf.reunite}; false when it is gone already. */
  release(): boolean {
    const { held } = this;
    this.held = false;
    return held;
  }

  /** Lets the half go without ending the writing side. */
  forget(): void {
    if (!this.release()) return;
    if (--this.holders.count === 0) this.stream.close();
  }

  /** Ends the writing side and lets the half go; reading goes on. A second call does nothing. */
  close(): void {
    if (!this.held) return;
    if (!this.stream.closed) this.stream.endWriting();
    this.forget();
  }

  /** As {@link OwnedWriteHalf.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** The owned halves of a stream. */
export function ownedHalves<A, S extends Splittable<A>>(
  stream: S,
): [OwnedReadHalf<A, S>, OwnedWriteHalf<A, S>] {
  const holders = { count: 2 };
  return [new OwnedReadHalf<A, S>(stream, holders), new OwnedWriteHalf<A, S>(stream, holders)];
}

function reuniteError(why: string): RuntimeError {
  return new RuntimeError(
    ERR_REUNITE,
    `tried to reunite halves that are not from the same socket: ${why}`,
  );
}
