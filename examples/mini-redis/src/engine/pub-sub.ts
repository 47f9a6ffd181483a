/** Who listens to which channel. */
import type { ByteString } from "../resp/byte-string.ts";
import { type BufferLender, ReplyBuffer } from "../resp/reply-buffer.ts";
import type { Client } from "./client.ts";
import { globMatches } from "./glob.ts";

type Listeners = Map<ByteString, Set<Client>>;

export class PubSub {
  private readonly channels: Listeners = new Map();
  private readonly patterns: Listeners = new Map();
  private readonly message: ReplyBuffer;

  constructor(lender: BufferLender) {
    this.message = new ReplyBuffer(lender);
  }

  subscribe(client: Client, channel: ByteString): void {
    client.channels.add(channel);
    addListener(this.channels, channel, client);
  }

  unsubscribe(client: Client, channel: ByteString): void {
    if (client.channels.delete(channel)) removeListener(this.channels, channel, client);
  }

  subscribePattern(client: Client, pattern: ByteString): void {
    client.patterns.add(pattern);
    addListener(this.patterns, pattern, client);
  }

  unsubscribePattern(client: Client, pattern: ByteString): void {
    if (client.patterns.delete(pattern)) removeListener(this.patterns, pattern, client);
  }

  /** The client has gone. */
  forget(client: Client): void {
    for (const channel of [...client.channels]) this.unsubscribe(client, channel);
    for (const pattern of [...client.patterns]) this.unsubscribePattern(client, pattern);
  }

  /** Sends a message to all who listen; answers to how many. */
  publish(channel: ByteString, data: ByteString): number {
    let receivers = 0;
    const listeners = this.channels.get(channel);
    if (listeners !== undefined) receivers += this.send(listeners, "message", [channel, data]);
    for (const [pattern, those] of this.patterns) {
      if (!globMatches(pattern, channel)) continue;
      receivers += this.send(those, "pmessage", [pattern, channel, data]);
    }
    return receivers;
  }

  /** Encodes once, whatever the number of receivers. */
  private send(to: ReadonlySet<Client>, kind: string, parts: readonly ByteString[]): number {
    const { message } = this;
    message.array(parts.length + 1);
    message.bulk(kind);
    for (const part of parts) message.bulk(part);
    const encoded = message.view();
    for (const client of to) client.push(encoded, encoded.length);
    message.discard();
    return to.size;
  }
}

function addListener(listeners: Listeners, name: ByteString, client: Client): void {
  const those = listeners.get(name);
  if (those === undefined) listeners.set(name, new Set([client]));
  else those.add(client);
}

function removeListener(listeners: Listeners, name: ByteString, client: Client): void {
  const those = listeners.get(name);
  those?.delete(client);
  if (those?.size === 0) listeners.delete(name);
}
