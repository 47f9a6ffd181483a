/** Broadcast channels that become shared among threads when an end is first sent, and their ends on the threads they come to. */
import { hostFor, hostHere } from "../shared/refs.ts";
import type { SharedBroadcast } from "../shared/shared-broadcast.ts";
import { Ring } from "./ring.ts";

const WHAT = "an end of a broadcast channel";

/** What travels in the place of an end. */
export interface SentBroadcast {
  readonly at: number;
  /** The thread that has sent it. */
  readonly from: number;
}

/** Makes a channel one that other threads can have ends of. */
export function shareRing<T>(ring: Ring<T>): SharedBroadcast<T> {
  const host = hostFor(WHAT, ring.shared?.host ?? null);
  return ring.shared ?? ring.share(host);
}

/** The channel of an end that has come; the caller then counts that. */
export function ringCame<T>(at: number): Ring<T> {
  const host = hostHere(WHAT);
  return (host.views.get(at) as Ring<T> | undefined) ?? Ring.ofShared<T>(host, at);
}
