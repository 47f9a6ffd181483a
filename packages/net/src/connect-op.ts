/** Connecting stream sockets: each address in turn until one answers. */
import { constants } from "node:os";
import { cx, Leaf, outsidePoll, PENDING, type Poll, pollProceed, readyPoll } from "@treadle/core";
import { type Descriptor, DescriptorOp, IoError, WRITE_WAIT } from "@treadle/io";
import { native } from "./io-object.ts";
import { getOption } from "./options.ts";
import { type Addressed, whereOf } from "./socket-call-op.ts";
import type { Streaming } from "./stream-socket.ts";

const EINPROGRESS = -constants.errno.EINPROGRESS;

/** Interest in both directions and urgent data: what a stream will be watched for anyway. */
const WATCH_ALL = 1 | 2 | 16;

/** Waits until a socket that is being connected is, or is not. */
class Connecting extends DescriptorOp<void> {
  private readonly target: Addressed;

  constructor(owner: object, descriptor: Descriptor, target: Addressed) {
    super(owner, descriptor, WRITE_WAIT);
    this.target = target;
  }

  override next(): Poll<void> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, Connecting.prototype.next);
    const { descriptor } = this;
    descriptor.check();
    if (this.io.readyBits(WRITE_WAIT) === 0) {
      descriptor.watch(WATCH_ALL);
      return this.wait(waker);
    }
    if (!pollProceed()) return PENDING;
    this.end();
    const errno = getOption(descriptor.fd, "SOL_SOCKET", "SO_ERROR");
    if (errno !== 0) throw connectError(-errno, this.target);
    return readyPoll(undefined);
  }
}

function connectError(errno: number, target: Addressed): IoError {
  return new IoError(errno, "connect", whereOf(target));
}

/** How one kind of stream connects. */
export interface Connector<T extends Streaming, A extends Addressed> {
  /** Opens a socket for an address. */
  open(address: A): number;
  /** Makes the stream, which owns the socket from now on. */
  own(fd: number): T;
}

/** The future of `connect()`, for addresses that are known. */
export class ConnectOp<T extends Streaming, A extends Addressed> extends Leaf<T> {
  private readonly connector: Connector<T, A>;
  private readonly addresses: readonly A[];
  private at: number;
  private stream: T | null;
  private connecting: Connecting | null;

  constructor(connector: Connector<T, A>, addresses: readonly A[]) {
    super();
    this.connector = connector;
    this.addresses = addresses;
    this.at = 0;
    this.stream = null;
    this.connecting = null;
  }

  protected override poll(): Poll<T> {
    for (;;) {
      try {
        if (this.connecting === null) this.begin(this.addresses[this.at] as A);
        if (this.connecting !== null && !(this.connecting as Connecting).next().done) {
          return PENDING;
        }
        return readyPoll(this.take());
      } catch (error) {
        this.drop();
        if (++this.at >= this.addresses.length) throw error;
      }
    }
  }

  private begin(address: A): void {
    const stream = this.connector.own(this.connector.open(address));
    this.stream = stream;
    const result = native.connectTo(stream.fd, address.toWords());
    if (result === 0) return;
    if (result !== EINPROGRESS) throw connectError(result, address);
    this.connecting = new Connecting(stream, stream.descriptor, address);
  }

  private take(): T {
    const stream = this.stream as T;
    this.stream = null;
    this.connecting = null;
    return stream;
  }

  protected override drop(): void {
    this.connecting?.return();
    this.connecting = null;
    this.stream?.close();
    this.stream = null;
  }
}
