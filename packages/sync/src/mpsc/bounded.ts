/** The bounded mpsc channel: senders wait while it is full. */
import {
  type Awaitable,
  cx,
  DONE,
  invalidArg,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
  SEND,
  type SendKind,
  sendKind,
  type Waker,
} from "@treadle/core";
import { ClosedWait } from "../closed-wait.ts";
import { guardReleased, sendClosed, senderClosed, sendFull } from "../error.ts";
import { MAX_PERMITS, PermitWait } from "../permit-pool.ts";
import type { SharedChannel } from "../shared/shared-channel.ts";
import { WeakSender } from "../weak-sender.ts";
import { Channel, type Places } from "./channel.ts";
import { channelCame, type SentChannel, sendEnd, shareChannel } from "./crossing.ts";
import { Receiver } from "./receiver.ts";

/**
 * Makes a channel that holds at most `capacity` values; whoever sends more waits, in the order of asking.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` for a capacity that is no whole number from 1 on.
 * @example
 * ```ts
 * import { type Async, Builder, fn, mpsc } from "treadle";
 *
 * const main = fn(function* main(): Async<number[]> {
 *   const [tx, rx] = mpsc.channel<number>(2);
 *   yield* tx.send(1);
 *   yield* tx.send(2);
 *   tx.close();
 *   const got: number[] = [];
 *   for (let n = yield* rx.recv(); n !== undefined; n = yield* rx.recv()) got.push(n);
 *   return got;
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => [1, 2]
 * ```
 */
export function channel<T>(capacity: number): [Sender<T>, Receiver<T>] {
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_PERMITS) {
    throw invalidArg(
      "capacity",
      capacity,
      `of an mpsc channel must be a whole number from 1 to ${MAX_PERMITS}`,
    );
  }
  const shared = new Channel<T>(capacity);
  return [new Sender(shared), new Receiver(shared)];
}

/**
 * A sending end of a bounded channel.
 *
 * @remarks JavaScript does not tell when an object is let go, so senders are counted by hand: `clone()` adds one,
 * `close()` or the end of a `using` block takes one away. The channel ends for its receiver when all are closed. A send
 * or a permit that is under way when its sender is closed still counts.
 */
export class Sender<T> implements Disposable {
  private readonly channel: Channel<T>;
  private readonly places: Places;
  private open: boolean;

  /** @internal */
  constructor(channel: Channel<T>) {
    this.channel = channel;
    this.places = channel.places as Places;
    this.open = true;
  }

  /**
   * Waits for a free place and sends `value`.
   *
   * @remarks **Errors**: {@link SendError} (`ERR_CHANNEL_CLOSED`) with the value, when the receiver is or gets closed.
   * **Cancel safety**: a dropped send has sent nothing and lost its place in the queue; where the value must not be
   * lost, use `reserve()`. Uses the budget.
   * @throws {@link SendError} (`ERR_CHANNEL_CLOSED`) when this sender itself was closed.
   */
  send(value: T): Awaitable<void> {
    if (!this.open) throw senderClosed(value);
    return new Send(this.channel, this.places, value);
  }

  /**
   * Sends `value` if there is a free place now.
   *
   * @throws {@link SendError} with the value: `ERR_CHANNEL_FULL` or `ERR_CHANNEL_CLOSED`. Where full is usual,
   * `tryReserve()` is cheaper.
   */
  trySend(value: T): void {
    if (!this.open) throw senderClosed(value);
    if (this.channel.isAbandoned()) throw sendClosed(value);
    if (!this.channel.tryTakePlaces(1)) throw sendFull(value);
    this.channel.push(value);
  }

  /**
   * Waits for a free place and keeps it for a later send.
   *
   * @remarks **Errors**: {@link SendError} (`ERR_CHANNEL_CLOSED`, no value). **Cancel safety**: safe, but the place in
   * the queue is lost. Uses the budget.
   */
  reserve(): Awaitable<Permit<T>> {
    if (!this.open) throw senderClosed(undefined);
    return new Reserve(this.channel, this.places, 1);
  }

  /**
   * Waits for `count` free places at once.
   *
   * @remarks As {@link Sender.reserve}.
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` when `count` is above the channel's capacity.
   */
  reserveMany(count: number): Awaitable<Permit<T>[]> {
    if (!this.open) throw senderClosed(undefined);
    if (!Number.isInteger(count) || count < 0 || count > this.places.bound) {
      throw invalidArg(
        "count",
        count,
        `must be a whole number from 0 to the capacity, ${this.places.bound}`,
      );
    }
    return new ReserveMany(this.channel, this.places, count);
  }

  /**
   * Keeps a free place if there is one now; undefined when the channel is full.
   *
   * @throws {@link SendError} (`ERR_CHANNEL_CLOSED`, no value).
   */
  tryReserve(): Permit<T> | undefined {
    if (!this.open) throw senderClosed(undefined);
    if (this.channel.isAbandoned()) throw sendClosed(undefined);
    return this.channel.tryTakePlaces(1) ? new Permit(this.channel, this.places) : undefined;
  }

  /**
   * Keeps `count` free places if there are as many now; undefined when there are not.
   *
   * @throws {@link SendError} (`ERR_CHANNEL_CLOSED`, no value); {@link RuntimeError} `ERR_INVALID_ARG`.
   */
  tryReserveMany(count: number): Permit<T>[] | undefined {
    if (!this.open) throw senderClosed(undefined);
    if (!Number.isInteger(count) || count < 0) {
      throw invalidArg("count", count, "must be a whole number of places, at least 0");
    }
    if (this.channel.isAbandoned()) throw sendClosed(undefined);
    return this.channel.tryTakePlaces(count)
      ? permits(this.channel, this.places, count)
      : undefined;
  }

