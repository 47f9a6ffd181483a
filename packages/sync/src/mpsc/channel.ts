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
import type { Closable } from "../closed-wait.ts";
import { Fifo } from "../fifo.ts";
import { PermitPool } from "../permit-pool.ts";
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
  private senders: number;
  private receiverClosed: boolean;

  constructor(bound: number) {
    this.queue = new Fifo();
    this.places = bound === Number.POSITIVE_INFINITY ? null : new Places(bound, this);
    this.receives = new WaitList();
    this.closedWaits = new WaitList();
    this.senders = 1;
    this.receiverClosed = false;
  }

  /** Whether the receiver takes nothing new. */
  isAbandoned(): boolean {
    return this.receiverClosed;
  }

  /** How many senders are open. */
  get senderCount(): number {
    return this.senders;
  }

  /** Queues `value`, whose place was acquired before. */
  push(value: T): void {
    this.queue.push(value);
    this.wakeReceive();
  }

  /** Takes the oldest value and frees its place; there must be one. */
  take(): T {
    const value = this.queue.shift();
    if (this.places !== null) this.places.release(1);
    return value;
  }

  /** Takes up to `limit` values and frees their places. */
  takeMany(limit: number): T[] {
    const count = Math.min(limit, this.queue.size);
    const values: T[] = [];
    for (let i = 0; i < count; i++) values.push(this.queue.shift());
    if (this.places !== null) this.places.release(count);
    return values;
  }

  /** Whether nothing is queued and nothing can come any more. */
  isFinished(): boolean {
    if (this.queue.size > 0 || !this.isDraining()) return false;
    return this.places === null || this.places.isIdle();
  }

  /** Whether nothing new can begin to be sent. */
  isDraining(): boolean {
    return this.receiverClosed || this.senders === 0;
  }

  /** Whether a permit or a waiting send may still bring a value. */
  hasSendsUnderWay(): boolean {
    const places = this.places;
    if (places === null) return false;
    return !places.waiters.isEmpty() || places.free + this.queue.size < places.bound;
  }

  hasSenders(): boolean {
    return this.senders > 0 || this.hasSendsUnderWay();
  }

  addSender(): void {
    this.senders++;
  }

  dropSender(): void {
    this.senders--;
    this.wakeIfFinished();
  }

  closeReceiver(): void {
    if (this.receiverClosed) return;
    this.receiverClosed = true;
    if (this.places !== null) this.places.close();
    wakeAll(this.closedWaits);
    this.wakeIfFinished();
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
  private readonly channel: { wakeIfFinished(): void };

  constructor(bound: number, channel: { wakeIfFinished(): void }) {
    super(bound);
    this.bound = bound;
    this.channel = channel;
  }

  /** Whether every place is free. */
  isIdle(): boolean {
    return this.free === this.bound;
  }

  override release(count: number): void {
    super.release(count);
    if (this.free === this.bound) this.channel.wakeIfFinished();
  }
}
