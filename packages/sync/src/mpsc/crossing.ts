/**
 * Channels that become shared among threads when an end is first sent, and their ends on the threads they come to.
 *
 * **Invariant.** An end that is under way is held by the thread that has sent it until it has come.
 */
import { ERR_INVALID_ARG, RuntimeError, type SharedHost } from "@treadle/core";
import { hostFor, hostHere } from "../shared/refs.ts";
import { createChannel, SharedChannel } from "../shared/shared-channel.ts";
import { type WaitLeaf, type WaitList, wakeAll } from "../waiters.ts";
import { Channel } from "./channel.ts";

/** What travels in the place of an end. */
export interface SentChannel {
  readonly at: number;
  /** The thread that has sent it. */
  readonly from: number;
}

type Leaves = WaitList<WaitLeaf<unknown>>;

/** Makes a channel one that other threads can have ends of. */
export function shareChannel<T>(channel: Channel<T>): SentChannel {
  const host = hostFor("an end of a channel", channel.shared?.host ?? null);
  channel.shared ??= share(channel, host);
  return { at: channel.shared.at, from: host.ref };
}

/** As `shareChannel`, for the receiver, for which nobody may wait here. */
export function shareReceiver<T>(channel: Channel<T>): SentChannel {
  if (!channel.receives.isEmpty()) {
    throw new RuntimeError(
      ERR_INVALID_ARG,
      "the receiver of a channel cannot be sent to another thread while recv() waits on this one: drop that first",
    );
  }
  return shareChannel(channel);
}

function share<T>(channel: Channel<T>, host: SharedHost): SharedChannel<T> {
  const nodes = writeAll(channel, host);
  const { places } = channel;
  places?.disband();
  const bound = places?.bound ?? Number.POSITIVE_INFINITY;
  const free = places?.free ?? 0;
  // Places that were handed out and not used yet.
  const out = places === null ? 0 : bound - free - nodes.length;
  const at = createChannel(host, bound, free);
  const closed = channel.isAbandoned();
  const shared = new SharedChannel<T>(
    host,
    at,
    channel.receives as unknown as Leaves,
    channel.closedWaits,
    channel.senderCount + 1 + out,
  );
  host.views.set(at, channel);
  shared.senders.addHere(channel.senderCount);
  if (out > 0) shared.taken?.addHere(out);
  shared.receiverCame();
  for (const node of nodes) shared.values.push(node);
  while (channel.queue.size > 0) channel.queue.shift();
  if (closed) shared.closeReceiver();
  if (!channel.closedWaits.isEmpty()) shared.armGone();
  wakeAll(channel.receives as unknown as Leaves);
  return shared;
}

/** Writes the values that are queued; all or none. */
function writeAll<T>(channel: Channel<T>, host: SharedHost): number[] {
  const nodes: number[] = [];
  try {
    for (const value of channel.queue.values()) nodes.push(host.write(value));
  } catch (error) {
    for (const node of nodes) host.discard(node);
    throw error;
  }
  return nodes;
}

/** An end was sent: it is used here no more. */
export function sendEnd<T>(channel: Channel<T>, receiver: boolean): void {
  const shared = channel.shared as SharedChannel<T>;
  if (receiver) shared.hasReceiver = false;
  shared.endSent();
}

/** An end has come. */
export function channelCame<T>(sent: SentChannel, receiver: boolean): Channel<T> {
  const host = hostHere("an end of a channel");
  let channel = host.views.get(sent.at) as Channel<T> | undefined;
  if (channel === undefined) channel = attach<T>(host, sent.at);
  else channel.shared?.endCame();
  const shared = channel.shared as SharedChannel<T>;
  if (receiver) shared.receiverCame();
  else shared.senders.move(sent.from);
  return channel;
}

function attach<T>(host: SharedHost, at: number): Channel<T> {
  const channel = Channel.ofShared<T>(host, at);
  host.views.set(at, channel);
  return channel;
}