  /**
   * Ready when the receiver is closed.
   *
   * @remarks **Cancel safety**: safe.
   */
  closed(): Awaitable<void> {
    return new ClosedWait(this.channel, false);
  }

  /** Another sender of the same channel, to be closed by itself. */
  clone(): Sender<T> {
    if (!this.open) throw senderClosed(undefined);
    this.channel.addSender();
    return new Sender(this.channel);
  }

  /** A reference that gives a sender while there is one, and does not hold the channel open. */
  downgrade(): WeakSender<Sender<T>> {
    const { channel } = this;
    return new WeakSender(channel, () => new Sender(channel));
  }

  /** How many senders are open. */
  get senderCount(): number {
    return this.channel.senderCount;
  }

  /** Gives this sender up; a second call does nothing. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.channel.dropSender();
  }

  /** As `close()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Whether the receiver is closed. */
  get isClosed(): boolean {
    return this.channel.isAbandoned();
  }

  /** How many more values could be sent without waiting. */
  get capacity(): number {
    return this.channel.free;
  }

  /** The bound the channel was made with. */
  get maxCapacity(): number {
    return this.places.bound;
  }

  /** @internal */
  get [SEND](): SendKind<Sender<T>, unknown> {
    return senderKind as SendKind<Sender<T>, unknown>;
  }

  /** @internal The channel, while this sender is open. */
  shownChannel(): Channel<T> {
    if (!this.open) throw senderClosed(undefined);
    return this.channel;
  }

  /** @internal Another end has taken over: this one is as closed. */
  giveUp(): void {
    this.open = false;
  }

  /** Whether `other` sends to the same receiver. */
  sameChannel(other: Sender<T>): boolean {
    return other.channel === this.channel;
  }
}

/** A reserved place in a bounded channel: `send()` uses it, `release()` or the end of a `using` block gives it back. */
export class Permit<T> implements Disposable {
  private channel: Channel<T> | null;
  private readonly places: Places;

  /** @internal */
  constructor(channel: Channel<T>, places: Places) {
    this.channel = channel;
    this.places = places;
  }

  /**
   * Sends `value` at once; the receiver gets it even if it was closed meanwhile.
   *
   * @throws {@link RuntimeError} `ERR_GUARD_RELEASED` when the permit was used or released before.
   */
  send(value: T): void {
    const channel = this.channel;
    if (channel === null) throw guardReleased("a send permit");
    this.channel = null;
    channel.push(value);
  }

  /** Gives the place back; does nothing after `send()` or a first call. */
  release(): void {
    if (this.channel === null) return;
    this.channel = null;
    this.places.release(1);
  }

  /** As `release()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }
}

abstract class PlaceWait<T, A> extends PermitWait<A> {
  protected readonly channel: Channel<T>;
  /** Whether it counts as a sender, because it waits among threads. */
  private counted: boolean;

  constructor(channel: Channel<T>, places: Places, count: number) {
    super(places, count);
    this.channel = channel;
    this.counted = false;
  }

  override next(): Poll<A> {
    const { shared } = this.channel;
    // What it got while the channel was on one thread is taken along.
    if (shared === null || this.isAssigned) return super.next();
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, PlaceWait.prototype.next);
    if (!pollProceed()) return PENDING;
    return this.nextShared(shared, waker);
  }

  private nextShared(shared: SharedChannel<T>, waker: Waker): Poll<A> {
    for (let registered = false; ; registered = true) {
      if (shared.isAbandoned()) {
        this.drop();
        throw this.refused();
      }
      if (shared.tryTakePlaces(this.count)) {
        this.drop();
        return this.granted();
      }
      // Registered first: what happens after that look wakes.
      if (registered) break;
      this.countAsSender(shared);
      this.waker = waker;
      shared.awaitPlaces(this);
    }
    refundBudget();
    return PENDING;
  }

  private countAsSender(shared: SharedChannel<T>): void {
    if (this.counted) return;
    this.counted = true;
    shared.addSender();
  }

  protected override drop(): void {
    super.drop();
    if (!this.counted) return;
    this.counted = false;
    this.channel.dropSender();
  }

  protected override refused(): Error {
    return sendClosed(undefined);
  }
}

class Send<T> extends PlaceWait<T, void> {
  private readonly value: T;

  constructor(channel: Channel<T>, places: Places, value: T) {
    super(channel, places, 1);
    this.value = value;
  }

  protected override granted(): Poll<void> {
    this.channel.push(this.value);
    return DONE;
  }

  protected override refused(): Error {
    return sendClosed(this.value);
  }
}

class Reserve<T> extends PlaceWait<T, Permit<T>> {
  protected override granted(): Poll<Permit<T>> {
    return readyPoll(new Permit(this.channel, this.pool as Places));
  }
}

class ReserveMany<T> extends PlaceWait<T, Permit<T>[]> {
  protected override granted(): Poll<Permit<T>[]> {
    return readyPoll(permits(this.channel, this.pool as Places, this.count));
  }
}

function permits<T>(channel: Channel<T>, places: Places, count: number): Permit<T>[] {
  return Array.from({ length: count }, () => new Permit(channel, places));
}

const senderKind = sendKind<Sender<unknown>, SentChannel>({
  name: "@treadle/sync/mpsc.Sender",
  encode: (sender) => shareChannel(sender.shownChannel()),
  decode: (sent) => new Sender(channelCame(sent, false)),
  discard: (sent) => channelCame(sent, false).dropSender(),
  sent: (sender) => {
    sendEnd(sender.shownChannel(), false);
    sender.giveUp();
  },
});
