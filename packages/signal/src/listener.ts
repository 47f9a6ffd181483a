/**
 * One listener's memory: whether its signal has come since it last looked, and who waits for that.
 *
 * **Layout.** One flag, so any number of signals are one; a list of waits, intrusive, in the order in which they began.
 * **Who writes.** The driver `deliver`s; a wait that is polled `take`s. All on one thread.
 *
 * **Invariants.**
 * 1. A signal stays in the flag until a poll answers with it, so a wait that is dropped loses nothing.
 * 2. A wait is in the list exactly while it has a waker there; `counter.waiting` counts all of them.
 */
import type { Waker } from "@treadle/core";
import type { WaitCounter } from "@treadle/io";
import { signalClosed, signalShutdown } from "./error.ts";
import type { SignalKind } from "./signal-kind.ts";

const OPEN = 0;
const CLOSED = 1;
const SHUTDOWN = 2;

/** A wait in the list of a listener. */
export interface SignalWait {
  before: SignalWait | null;
  after: SignalWait | null;
  waker: Waker | null;
}

/** What a listener belongs to. */
export interface ListenerOwner extends WaitCounter {
  /** Forgets it; does nothing when it is forgotten already. */
  forget(listener: Listener): void;
}

/** One listener in its driver. */
export class Listener {
  readonly kind: SignalKind;
  private readonly owner: ListenerOwner;
  private state = OPEN;
  private pending = false;
  private first: SignalWait | null = null;
  private last: SignalWait | null = null;

  constructor(kind: SignalKind, owner: ListenerOwner) {
    this.kind = kind;
    this.owner = owner;
  }

  /** Its signal has come. */
  deliver(): void {
    this.pending = true;
    this.wakeAll();
  }

  /**
   * Takes the signal, if it has come; one that came before a close or shutdown still counts.
   *
   * @throws {@link RuntimeError} `ERR_SIGNAL_CLOSED`, `ERR_SIGNAL_SHUTDOWN` when none will come any more.
   */
  take(): boolean {
    const had = this.pending;
    this.pending = false;
    if (had || this.state === OPEN) return had;
    throw this.state === CLOSED ? signalClosed(this.kind.name) : signalShutdown();
  }

  /** Closed, and everything taken. */
  isClosed(): boolean {
    return this.state === CLOSED && !this.pending;
  }

  /** Keeps a waker until the signal comes. */
  wait(wait: SignalWait, waker: Waker): void {
    if (wait.waker === null) this.enrol(wait);
    wait.waker = waker;
  }

  private enrol(wait: SignalWait): void {
    const { last } = this;
    wait.before = last;
    wait.after = null;
    if (last === null) this.first = wait;
    else last.after = wait;
    this.last = wait;
    this.owner.waiting++;
  }

  /** Gives up a wait. */
  leave(wait: SignalWait): void {
    if (wait.waker === null) return;
    const { before, after } = wait;
    if (before === null) this.first = after;
    else before.after = after;
    if (after === null) this.last = before;
    else after.before = before;
    wait.before = null;
    wait.after = null;
    wait.waker = null;
    this.owner.waiting--;
  }

  private wakeAll(): void {
    let wait = this.first;
    while (wait !== null) {
      const { after, waker } = wait as SignalWait;
      this.leave(wait);
      waker?.wake();
      wait = after;
    }
  }

  /** Hears of nothing from now on; whoever waits fails. */
  close(): void {
    if (this.state !== OPEN) return;
    this.state = CLOSED;
    this.owner.forget(this);
    this.wakeAll();
  }

  /** The driver is gone; whoever waits fails. */
  shutdown(): void {
    if (this.state !== OPEN) return;
    this.state = SHUTDOWN;
    this.wakeAll();
  }
}
