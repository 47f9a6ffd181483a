/**
 * Counted permits with a fair queue: what semaphores, locks and bounded channels are made of.
 *
 * **Layout.** `free` permits, and the waiters in FIFO order, each with how many it still misses.
 * **Who writes.** Only this file; a waiter's `missing` and `state` belong to the pool while it is queued.
 * **Transitions** of a waiter: IDLE -> (enough free) granted; IDLE -> QUEUED, taking what is free -> ASSIGNED, when the
 * rest has come -> granted at its next poll. A drop gives what it holds to the next: QUEUED or ASSIGNED -> IDLE.
 * **Invariants.**
 * 1. While somebody is queued nothing is free: who comes later cannot overtake, whatever number it asks for.
 * 2. free + held by waiters + handed out = added - forgotten.
 * 3. A closed pool has no queued waiter.
 *
 * Source: Tokio's batch semaphore.
 */
import {
  cx,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  refundBudget,
  type Waker,
} from "@treadle/core";
import { unlink, WaitLeaf, WaitList } from "./waiters.ts";

/** The largest number of permits a pool can count; whole numbers stay exact far beyond it. */
export const MAX_PERMITS: number = 2 ** 50 - 1;

const IDLE = 0;
const QUEUED = 1;
const ASSIGNED = 2;

/** Permits, and who waits for them. */
export class PermitPool {
  /** Permits that nobody has. */
  free: number;
  closed: boolean;
  readonly waiters: WaitList<PermitWait<unknown>>;

  constructor(permits: number) {
    this.free = permits;
    this.closed = false;
    this.waiters = new WaitList();
  }

  /** Takes `count` permits if that many are free. */
  tryTake(count: number): boolean {
    if (this.free < count) return false;
    this.free -= count;
    return true;
  }

  /** Gives `count` permits to the waiters in their order; the rest is free. */
  release(count: number): void {
    let rest = count;
    for (let head = this.waiters.head(); head !== null && rest > 0; head = this.waiters.head()) {
      rest -= head.give(rest);
    }
    this.free += rest;
  }

  /** Takes at most `count` free permits out for good; answers how many. */
  forget(count: number): number {
    const gone = Math.min(count, this.free);
    this.free -= gone;
    return gone;
  }

  /** Takes back what waiters hold and wakes them: they go on elsewhere. */
  disband(): void {
    const all = this.waiters.takeAll();
    const wakers: PermitWait<unknown>[] = [];
    for (let wait = all.head(); wait !== null; wait = all.head()) {
      this.free += wait.expel();
      wakers.push(wait);
    }
    for (const wait of wakers) wait.wakeUp();
  }

  /** Fails all waiters, and whoever waits later. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    const all = this.waiters.takeAll();
    for (let wait = all.head(); wait !== null; wait = all.head()) {
      this.free += wait.expel();
      wait.wakeUp();
    }
  }
}

/** Waits for permits of a pool; what it answers then is the subclass's. */
export abstract class PermitWait<T> extends WaitLeaf<T> {
  protected readonly pool: PermitPool;
  protected readonly count: number;
  private missing: number;
  private state: number;

  constructor(pool: PermitPool, count: number) {
    super();
    this.pool = pool;
    this.count = count;
    this.missing = count;
    this.state = IDLE;
  }

  /** Makes the answer of one who has got the permits. */
  protected abstract granted(): Poll<T>;

  /** Makes the error of one who waited for a pool that was closed. */
  protected abstract refused(): Error;

  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, PermitWait.prototype.next);
    if (!pollProceed()) return PENDING;
    if (this.pool.closed) return this.turnedAway(waker);
    if (this.isGranted()) {
      this.state = IDLE;
      this.waker = null;
      return this.granted();
    }
    refundBudget();
    this.waker = waker;
    return PENDING;
  }

  /** The answer of a poll when the pool is closed. */
  protected turnedAway(_waker: Waker): Poll<T> {
    this.drop();
    throw this.refused();
  }

  protected override drop(): void {
    this.waker = null;
    const held = this.state === IDLE ? 0 : this.count - this.missing;
    unlink(this);
    this.state = IDLE;
    if (held > 0) this.pool.release(held);
  }

  /** Whether it was given all its permits and has not answered yet. */
  protected get isAssigned(): boolean {
    return this.state === ASSIGNED;
  }

  /** For pools of several threads: it holds all its permits, or it has handed them on. */
  protected assign(holds: boolean): void {
    this.state = holds ? ASSIGNED : IDLE;
    this.missing = holds ? 0 : this.count;
  }

  private isGranted(): boolean {
    if (this.state === IDLE) {
      if (this.pool.tryTake(this.count)) return true;
      this.enqueue();
    }
    return this.state === ASSIGNED;
  }

  private enqueue(): void {
    const pool = this.pool;
    this.missing = this.count - pool.free;
    pool.free = 0;
    this.state = QUEUED;
    pool.waiters.push(this as PermitWait<unknown>);
  }

  /** Takes up to `rest` permits; wakes when none is missing any more. Answers how many it took. */
  give(rest: number): number {
    if (this.missing > rest) {
      this.missing -= rest;
      return rest;
    }
    const taken = this.missing;
    this.missing = 0;
    this.state = ASSIGNED;
    unlink(this);
    this.wakeUp();
    return taken;
  }

  /** Leaves the queue of a pool that closes; answers how many permits it held. */
  expel(): number {
    unlink(this);
    this.state = IDLE;
    return this.count - this.missing;
  }
}
