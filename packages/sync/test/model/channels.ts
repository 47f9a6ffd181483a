/** What threads of a model do with a channel, as its ends do it. */
import { createChannel, SharedChannel } from "../../src/shared/shared-channel.ts";
import { WaitList } from "../../src/waiters.ts";
import { ModelHost, Waiting } from "./host.ts";

/** No bound. */
export const UNBOUNDED: number = Number.POSITIVE_INFINITY;

/** The receiver's end, on the calling thread, for a channel with one sender here. */
export function channel(host: ModelHost, bound: number): SharedChannel<number> {
  const at = createChannel(host, bound, bound === UNBOUNDED ? 0 : bound);
  const made = new SharedChannel<number>(host, at, new WaitList(), new WaitList(), 2);
  made.senders.addHere(1);
  made.receiverCame();
  return made;
}

/** The end of a sender that has come from thread 0. */
export function came(
  words: Int32Array,
  ref: number,
  at: number,
  host: ModelHost = new ModelHost(words, ref),
): SharedChannel<number> {
  const made = new SharedChannel<number>(host, at, new WaitList(), new WaitList(), 1);
  made.senders.move(0);
  return made;
}

/** Receives all, as `recv` does. */
export function receive(rx: SharedChannel<number>): number[] {
  const got: number[] = [];
  const leaf = new Waiting();
  for (;;) {
    if (rx.hasValue()) {
      got.push(rx.take());
      continue;
    }
    if (rx.isFinished()) return got;
    rx.awaitValue(leaf);
    if (rx.hasValue()) continue;
    if (rx.isFinished()) return got;
    (rx.host as ModelHost).sleep();
  }
}

/** Takes places, as `reserveMany` does; false when the receiver is gone. */
export function takePlaces(tx: SharedChannel<number>, count: number): boolean {
  const leaf = new Waiting();
  for (let registered = false; ; registered = true) {
    if (tx.isAbandoned()) return false;
    if (tx.tryTakePlaces(count)) return true;
    if (registered) (tx.host as ModelHost).sleep();
    tx.awaitPlaces(leaf);
  }
}

/** Sends, as `send` does; false when the receiver is gone. */
export function send(tx: SharedChannel<number>, value: number): boolean {
  if (!takePlaces(tx, 1)) return false;
  tx.push(value);
  return true;
}

/** Waits until the receiver is gone, as `closed` does. */
export function closed(tx: SharedChannel<number>): void {
  while (!tx.isAbandoned()) {
    tx.armGone();
    if (tx.isAbandoned()) return;
    (tx.host as ModelHost).sleep();
  }
}
