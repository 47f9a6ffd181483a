/**
 * What the ends of a broadcast channel share: the values that somebody has yet to read.
 *
 * **Layout.** A ring of slots, as many as the capacity rounded up to a power of two; `tail` is the position of the next
 * value, a slot's index is its position masked. Each slot counts the receivers that have yet to read it, so that a value
 * is let go when the last one has. Each receiver has its own position.
 * **Who writes.** The sender: `tail` and the slot it overwrites. A receiver: its position and the slot's count.
 * **Invariants.**
 * 1. The slots of the last `slots.length` positions are valid; a receiver further behind has missed the difference.
 * 2. `unread` of an older valid slot is never larger than that of a newer one.
 */
import type { Closable } from "../closed-wait.ts";
import { type WaitLeaf, WaitList, wakeAll } from "../waiters.ts";
import type { CountsSenders } from "../weak-sender.ts";

interface Slot<T> {
  value: T | undefined;
  unread: number;
}

/** The shared state of one channel. */
export class Ring<T> implements Closable, CountsSenders {
  private readonly slots: Slot<T>[];
  private readonly mask: number;
  private tail: number;
  private receivers: number;
  private senders: number;
  readonly waits: WaitList<WaitLeaf<unknown>>;
  readonly closedWaits: WaitList<WaitLeaf<unknown>>;

  constructor(capacity: number) {
    const length = 2 ** Math.ceil(Math.log2(capacity));
    this.slots = Array.from({ length }, () => ({ value: undefined, unread: 0 }));
    this.mask = length - 1;
    this.tail = 0;
    this.receivers = 0;
    this.senders = 1;
    this.waits = new WaitList();
    this.closedWaits = new WaitList();
  }

  get end(): number {
    return this.tail;
  }

  /** The position of the oldest value that is still there. */
  get start(): number {
    return Math.max(0, this.tail - this.slots.length);
  }

  get receiverCount(): number {
    return this.receivers;
  }

  get isClosed(): boolean {
    return this.senders === 0;
  }

  isAbandoned(): boolean {
    return this.receivers === 0;
  }

  push(value: T): void {
    const slot = this.slotAt(this.tail);
    slot.value = value;
    slot.unread = this.receivers;
    this.tail++;
    wakeAll(this.waits);
  }

  /** Reads the value at a valid position for one receiver. */
  read(position: number): T {
    const slot = this.slotAt(position);
    const value = slot.value as T;
    if (--slot.unread === 0) slot.value = undefined;
    return value;
  }

  /** How many values some receiver has yet to read: the older half of the search is read by all. */
  get len(): number {
    let low = this.start;
    let high = this.tail;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.slotAt(middle).unread > 0) high = middle;
      else low = middle + 1;
    }
    return this.tail - low;
  }

  get senderCount(): number {
    return this.senders;
  }

  hasSenders(): boolean {
    return this.senders > 0;
  }

  addSender(): void {
    this.senders++;
  }

  dropSender(): void {
    if (--this.senders === 0) wakeAll(this.waits);
  }

  addReceiver(): void {
    this.receivers++;
  }

  /** A receiver that stood at `position` goes: what it had yet to read counts as read. */
  dropReceiver(position: number): void {
    for (let at = Math.max(position, this.start); at < this.tail; at++) this.read(at);
    this.receivers--;
    wakeAll(this.waits);
    if (this.receivers === 0) wakeAll(this.closedWaits);
  }

  private slotAt(position: number): Slot<T> {
    return this.slots[position & this.mask] as Slot<T>;
  }
}
