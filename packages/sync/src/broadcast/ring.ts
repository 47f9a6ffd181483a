/**
 * What the ends of a broadcast channel share: the values that somebody has yet to read.
 *
 * **Layout.** A ring of slots, as many as the capacity rounded up to a power of two; `tail` is the position of the next
 * value, a slot's index is its position masked. Each slot counts the receivers that have yet to read it, so that a value
 * is let go when the last one has. Each receiver has its own position. Once an end was sent to another thread `shared` takes
 * the place of all this.
 * **Who writes.** The sender: `tail` and the slot it overwrites. A receiver: its position and the slot's count.
 * **Invariants.**
 * 1. The slots of the last `slots.length` positions are valid; a receiver further behind has missed the difference.
 * 2. `unread` of an older valid slot is never larger than that of a newer one.
 */
import type { SharedHost } from "@treadle/core";
import type { Closable } from "../closed-wait.ts";
import { createBroadcast, SharedBroadcast } from "../shared/shared-broadcast.ts";
import { WaitPlace } from "../shared/wait-place.ts";
import { type Linked, unlink, type WaitLeaf, WaitList, wakeAll } from "../waiters.ts";
import type { CountsSenders } from "../weak-sender.ts";

interface Slot<T> {
  value: T | undefined;
  unread: number;
}

/** A receiver, as the ring of its thread sees it. */
export interface Reads extends Linked {
  /** The position of what it reads next. */
  position: number;
  /** Its words, once the channel is of several threads. */
  place: number;
}

/** The shared state of one channel. */
export class Ring<T> implements Closable, CountsSenders {
  /** What takes the place of the rest once an end was sent to another thread. */
  shared: SharedBroadcast<T> | null;
  private slots: Slot<T>[];
  private readonly mask: number;
  private tail: number;
  private receivers: number;
  private senders: number;
  readonly waits: WaitList<WaitLeaf<unknown>>;
  readonly closedWaits: WaitList<WaitLeaf<unknown>>;
  /** The receivers, while the channel is of one thread. */
  private readonly readers: WaitList<Reads>;
  private news: WaitPlace | null;
  private gone: WaitPlace | null;

  constructor(capacity: number) {
    const length = 2 ** Math.ceil(Math.log2(capacity));
    this.slots = Array.from({ length }, () => ({ value: undefined, unread: 0 }));
    this.mask = length - 1;
    this.tail = 0;
    this.receivers = 0;
    this.senders = 1;
    this.waits = new WaitList();
    this.closedWaits = new WaitList();
    this.shared = null;
    this.readers = new WaitList();
    this.news = null;
    this.gone = null;
  }

  /** The channel of other threads at `at`, for the first end of it on this thread. */
  static ofShared<T>(host: SharedHost, at: number): Ring<T> {
    const ring = new Ring<T>(1);
    ring.adopt(new SharedBroadcast<T>(host, at));
    return ring;
  }

  private adopt(shared: SharedBroadcast<T>): void {
    const { host } = shared;
    this.shared = shared;
    this.slots = [];
    this.news = new WaitPlace(host, shared.newsAt, this.waits);
    this.gone = new WaitPlace(host, shared.goneAt, this.closedWaits);
    host.views.set(shared.at, this);
  }

  /** Makes the channel one of several threads. */
  share(host: SharedHost): SharedBroadcast<T> {
    const { start } = this;
    const nodes = this.writeAll(host);
    const shared = new SharedBroadcast<T>(
      host,
      createBroadcast(host, this.slots.length, this.tail),
    );
    for (let one = this.readers.shift(); one !== null; one = this.readers.shift())
      one.place = shared.addReceiver(one.position);
    shared.fill(start, nodes);
    shared.addSenders(this.senders);
    this.adopt(shared);
    if (!this.waits.isEmpty()) this.news?.arm();
    if (!this.closedWaits.isEmpty()) this.gone?.arm();
    return shared;
  }

