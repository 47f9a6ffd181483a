/**
 * What the two ends of a watch channel share: the latest value, and the news that it has changed.
 *
 * **Layout.** One value with a version, counts of both ends, and who waits. Each receiver keeps the version it has seen.
 * **Invariants.**
 * 1. The version grows by one with each change that is announced; a receiver has news while its version differs.
 * 2. News comes before the end: a receiver sees the last value even when the senders are gone.
 */
import type { Closable } from "../closed-wait.ts";
import { type WaitLeaf, WaitList, wakeAll } from "../waiters.ts";

/** What `sendModify` lets a function change. */
export interface Watched<T> {
  /** The channel's value. */
  value: T;
}

/** The shared state of one channel. */
export class Cell<T> implements Closable, Watched<T> {
  value: T;
  private changes: number;
  private receivers: number;
  private senders: number;
  readonly waits: WaitList<WaitLeaf<unknown>>;
  readonly closedWaits: WaitList<WaitLeaf<unknown>>;

  constructor(initial: T) {
    this.value = initial;
    this.changes = 0;
    this.receivers = 0;
    this.senders = 1;
    this.waits = new WaitList();
    this.closedWaits = new WaitList();
  }

  get version(): number {
    return this.changes;
  }

  get receiverCount(): number {
    return this.receivers;
  }

  get senderCount(): number {
    return this.senders;
  }

  get isClosed(): boolean {
    return this.senders === 0;
  }

  isAbandoned(): boolean {
    return this.receivers === 0;
  }

  announce(): void {
    this.changes++;
    wakeAll(this.waits);
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

  dropReceiver(): void {
    this.receivers--;
    wakeAll(this.waits);
    if (this.receivers === 0) wakeAll(this.closedWaits);
  }
}
