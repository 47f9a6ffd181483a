/**
 * The broadcast channel: every receiver gets every value.
 *
 * **Layout.** A ring of slots, as many as the capacity rounded up to a power of two; `tail` is the position of the next
 * value, a slot's index is its position masked. Each slot counts the receivers that have yet to read it, so that a value
 * is let go when the last one has. Each receiver has its own position.
 * **Who writes.** The sender: `tail` and the slot it overwrites. A receiver: its position and the slot's count.
 * **Invariants.**
 * 1. The slots of the last `slots.length` positions are valid; a receiver further behind has missed the difference.
 * 2. `unread` of an older valid slot is never larger than that of a newer one.
 */
import {
  type Awaitable,
  cx,
  invalidArg,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import { type Closable, ClosedWait } from "./closed-wait.ts";
import { RecvError, recvClosed, recvLagged, sendClosed, senderClosed } from "./error.ts";
import { unlink, WaitLeaf, WaitList, wakeAll } from "./waiters.ts";

const MAX_CAPACITY = 2 ** 26;

/**
 * Makes a channel that keeps at least `capacity` values for slow receivers.
 *
 * @remarks The capacity is rounded up to a power of two. A receiver that falls further behind misses the oldest values
 * and is told how many.
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` for a capacity outside 1 to 2^26.
 * @example
 * ```ts
 * import { type Async, broadcast, Builder, fn } from "treadle";
 *
 * const main = fn(function* main(): Async<number> {
 *   const [tx, first] = broadcast.channel<number>(16);
 *   const second = tx.subscribe();
 *   tx.send(10);
 *   return (yield* first.recv()) + (yield* second.recv());
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => 20
 * ```
 */
export function channel<T>(capacity: number): [Sender<T>, Receiver<T>] {
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
    throw invalidArg(
      "capacity",
      capacity,
      `of a broadcast channel must be a whole number from 1 to ${MAX_CAPACITY}`,
    );
  }
  const ring = new Ring<T>(capacity);
  return [new Sender(ring), new Receiver(ring)];
}

interface Slot<T> {
  value: T | undefined;
  unread: number;
}

class Ring<T> implements Closable {
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

/**
 * A sending end of a broadcast channel.
 *
 * @remarks Senders are counted by hand: `clone()` adds one, `close()` or the end of a `using` block takes one away.
 */
export class Sender<T> implements Disposable {
  private readonly ring: Ring<T>;
  private open: boolean;

  /** @internal */
  constructor(ring: Ring<T>) {
    this.ring = ring;
    this.open = true;
  }

  /**
   * Sends `value` to all current receivers, at once; answers how many there are.
   *
   * @throws {@link SendError} (`ERR_CHANNEL_CLOSED`) with the value, when there is no receiver just now, or when this
   * sender was closed. A later `subscribe()` makes sending possible again.
   */
  send(value: T): number {
    if (!this.open) throw senderClosed(value);
    if (this.ring.isAbandoned()) throw sendClosed(value);
    this.ring.push(value);
    return this.ring.receiverCount;
  }

  /** A new receiver, which gets what is sent from now on. */
  subscribe(): Receiver<T> {
    return new Receiver(this.ring);
  }

  /**
   * Ready when there is no receiver.
   *
   * @remarks **Cancel safety**: safe.
   */
  closed(): Awaitable<void> {
    return new ClosedWait(this.ring, false);
  }

  /** Another sender of the same channel, to be closed by itself. */
  clone(): Sender<T> {
    if (!this.open) throw senderClosed(undefined);
    this.ring.addSender();
    return new Sender(this.ring);
  }

  /** Gives this sender up; when all are, receivers get what is left and then `ERR_CHANNEL_CLOSED`. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.ring.dropSender();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** How many values some receiver has yet to read. */
  get len(): number {
    return this.ring.len;
  }

  /** Whether all receivers have read everything. */
  get isEmpty(): boolean {
    return this.ring.len === 0;
  }