  /** Writes the values that somebody has yet to read, 0 in the place of others; all or none. */
  private writeAll(host: SharedHost): number[] {
    const nodes: number[] = [];
    try {
      for (let at = this.start; at < this.tail; at++) {
        const slot = this.slotAt(at);
        nodes.push(slot.unread > 0 ? host.writeCopies(slot.value) : 0);
      }
    } catch (error) {
      for (const node of nodes) if (node !== 0) host.free(node);
      throw error;
    }
    return nodes;
  }

  get end(): number {
    return this.shared === null ? this.tail : this.shared.end;
  }

  /** The position of the oldest value that is still there, while the channel is of one thread. */
  get start(): number {
    return Math.max(0, this.tail - this.slots.length);
  }

  get receiverCount(): number {
    return this.shared === null ? this.receivers : this.shared.receiverCount;
  }

  get isClosed(): boolean {
    return this.senderCount === 0;
  }

  isAbandoned(): boolean {
    return this.receiverCount === 0;
  }

  /** Sees to it that those who wait for the receivers to go are told by other threads too. */
  armClosed(): void {
    if (this.shared?.isAttached) this.gone?.arm();
  }

  /** A receive joins the others that wait; true if it must look once more, for another thread may have sent meanwhile. */
  awaitNews(leaf: WaitLeaf<unknown>): boolean {
    if (leaf.after === null) this.waits.push(leaf);
    if (!this.shared?.isAttached) return false;
    this.news?.arm();
    return true;
  }

  /** Sends a value; answers how many will receive it: when there is nobody it was not sent. */
  push(value: T): number {
    if (this.shared !== null) return this.shared.push(value);
    if (this.receivers > 0) this.pushHere(value);
    return this.receivers;
  }

  private pushHere(value: T): void {
    const slot = this.slotAt(this.tail);
    slot.value = value;
    slot.unread = this.receivers;
    this.tail++;
    wakeAll(this.waits);
  }

  /** Reads the value at a valid position for one receiver, while the channel is of one thread. */
  read(position: number): T {
    const slot = this.slotAt(position);
    const value = slot.value as T;
    if (--slot.unread === 0) slot.value = undefined;
    return value;
  }

  /** How many values some receiver has yet to read: the older half of the search is read by all. */
  get len(): number {
    if (this.shared !== null) return this.shared.countUnread();
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
    return this.shared === null ? this.senders : this.shared.senderCount;
  }

  tryAddSender(): boolean {
    if (this.shared !== null) return this.shared.tryAddSender();
    if (this.senders === 0) return false;
    this.senders++;
    return true;
  }

  addSender(): void {
    if (this.shared === null) this.senders++;
    else this.shared.addSenders(1);
  }

  dropSender(): void {
    if (this.shared !== null) this.shared.dropSender();
    else this.senders--;
    if (this.senderCount === 0) wakeAll(this.waits);
  }

  /** A receiver begins at the end; false when this thread has no open end of a channel of several threads any more. */
  addReceiver(receiver: Reads): boolean {
    const { shared } = this;
    if (shared === null) {
      receiver.position = this.tail;
      this.readers.push(receiver);
      this.receivers++;
      return true;
    }
    receiver.position = shared.end;
    if (!shared.isAttached) return false;
    receiver.place = shared.addReceiver();
    receiver.position = shared.positionOf(receiver.place);
    return true;
  }

  /** A receiver goes: what it had yet to read counts as read. */
  dropReceiver(receiver: Reads): void {
    if (this.shared !== null) this.shared.dropReceiver(receiver.place, receiver.position);
    else this.dropHere(receiver);
    wakeAll(this.waits);
    if (this.receiverCount === 0) wakeAll(this.closedWaits);
  }

  private dropHere(receiver: Reads): void {
    const { position } = receiver;
    for (let at = Math.max(position, this.start); at < this.tail; at++) this.read(at);
    unlink(receiver);
    this.receivers--;
  }

  /** An end was sent to another thread: it is closed here. */
  endSent(): void {
    this.shared?.endSent();
    wakeAll(this.waits);
  }

  private slotAt(position: number): Slot<T> {
    return this.slots[position & this.mask] as Slot<T>;
  }
}
