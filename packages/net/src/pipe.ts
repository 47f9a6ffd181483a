/** Unix pipes: unnamed ones, and FIFOs opened by their path. */
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { type Awaitable, DONE, Leaf, type Poll, RuntimeError } from "@treadle/core";
import { type IoDriver, sys, type WouldBlock } from "@treadle/io";
import { ERR_NOT_A_PIPE } from "./errors.ts";
import { bothOf, enterIo, lengthOf } from "./io-object.ts";
import {
  readOf,
  Streaming,
  tryReadOf,
  tryWriteOf,
  tryWritevOf,
  writeOf,
  writevOf,
} from "./stream-socket.ts";

/** How a FIFO is opened. */
export interface PipeOpenOptions {
  /**
   * Opens it for both directions, though only one is used. A receiver then sees no end when all senders are gone, and a sender
   * needs no receiver to be there. Linux; off by default.
   */
  readonly readWrite?: boolean;
  /** Does not look whether the file is a FIFO. Off by default. */
  readonly unchecked?: boolean;
}

/** Closing as a future. */
class Close extends Leaf<void> {
  private readonly end: Streaming;

  constructor(end: Streaming) {
    super();
    this.end = end;
  }

  protected override poll(): Poll<void> {
    this.end.close();
    return DONE;
  }
}

/** The end of a pipe that writes. */
export class PipeSender extends Streaming {
  /** @internal */
  constructor(fd: number, driver: IoDriver) {
    super(fd, driver, false);
  }

  /** Takes over the writing end of a pipe, by its descriptor. */
  static fromFd(fd: number): PipeSender {
    const driver = enterIo("PipeSender.fromFd()");
    sys.setNonblocking(checkedFifo(fd), true);
    return new PipeSender(fd, driver);
  }

  /** Writes as much as there is room for: how many bytes. **Cancel safety**: safe. **Errors**: "EPIPE" without receivers. */
  write(bytes: Uint8Array, start = 0, end: number = lengthOf(bytes)): Awaitable<number> {
    return writeOf(this, bytes, start, end, false) as Awaitable<number>;
  }

  /** Writes all of `bytes`. **Cancel safety**: not safe, part of them may have been written. */
  writeAll(bytes: Uint8Array, start = 0, end: number = lengthOf(bytes)): Awaitable<void> {
    return writeOf(this, bytes, start, end, true) as Awaitable<void>;
  }

  /** As {@link PipeSender.write}, from up to 64 arrays at once. **Cancel safety**: safe. */
  writev(parts: readonly Uint8Array[]): Awaitable<number> {
    return writevOf(this, parts);
  }

  /** As {@link PipeSender.write}, at once: {@link WOULD_BLOCK} if there is no room. */
  tryWrite(bytes: Uint8Array): number | WouldBlock {
    return tryWriteOf(this, bytes);
  }

  /** As {@link PipeSender.writev}, at once: {@link WOULD_BLOCK} if there is no room. */
  tryWritev(parts: readonly Uint8Array[]): number | WouldBlock {
    return tryWritevOf(this, parts);
  }

  /** Closes the end, so that the receiver reads to the end. */
  shutdown(): Awaitable<void> {
    return new Close(this);
  }
}

/** The end of a pipe that reads. */
export class PipeReceiver extends Streaming {
  /** @internal */
  constructor(fd: number, driver: IoDriver) {
    super(fd, driver, false);
  }

  /** Takes over the reading end of a pipe, by its descriptor. */
  static fromFd(fd: number): PipeReceiver {
    const driver = enterIo("PipeReceiver.fromFd()");
    sys.setNonblocking(checkedFifo(fd), true);
    return new PipeReceiver(fd, driver);
  }

  /** Reads what is there: how many bytes, 0 when all senders are gone. **Cancel safety**: safe. */
  read(bytes: Uint8Array, start = 0, end: number = lengthOf(bytes)): Awaitable<number> {
    return readOf(this, bytes, start, end, false);
  }

  /** Fills `bytes`. **Errors**: `ERR_UNEXPECTED_EOF`. **Cancel safety**: not safe, what it had read is lost. */
  readExact(bytes: Uint8Array, start = 0, end: number = lengthOf(bytes)): Awaitable<number> {
    return readOf(this, bytes, start, end, true);
  }

  /** As {@link PipeReceiver.read}, at once: {@link WOULD_BLOCK} if there is nothing. */
  tryRead(bytes: Uint8Array): number | WouldBlock {
    return tryReadOf(this, bytes);
  }
}

/** The function {@link pipe}. */
export interface PipeFunction {
  /**
   * A new pipe.
   *
   * @throws {@link IoError} "EMFILE"; {@link RuntimeError} `ERR_NO_RUNTIME`, `ERR_IO_DISABLED`, `ERR_IO_SHUTDOWN`.
   */
  (): [PipeSender, PipeReceiver];
  /** The function itself, by Tokio's name. */
  pipe(): [PipeSender, PipeReceiver];
  /**
   * Opens the writing end of a FIFO.
   *
   * @throws Node's error of opening a file: "ENXIO" when nobody has it open for reading; {@link RuntimeError} `ERR_NOT_A_PIPE`.
   */
  openSender(path: string, options?: PipeOpenOptions): PipeSender;
  /**
   * Opens the reading end of a FIFO, at once, whether or not there is a sender.
   *
   * @throws Node's error of opening a file; {@link RuntimeError} `ERR_NOT_A_PIPE`.
   */
  openReceiver(path: string, options?: PipeOpenOptions): PipeReceiver;
}

function newPipe(): [PipeSender, PipeReceiver] {
  const driver = enterIo("pipe()");
  const ends = sys.pipe();
  const [receiver, sender] = bothOf<Streaming>(ends, (fd) =>
    fd === ends[0] ? new PipeReceiver(fd, driver) : new PipeSender(fd, driver),
  );
  return [sender as PipeSender, receiver as PipeReceiver];
}

function openSender(path: string, options: PipeOpenOptions = {}): PipeSender {
  const driver = enterIo("pipe.openSender()");
  return new PipeSender(openFifo(path, constants.O_WRONLY, options), driver);
}

function openReceiver(path: string, options: PipeOpenOptions = {}): PipeReceiver {
  const driver = enterIo("pipe.openReceiver()");
  return new PipeReceiver(openFifo(path, constants.O_RDONLY, options), driver);
}

/**
 * Makes a unix pipe, or opens a FIFO.
 *
 * @example
 * ```ts
 * import { Builder, pipe } from "treadle";
 *
 * const rt = Builder.newCurrentThread().enableIo().build();
 * rt.blockOn(function* () {
 *   const [sender, receiver] = pipe();
 *   yield* sender.writeAll(Buffer.from("hello"));
 *   sender.close();
 *   using _ = receiver;
 *   return yield* receiver.read(Buffer.alloc(16));
 * }); // => 5
 * ```
 */
export const pipe: PipeFunction = Object.assign(() => newPipe(), {
  pipe: newPipe,
  openSender,
  openReceiver,
});

function openFifo(path: string, direction: number, options: PipeOpenOptions): number {
  const how = options.readWrite === true ? constants.O_RDWR : direction;
  const fd = openSync(path, how | constants.O_NONBLOCK);
  try {
    return options.unchecked === true ? fd : checkedFifo(fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function checkedFifo(fd: number): number {
  if (fstatSync(fd).isFIFO()) return fd;
  throw new RuntimeError(ERR_NOT_A_PIPE, `not a pipe: file descriptor ${fd} is something else`);
}