  /** How many receivers are open. */
  get receiverCount(): number {
    return this.ring.receiverCount;
  }

  /** Whether `other` sends to the same channel. */
  sameChannel(other: Sender<T>): boolean {
    return other.ring === this.ring;
  }
}

/**
 * A receiving end of a broadcast channel.
 *
 * @remarks Receivers are counted by hand too: one that is no longer read should be closed, by `close()` or `using`, or
 * the channel keeps its last values for it. Async-iterable; the iteration throws when values were missed, and a new one
 * goes on after them.
 */
export class Receiver<T> implements AsyncIterable<T>, Disposable {
  private readonly ring: Ring<T>;
  private position: number;
  private open: boolean;

  /** @internal */
  constructor(ring: Ring<T>) {
    this.ring = ring;
    this.position = ring.end;
    this.open = true;
    ring.addReceiver();
  }

  /**
   * Waits for the next value.
   *
   * @remarks **Errors**: {@link RecvError}: `ERR_LAGGED` when `missed` values were overwritten before they were read (the
   * next receive gives the oldest one kept); `ERR_CHANNEL_CLOSED` when all senders are closed and nothing is left.
   * **Cancel safety**: safe; a dropped receive has taken nothing. Uses the budget.
   */
  recv(): Awaitable<T> {
    return new Recv(this, this.ring);
  }

  /**
   * The next value if one is there; undefined if one may still come.
   *
   * @throws {@link RecvError} as {@link Receiver.recv}.
   */
  tryRecv(): T | undefined {
    if (this.hasNext()) return this.take();
    if (this.isOver()) throw recvClosed();
    return undefined;
  }

  /** A new receiver of the same channel, which gets what is sent from now on. */
  resubscribe(): Receiver<T> {
    return new Receiver(this.ring);
  }

  /** Gives this receiver up; a second call does nothing. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.ring.dropReceiver(this.position);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** How many values were sent that this receiver has not read, those it has missed included. */
  get len(): number {
    return this.ring.end - this.position;
  }

  /** Whether there is nothing to read now. */
  get isEmpty(): boolean {
    return this.ring.end === this.position;
  }

  /** Whether all senders are closed. */
  get isClosed(): boolean {
    return this.ring.isClosed;
  }

  /** Whether `other` receives from the same channel. */
  sameChannel(other: Receiver<T>): boolean {
    return other.ring === this.ring;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let value: T;
      try {
        value = await this.recv();
      } catch (error) {
        if (error instanceof RecvError && error.isClosed()) return;
        throw error;
      }
      yield value;
    }
  }

  /** @internal Whether a value, or the news of missed ones, is there. */
  hasNext(): boolean {
    return this.open && this.position !== this.ring.end;
  }

  /** @internal Whether nothing can come any more. */
  isOver(): boolean {
    return !this.open || this.ring.isClosed;
  }

  /** @internal Takes the next value, or throws that some were missed. */
  take(): T {
    const missed = this.ring.start - this.position;
    if (missed > 0) {
      this.position = this.ring.start;
      throw recvLagged(missed);
    }
    return this.ring.read(this.position++);
  }
}

class Recv<T> extends WaitLeaf<T> {
  private readonly receiver: Receiver<T>;
  private readonly ring: Ring<T>;

  constructor(receiver: Receiver<T>, ring: Ring<T>) {
    super();
    this.receiver = receiver;
    this.ring = ring;
  }

  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, Recv.prototype.next);
    if (!pollProceed()) return PENDING;
    if (this.receiver.hasNext()) {
      this.drop();
      return readyPoll(this.receiver.take());
    }
    if (this.receiver.isOver()) {
      this.drop();
      throw recvClosed();
    }
    refundBudget();
    this.waker = waker;
    if (this.after === null) this.ring.waits.push(this);
    return PENDING;
  }

  protected override drop(): void {
    unlink(this);
    this.waker = null;
  }
}
