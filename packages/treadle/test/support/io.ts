/** Descriptors and runtimes for the tests of I/O. */

import { cx, deferWake, type Future } from "@treadle/core";
import { binding } from "@treadle/io";
import {
  type AllFeatures,
  Builder,
  Pending,
  pollFn,
  type Runtime,
  sys,
  WOULD_BLOCK,
} from "treadle";
import { beforeAll, describe } from "vitest";

/** Runs tests once on each selector. */
export function onEachSelector(body: () => void): void {
  for (const kind of process.platform === "linux" ? ["epoll", "uv"] : ["uv"]) {
    describe(`on ${kind}`, () => {
      // Read when a runtime opens its reactor.
      beforeAll(() => {
        process.env["TREADLE_IO_SELECTOR"] = kind;
      });
      body();
    });
  }
}

/** A current-thread runtime with everything enabled. */
export function ioRuntime(): Runtime<AllFeatures> {
  return Builder.newCurrentThread().enableAll().build();
}

/** One end of something, closed when it is disposed of. */
export class End implements Disposable {
  readonly fd: number;
  private open = true;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Writes a text; how many bytes, or null where it would block. */
  write(text: string | Uint8Array): number | null {
    const written = sys.write(this.fd, typeof text === "string" ? Buffer.from(text) : text);
    return written === WOULD_BLOCK ? null : (written as number);
  }

  /** Reads up to `size` bytes as a text; null where it would block. */
  read(size = 64): string | null {
    const bytes = Buffer.alloc(size);
    const count = sys.read(this.fd, bytes);
    return count === WOULD_BLOCK ? null : bytes.toString("latin1", 0, count as number);
  }

  /** Reads until it would block. */
  drain(): void {
    while ((this.read(65_536) ?? "") !== "");
  }

  [Symbol.dispose](): void {
    if (this.open) sys.close(this.fd);
    this.open = false;
  }
}

/** Two connected sockets. */
export function socketpair(): [End, End] {
  const [a, b] = sys.socketpair();
  return [new End(a), new End(b)];
}

const AF_INET = 2;
const STREAM = 1;
const DGRAM = 2;

function checked(result: number): number {
  if (result < 0) throw new Error(`errno ${-result}`);
  return result;
}

/** The bytes of 127.0.0.1:port as the system wants them. */
export function loopback(port: number): Uint8Array {
  const address = new Uint8Array(16);
  if (process.platform === "linux") new Uint16Array(address.buffer)[0] = AF_INET;
  else address.set([16, AF_INET]);
  address.set([port >> 8, port & 255, 127, 0, 0, 1], 2);
  return address;
}

function portOf(fd: number): number {
  const address = new Uint8Array(128);
  checked(binding().getsockname(fd, address));
  return ((address[2] as number) << 8) | (address[3] as number);
}

function boundSocket(type: number): End {
  const end = new End(checked(binding().socket(AF_INET, type, 0)));
  checked(binding().bind(end.fd, loopback(0)));
  return end;
}

/** A listening TCP socket and its port. */
export function tcpListener(): [End, number] {
  const end = boundSocket(STREAM);
  checked(binding().listen(end.fd, 16));
  return [end, portOf(end.fd)];
}

/** Two connected TCP sockets. */
export function tcpPair(): [End, End] {
  const [listener, port] = tcpListener();
  using _ = listener;
  const client = new End(checked(binding().socket(AF_INET, STREAM, 0)));
  binding().connect(client.fd, loopback(port));
  return [client, new End(checked(binding().accept(listener.fd)))];
}

/** A UDP socket and its port. */
export function udpSocket(): [End, number] {
  const end = boundSocket(DGRAM);
  return [end, portOf(end.fd)];
}

/** Lets the drivers take their turn before it goes on. */
export function turn(): Future<void> {
  let waited = false;
  return pollFn<void>(() => {
    if (waited || cx.waker === null) return undefined;
    waited = true;
    deferWake(cx.waker);
    return Pending;
  });
}

/** Whether the selector that is tested is edge-triggered by itself. */
export function hasEdges(): boolean {
  return process.env["TREADLE_IO_SELECTOR"] !== "uv";
}
