/**
 * What the two ends of an mpsc channel share.
 *
 * **Layout.** A FIFO of values, the receives that wait, the count of senders, and for a bounded channel a pool with one
 * permit for each free place. A value in the queue holds its permit until it is received.
 * **Who writes.** Senders: `push`, `addSender`, `dropSender`. The receiver: `take`, `closeReceiver`.
 * **Transitions.** Open -> the last sender is closed, or the receiver is -> draining: what is queued, or may still come
 * by permits handed out before, is received -> finished.
 * **Invariants.**
 * 1. Each push wakes one waiting receive; one that is dropped after it was woken wakes the next.
 * 2. Whatever makes the channel finished wakes all waiting receives.
 */
import { Fifo, type SharedHost } from "@treadle/core";
import type { Closable } from "../closed-wait.ts";
import { PermitPool } from "../permit-pool.ts";
import { boundOf, SharedChannel } from "../shared/shared-channel.ts";
import { type WaitLeaf, WaitList, wakeAll } from "../waiters.ts";
import type { CountsSenders } from "../weak-sender.ts";
import type { ReceiveWait } from "./receive.ts";

/** The shared state of one channel. */
export class Channel<T> implements Closable, CountsSenders {
  readonly queue: Fifo<T>;
  /** The free places; null when there is no bound. */
  readonly places: Places | null;
  readonly receives: WaitList<ReceiveWait<T, unknown>>;
  readonly closedWaits: WaitList<WaitLeaf<unknown>>;
  /** What takes the place of the rest once an end was sent to another thread. */
  shared: SharedChannel<T> | null;
  private senders: number;
  private receiverClosed: boolean;

  constructor(bound: number) {
    this.queue = new Fifo();
    this.places =
      bound === Number.POSITIVE_INFINITY
        ? null
        : new Places(bound, this as unknown as Channel<never>);
    this.receives = new WaitList();
    this.closedWaits = new WaitList();
    this.shared = null;
    this.senders = 1;
    this.receiverClosed = false;
  }

  /** The channel of other threads at `at`, for the first end of it on this thread. */
  static ofShared<T>(host: SharedHost, at: number): Channel<T> {
    const bound = boundOf(host, at);
    const channel = new Channel<T>(bound);
    const receives = channel.receives as unknown as WaitList<WaitLeaf<unknown>>;
    channel.shared = new SharedChannel(host, at, receives, channel.closedWaits, 1);
    return channel;
  }

  /** Whether the receiver takes nothing new. */
  isAbandoned(): boolean {
    return this.shared === null ? this.receiverClosed : this.shared.isAbandoned();
  }

  /** How many senders are open. */
  get senderCount(): number {
    return this.shared === null ? this.senders : this.shared.senderCount;
  }

  /** Queues `value`, whose place was acquired before. */
  push(value: T): void {
    if (this.shared !== null) {
      this.shared.push(value);
      return;
    }
    this.queue.push(value);
    this.wakeReceive();
  }

  /** Takes the oldest value and frees its place; there must be one. */
  take(): T {
    if (this.shared !== null) return this.shared.take();
    const value = this.queue.shift();
    if (this.places !== null) this.places.release(1);
    return value;
  }

  /** Takes up to `limit` values and frees their places. */
  takeMany(limit: number): T[] {
    const values: T[] = [];
    if (this.shared !== null) {
      while (values.length < limit && this.shared.hasValue()) values.push(this.shared.take());
      return values;
    }
    const count = Math.min(limit, this.queue.size);
    for (let i = 0; i < count; i++) values.push(this.queue.shift());
    if (this.places !== null) this.places.release(count);
    return values;
  }

  /** Whether nothing is queued and nothing can come any more. */
  isFinished(): boolean {
    if (this.shared !== null) return this.shared.isFinished();
    if (this.queue.size > 0 || !this.isDraining()) return false;
    return this.places === null || this.places.isIdle();
  }

  /** Whether nothing new can begin to be sent. */
  isDraining(): boolean {
    if (this.shared !== null) return this.shared.isDraining();
    return this.receiverClosed || this.senders === 0;
  }

  /** Whether a permit or a waiting send may still bring a value. */
  hasSendsUnderWay(): boolean {
    if (this.shared !== null) return this.shared.maySend();
    const places = this.places;
    if (places === null) return false;
    return !places.waiters.isEmpty() || places.free + this.queue.size < places.bound;
  }

  tryAddSender(): boolean {
    if (this.shared !== null) return this.shared.tryAddSender();
    if (this.senders === 0 && !this.hasSendsUnderWay()) return false;
    this.senders++;
    return true;
  }

  addSender(): void {
    if (this.shared === null) this.senders++;
    else this.shared.addSender();
  }

  dropSender(): void {
    if (this.shared !== null) {
      this.shared.dropSender();
      return;
    }
    this.senders--;
    this.wakeIfFinished();
  }

  closeReceiver(): void {
    if (this.shared !== null) {
      this.shared.closeReceiver();
      return;
    }
    if (this.receiverClosed) return;
    this.receiverClosed = true;
    if (this.places !== null) this.places.close();
    wakeAll(this.closedWaits);
    this.wakeIfFinished();
  }

  /** Whether a value is there. */
  hasValue(): boolean {
    return this.shared === null ? this.queue.size > 0 : this.shared.hasValue();
  }

  /** How many values are there. */
  get size(): number {
    return this.shared === null ? this.queue.size : this.shared.count();
  }

  /** How many places are free. */
  get free(): number {
    if (this.places === null) return Number.POSITIVE_INFINITY;
    return this.shared === null ? this.places.free : this.shared.free;
  }

  /** Takes places if so many are free. */
  tryTakePlaces(count: number): boolean {
    return this.shared === null
      ? (this.places as Places).tryTake(count)
      : this.shared.tryTakePlaces(count);
  }

  /** Those who wait for the receiver to go are to be told by other threads too. */
  armClosed(): void {
    this.shared?.armGone();
  }

  /** Wakes the receive that waits longest. */
  wakeReceive(): void {
    const receive = this.receives.shift();
    if (receive !== null) receive.arouse();
  }

  /** Wakes all receives if the channel is finished. */
  wakeIfFinished(): void {
    if (!this.receives.isEmpty() && this.isFinished()) wakeAll(this.receives);
  }
}

/** The free places of a bounded channel; places that come back may finish it. */
export class Places extends PermitPool {
  readonly bound: number;
  private readonly channel: Channel<never>;

  constructor(bound: number, channel: Channel<never>) {
    super(bound);
    this.bound = bound;
    this.channel = channel;
  }

  /** Whether every place is free. */
  isIdle(): boolean {
    return this.free === this.bound;
  }

  override release(count: number): void {
    if (this.channel.shared !== null) {
      this.channel.shared.releasePlaces(count);
      return;
    }
    super.release(count);
    if (this.free === this.bound) this.channel.wakeIfFinished();
  }
}
