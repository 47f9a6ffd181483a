/**
 * Notify: wakes tasks without a value.
 *
 * **Layout.** One stored permit, the waiters in FIFO order, and a count of the `notifyWaiters` calls.
 * **Transitions** of a {@link Notified}: NEW -> WAITING (polled or enabled) -> BY_ONE, BY_LAST or BY_ALL -> ready. A NEW one is
 * ready at once if `notifyWaiters` was called since it was made, or else by taking the stored permit.
 * **Invariants.**
 * 1. While somebody waits no permit is stored.
 * 2. A wait dropped in BY_ONE or BY_LAST, so before it has answered, hands its notification on in the same direction.
 *
 * Source: Tokio's `sync/notify.rs`.
 */
import { cx, DONE, Leaf, outsidePoll, PENDING, type Poll, type Waker } from "@treadle/core";
import { type Linked, unlink, WaitList } from "./waiters.ts";

const NEW = 0;
const WAITING = 1;
const BY_ONE = 2;
const BY_LAST = 3;
const BY_ALL = 4;

/**
 * Wakes one waiting task, or all of them.
 *
 * @example
 * ```ts
 * import { type Async, Builder, fn, Notify } from "treadle";
 *
 * const main = fn(function* main(): Async<string> {
 *   const notify = new Notify();
 *   notify.notifyOne();
 *   yield* notify.notified();
 *   return "the permit was kept";
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => "the permit was kept"
 * ```
 */
export class Notify {
  private permit: boolean;
  private calls: number;
  private readonly waiters: WaitList<Notified>;

  constructor() {
    this.permit = false;
    this.calls = 0;
    this.waiters = new WaitList();
  }

  /** Wakes the task that waits longest; if none waits, the next `notified()` is ready at once. At most one is kept. */
  notifyOne(): void {
    this.passOn(BY_ONE);
  }

  /** As {@link Notify.notifyOne}, but wakes the task that began to wait last. */
  notifyLast(): void {
    this.passOn(BY_LAST);
  }

  /** Wakes all that wait, and all `notified()` futures made before this call; keeps nothing for later ones. */
  notifyWaiters(): void {
    this.calls++;
    if (!this.waiters.isEmpty()) notifyAll(this.waiters.takeAll());
  }

  /**
   * Waits for a notification.
   *
   * @remarks It takes part in `notifyWaiters` from this call on, in `notifyOne` from its first poll or `enable()` on.
   * **Cancel safety**: a notification it got by `notifyOne` goes to the next one; the place in the queue is lost.
   */
  notified(): Notified {
    return new Notified(this);
  }

  /** @internal How often `notifyWaiters` was called. */
  callsNow(): number {
    return this.calls;
  }

  /** @internal Takes the stored permit. */
  tryTake(): boolean {
    const had = this.permit;
    this.permit = false;
    return had;
  }

  /** @internal */
  enrol(wait: Notified): void {
    this.waiters.push(wait);
  }

  /** @internal Gives one notification to the first or the last waiter, or keeps it. */
  passOn(how: number): void {
    const wait = how === BY_LAST ? this.waiters.pop() : this.waiters.shift();
    if (wait === null) this.permit = true;
    else wait.notify(how);
  }
}

/** The future of {@link Notify.notified}. */
export class Notified extends Leaf<void> {
  /** @internal */
  before: Linked | null;
  /** @internal */
  after: Linked | null;
  private readonly source: Notify;
  private waker: Waker | null;
  private state: number;
  private since: number;

  /** @internal */
  constructor(source: Notify) {
    super();
    this.before = null;
    this.after = null;
    this.source = source;
    this.waker = null;
    this.state = NEW;
    this.since = source.callsNow();
  }

  /** Polls: ready once it was notified. */
  override next(): Poll<void> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, Notified.prototype.next);
    if (this.state === NEW) this.begin();
    if (this.state > WAITING) {
      this.state = BY_ALL;
      return DONE;
    }
    this.waker = waker;
    return PENDING;
  }

  /**
   * Begins to wait without a poll: from now on it receives `notifyOne` too. True when it is ready.
   *
   * @remarks Use it before checking a condition, so that a notification sent after the check is not missed.
   */
  enable(): boolean {
    if (this.state === NEW) this.begin();
    return this.state > WAITING;
  }

  protected override drop(): void {
    const { state } = this;
    unlink(this);
    this.waker = null;
    this.state = NEW;
    this.since = this.source.callsNow();
    if (state === BY_ONE || state === BY_LAST) this.source.passOn(state);
  }

  /** @internal */
  notify(how: number): void {
    this.state = how;
    const waker = this.waker;
    this.waker = null;
    if (waker !== null) waker.wake();
  }

  private begin(): void {
    if (this.source.callsNow() !== this.since || this.source.tryTake()) {
      this.state = BY_ALL;
      return;
    }
    this.state = WAITING;
    this.source.enrol(this);
  }
}

/** Notifies all of a list; a waker that throws keeps no other from being notified. */
function notifyAll(all: WaitList<Notified>): void {
  try {
    for (let wait = all.shift(); wait !== null; wait = all.shift()) wait.notify(BY_ALL);
  } finally {
    if (!all.isEmpty()) notifyAll(all);
  }
}
