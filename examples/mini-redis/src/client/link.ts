/** A connection to a server: requests out, replies in, as two tasks of the current runtime. */
import {
  type Async,
  type Awaitable,
  fn,
  type JoinHandle,
  Notify,
  spawn,
  TcpStream,
  UnixStream,
} from "treadle";
import { type BytesLike, byteString } from "../resp/byte-string.ts";
import { ReplyBuffer } from "../resp/reply-buffer.ts";
import { BufferPool } from "../server/buffer-pool.ts";
import type { Stream } from "../server/connection.ts";
import { type Reply, ReplyParser } from "./reply-parser.ts";

/** Where a server is: "host:port", or the path of a Unix socket, which holds a slash. */
export type Address = string;

/** What is told to the owner of a {@link Link}. */
export interface LinkOwner {
  onReply(reply: Reply): void;
  /** Nothing more comes. */
  onEnd(error: Error): void;
}

export class Link implements Disposable {
  /** Why it has ended; null while it has not. */
  failure: Error | null = null;
  private readonly stream: Stream;
  private readonly owner: LinkOwner;
  private readonly parser: ReplyParser;
  private readonly out: ReplyBuffer;
  private readonly pool: BufferPool = new BufferPool();
  private readonly written: Notify = new Notify();
  private readonly tasks: readonly JoinHandle<void>[];

  constructor(stream: Stream, owner: LinkOwner, binary: boolean) {
    this.stream = stream;
    this.owner = owner;
    this.parser = new ReplyParser(binary);
    this.out = new ReplyBuffer(this.pool);
    this.tasks = [spawn(this.receive()), spawn(this.transmit())];
  }

  /** Sends a request; those of one moment go out together. */
  send(words: readonly BytesLike[]): void {
    this.out.array(words.length);
    for (const word of words) this.out.bulk(byteString(word));
    this.written.notifyOne();
  }

  private *receive(): Async<void> {
    try {
      for (;;) {
        const count = yield* this.stream.read(this.parser.space());
        if (count === 0) throw new Error("the server has closed the connection");
        this.parser.filled(count);
        for (let reply = this.parser.next(); reply !== undefined; reply = this.parser.next()) {
          this.owner.onReply(reply);
        }
      }
    } catch (error) {
      this.end(error as Error);
    }
  }

  private *transmit(): Async<void> {
    try {
      for (;;) {
        if (this.out.length === 0) yield* this.written.notified();
        const { length } = this.out;
        const bytes = this.out.release();
        yield* this.stream.writeAll(bytes, 0, length);
        this.pool.giveBack(bytes);
      }
    } catch (error) {
      this.end(error as Error);
    }
  }

  private end(error: Error): void {
    if (this.failure !== null) return;
    this.failure = error;
    for (const task of this.tasks) task.abort();
    this.stream.close();
    this.owner.onEnd(error);
  }

  [Symbol.dispose](): void {
    this.end(new Error("the client was closed"));
  }
}

/** Connects a socket of the kind that the address names. */
export const connectTo: (address: Address) => Awaitable<Stream> = fn(function* connectTo(
  address: Address,
): Async<Stream> {
  if (address.includes("/")) return yield* UnixStream.connect(address);
  const stream = yield* TcpStream.connect(address);
  stream.setNodelay(true);
  return stream;
});
