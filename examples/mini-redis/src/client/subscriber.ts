/** A connection that listens to channels. */
import { type Async, type Awaitable, fn, mpsc } from "treadle";
import { type Address, connectTo, Link, type LinkOwner } from "./link.ts";
import type { Reply } from "./reply-parser.ts";

/** What was published. */
export interface Message {
  readonly channel: string;
  readonly message: string;
}

/** Receives what is published to its channels. */
export class Subscriber implements LinkOwner, Disposable {
  private readonly link: Link;
  private readonly messages: mpsc.UnboundedSender<Message>;
  private readonly received: mpsc.Receiver<Message>;
  private readonly confirmations: mpsc.UnboundedSender<void>;
  private readonly confirmed: mpsc.Receiver<void>;

  private constructor(link: (owner: Subscriber) => Link) {
    [this.messages, this.received] = mpsc.unbounded<Message>();
    [this.confirmations, this.confirmed] = mpsc.unbounded<void>();
    this.link = link(this);
  }

  /** Connects to "host:port" or to the path of a Unix socket. */
  static readonly connect: (address: Address) => Awaitable<Subscriber> = fn(function* connect(
    address: Address,
  ): Async<Subscriber> {
    const stream = yield* connectTo(address);
    return new Subscriber((owner) => new Link(stream, owner, false));
  });

  /** Ends when the server has confirmed it: what is published from then on is received. */
  subscribe(...channels: string[]): Awaitable<void> {
    return this.confirm("SUBSCRIBE", channels);
  }

  unsubscribe(...channels: string[]): Awaitable<void> {
    return this.confirm("UNSUBSCRIBE", channels);
  }

  /** The next message; undefined when the connection has ended. */
  next(): Awaitable<Message | undefined> {
    return this.received.recv();
  }

  private readonly confirm: (word: string, channels: readonly string[]) => Awaitable<void> = (
    word,
    channels,
  ) => confirmOn(this.link, this.confirmed, word, channels);

  /** @internal */
  onReply(reply: Reply): void {
    const [kind, channel, message] = reply as readonly string[];
    if (kind === "message") {
      this.messages.send({ channel: channel as string, message: message as string });
    } else {
      this.confirmations.send();
    }
  }

  /** @internal */
  onEnd(): void {
    this.messages.close();
    this.confirmations.close();
  }

  close(): void {
    this.link[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const confirmOn = fn(function* confirm(
  link: Link,
  confirmed: mpsc.Receiver<void>,
  word: string,
  channels: readonly string[],
): Async<void> {
  if (link.failure !== null) throw link.failure;
  link.send([word, ...channels]);
  for (const _ of channels) yield* confirmed.recv();
});
