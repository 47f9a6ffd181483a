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
import {
  cx,
  DONE,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  SEND,
  type SendKind,
  type SharedHost,
  sendKind,
  type Waker,
} from "@treadle/core";
import { createNotify, SharedNotify } from "./shared/shared-notify.ts";
import { shareView, viewCame, viewSent } from "./shared/view.ts";
import { type Linked, unlink, WaitList } from "./waiters.ts";

// As `Notice` in shared-notify.ts.
const NEW = 0;
const WAITING = 1;
const BY_ONE = 2;
const BY_LAST = 3;
const BY_ALL = 4;

const WHAT = "a Notify";

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
  /** @internal What takes the place of the rest once it was sent to another thread. */
  shared: SharedNotify | null;
  private permit: boolean;
  private calls: number;
  private readonly waiters: WaitList<Notified>;

  constructor() {
    this.shared = null;
    this.permit = false;
    this.calls = 0;
    this.waiters = new WaitList();
  }

  /** @internal The Notify of threads at `at`, on the thread to which it has come. */
  static came(at: number): Notify {
    return viewCame(
      WHAT,
      at,
      (host) => new SharedNotify(host, at),
      () => new Notify(),
    );
  }

  /** @internal Makes it one of several threads; answers its address. */
  share(): number {
    return shareView(WHAT, this, (host) => this.shareOn(host));
  }

  private shareOn(host: SharedHost): SharedNotify {
    const at = createNotify(host, this.permit, this.calls | 0);
    const shared = new SharedNotify(host, at);
    for (let wait = this.waiters.shift(); wait !== null; wait = this.waiters.shift())
      wait.moveWaiting(shared);
    return shared;
  }

  /** @internal */
  get [SEND](): SendKind<Notify, number> {
    return notifyKind;
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
    if (this.shared !== null) {
      this.shared.notifyWaiters();
      return;
    }
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
    return this.shared === null ? this.calls : this.shared.calls;
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
    if (this.shared !== null) {
      this.shared.passOn(how);
      return;
    }
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
  /** Its place in the line of threads, 0 if it has none. */
  private node: number;

  /** @internal */
  constructor(source: Notify) {
    super();
    this.before = null;
    this.after = null;
    this.source = source;
    this.waker = null;
    this.state = NEW;
    this.since = source.callsNow();
    this.node = 0;
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
    this.leaveThreads();
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
    this.wakeUp();
  }

  /** @internal */
  wakeUp(): void {
    const waker = this.waker;
    this.waker = null;
    if (waker !== null) waker.wake();
  }

  /** @internal */
  ended(state: number): void {
    this.node = 0;
    this.state = state;
  }

  /** @internal It waits, and does so in the line of threads from now on. */
  moveWaiting(shared: SharedNotify): void {
    this.since = shared.calls;
    this.beginShared(shared);
  }

  private beginShared(shared: SharedNotify): void {
    this.node = shared.queue(this.since | 0, this);
    this.state = this.node === 0 ? BY_ALL : WAITING;
  }

  private leaveThreads(): void {
    const { node } = this;
    if (node === 0) return;
    this.node = 0;
    // What it was notified by meanwhile goes to the next.
    this.source.shared?.giveUp(node);
  }

  private begin(): void {
    const { shared } = this.source;
    if (shared !== null) {
      this.beginShared(shared);
      return;
    }
    if (this.source.callsNow() !== this.since || this.source.tryTake()) {
      this.state = BY_ALL;
      return;
    }
    this.state = WAITING;
    this.source.enrol(this);
  }
}

const notifyKind = sendKind<Notify, number>({
  name: "@treadle/sync/Notify",
  encode: (notify) => notify.share(),
  decode: (at) => Notify.came(at),
  sent: (notify) => viewSent(notify.shared),
  discard: (at) => void Notify.came(at),
});

/** Notifies all of a list; a waker that throws keeps no other from being notified. */
function notifyAll(all: WaitList<Notified>): void {
  try {
    for (let wait = all.shift(); wait !== null; wait = all.shift()) wait.notify(BY_ALL);
  } finally {
    if (!all.isEmpty()) notifyAll(all);
  }
}
