/** A client for any number of tasks: what they ask in one moment is one write, and replies come in the same order. */
import {
  type Async,
  type Awaitable,
  fn,
  type OneshotReceiver,
  type OneshotSender,
  oneshot,
} from "treadle";
import type { BytesLike } from "../resp/byte-string.ts";
import { type Address, connectTo, Link, type LinkOwner } from "./link.ts";
import { RedisError, type Reply } from "./reply-parser.ts";

export interface ClientOptions {
  /** Bulk strings come as Buffers, not as text. */
  readonly binary?: boolean;
}

type Answer = { readonly reply: Reply } | { readonly failure: Error };

/** A connected client; closing it fails what still waits. */
export class Client implements LinkOwner, Disposable {
  private readonly link: Link;
  private readonly waiting: OneshotSender<Answer>[] = [];
  private answered = 0;

  private constructor(link: (owner: Client) => Link) {
    this.link = link(this);
  }

  /** Connects to "host:port" or to the path of a Unix socket. */
  static readonly connect: (address: Address, options?: ClientOptions) => Awaitable<Client> = fn(
    function* connect(address: Address, options: ClientOptions = {}): Async<Client> {
      const stream = yield* connectTo(address);
      return new Client((owner) => new Link(stream, owner, options.binary === true));
    },
  );

  /**
   * Sends a command and waits for its reply; calls that are polled together travel together.
   *
   * Cancel safety: dropped before it was polled, nothing is sent; later, the reply is thrown away.
   *
   * @throws {@link RedisError} what the server answers; other errors when the connection fails.
   */
  call(...words: readonly BytesLike[]): Awaitable<Reply> {
    return callOn(this, words);
  }

  /** Sends several commands at once; errors are among the replies. */
  pipeline(commands: readonly (readonly BytesLike[])[]): Awaitable<readonly Reply[]> {
    return pipelineOn(this, commands);
  }

  /** @internal */
  ask(words: readonly BytesLike[]): OneshotReceiver<Answer> {
    const { failure } = this.link;
    if (failure !== null) throw failure;
    const [sender, receiver] = oneshot<Answer>();
    this.waiting.push(sender);
    this.link.send(words);
    return receiver;
  }

  /** @internal */
  onReply(reply: Reply): void {
    this.waiting[this.answered++]?.send({ reply });
    if (this.answered < this.waiting.length && this.answered < 1024) return;
    this.waiting.splice(0, this.answered);
    this.answered = 0;
  }

  /** @internal */
  onEnd(failure: Error): void {
    for (const sender of this.waiting.splice(this.answered)) sender.send({ failure });
  }

  close(): void {
    this.link[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const callOn = fn(function* call(client: Client, words: readonly BytesLike[]): Async<Reply> {
  const reply = replyOf(yield* client.ask(words));
  if (reply instanceof RedisError) throw reply;
  return reply;
});

const pipelineOn = fn(function* pipeline(
  client: Client,
  commands: readonly (readonly BytesLike[])[],
): Async<readonly Reply[]> {
  const receivers = commands.map((words) => client.ask(words));
  const replies: Reply[] = [];
  for (const receiver of receivers) replies.push(replyOf(yield* receiver));
  return replies;
});

function replyOf(answer: Answer): Reply {
  if ("failure" in answer) throw answer.failure;
  return answer.reply;
}
