/** Publishing and subscribing. */
import type { ByteString } from "../../resp/byte-string.ts";
import type { Request } from "../../resp/request.ts";
import type { Client } from "../client.ts";
import { type Command, command, NO_KEYS } from "../command.ts";

function publish({ engine, out }: Client, request: Request): void {
  out.integer(engine.pubSub.publish(request.bytesOf(1), request.bytesOf(2)));
}

function subscribe(client: Client, request: Request): void {
  for (let index = 1; index < request.count; index++) {
    const channel = request.bytesOf(index);
    client.engine.pubSub.subscribe(client, channel);
    confirm(client, "subscribe", channel);
  }
}

function psubscribe(client: Client, request: Request): void {
  for (let index = 1; index < request.count; index++) {
    const pattern = request.bytesOf(index);
    client.engine.pubSub.subscribePattern(client, pattern);
    confirm(client, "psubscribe", pattern);
  }
}

function unsubscribe(client: Client, request: Request): void {
  const { pubSub } = client.engine;
  const channels = request.count > 1 ? args(request) : [...client.channels];
  if (channels.length === 0) confirm(client, "unsubscribe", undefined);
  for (const channel of channels) {
    pubSub.unsubscribe(client, channel);
    confirm(client, "unsubscribe", channel);
  }
}

function punsubscribe(client: Client, request: Request): void {
  const { pubSub } = client.engine;
  const patterns = request.count > 1 ? args(request) : [...client.patterns];
  if (patterns.length === 0) confirm(client, "punsubscribe", undefined);
  for (const pattern of patterns) {
    pubSub.unsubscribePattern(client, pattern);
    confirm(client, "punsubscribe", pattern);
  }
}

function args(request: Request): ByteString[] {
  const found: ByteString[] = [];
  for (let index = 1; index < request.count; index++) found.push(request.bytesOf(index));
  return found;
}

/** Each channel has a reply of its own. */
function confirm({ out, subscriptions }: Client, kind: string, name: ByteString | undefined): void {
  out.array(3);
  out.bulk(kind);
  if (name === undefined) out.nil();
  else out.bulk(name);
  out.integer(subscriptions);
}

export const PUB_SUB_COMMANDS: readonly Command[] = [
  command("publish", 3, "pubsub fast", NO_KEYS, publish),
  command("subscribe", -2, "pubsub", NO_KEYS, subscribe),
  command("unsubscribe", -1, "pubsub", NO_KEYS, unsubscribe),
  command("psubscribe", -2, "pubsub", NO_KEYS, psubscribe),
  command("punsubscribe", -1, "pubsub", NO_KEYS, punsubscribe),
];
