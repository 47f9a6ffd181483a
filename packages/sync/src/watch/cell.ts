/**
 * What the two ends of a watch channel share: the latest value, and the news that it has changed.
 *
 * **Layout.** One value with a version, counts of both ends, and who waits. Each receiver keeps the version it has seen. Once an
 * end was sent to another thread `shared` takes the place of value, version and counts.
 * **Invariants.**
 * 1. The version grows by one with each change that is announced; a receiver has news while its version differs.
 * 2. News comes before the end: a receiver sees the last value even when the senders are gone.
 */
import type { SharedHost } from "@treadle/core";
import type { Closable } from "../closed-wait.ts";
import { createWatch, SharedWatch, WatchEnd } from "../shared/shared-watch.ts";
import { WaitPlace } from "../shared/wait-place.ts";
import { type WaitLeaf, WaitList, wakeAll } from "../waiters.ts";

/** What `sendModify` lets a function change. */
export interface Watched<T> {
  /** The channel's value. */
  value: T;
}

/** The shared state of one channel. */
export class Cell<T> implements Closable, Watched<T> {
  /** The value, while the channel is of one thread. */
  value: T;
  readonly waits: WaitList<WaitLeaf<unknown>>;
  readonly closedWaits: WaitList<WaitLeaf<unknown>>;
  /** What takes the place of the rest once an end was sent to another thread. */
  shared: SharedWatch<T> | null;
  private changes: number;
  private receivers: number;
  private senders: number;
  private news: WaitPlace | null;
  private gone: WaitPlace | null;

  constructor(initial: T) {
    this.value = initial;
    this.changes = 0;
    this.receivers = 0;
    this.senders = 1;
    this.waits = new WaitList();
    this.closedWaits = new WaitList();
    this.shared = null;
    this.news = null;
    this.gone = null;
  }

  /** The channel of other threads at `at`, for the first end of it on this thread. */
  static ofShared<T>(host: SharedHost, at: number): Cell<T> {
    const cell = new Cell<T>(undefined as T);
    cell.adopt(new SharedWatch<T>(host, at));
    return cell;
  }

  private adopt(shared: SharedWatch<T>): void {
    const { host } = shared;
    this.shared = shared;
    this.news = new WaitPlace(host, shared.newsAt, this.waits);
    this.gone = new WaitPlace(host, shared.goneAt, this.closedWaits);
    host.views.set(shared.at, this);
  }

  /** Makes the channel one of several threads. */
  share(host: SharedHost): SharedWatch<T> {
    const at = createWatch(host, host.writeCopies(this.value), this.changes);
    const shared = new SharedWatch<T>(host, at);
    this.adopt(shared);
    shared.addEnds(WatchEnd.SENDER, this.senders);
    shared.addEnds(WatchEnd.RECEIVER, this.receivers);
    shared.remember(this.value);
    if (!this.waits.isEmpty()) this.news?.arm();
    if (!this.closedWaits.isEmpty()) this.gone?.arm();
    return shared;
  }

  /** The value as it is now. */
  current(): T {
    return this.shared === null ? this.value : this.shared.read();
  }

  /** The version of the value that was read last. */
  get readVersion(): number {
    return this.shared === null ? this.changes : this.shared.readVersion;
  }

  get version(): number {
    return this.shared === null ? this.changes : this.shared.version;
  }

  get receiverCount(): number {
    return this.shared === null ? this.receivers : this.shared.count(WatchEnd.RECEIVER);
  }

  get senderCount(): number {
    return this.shared === null ? this.senders : this.shared.count(WatchEnd.SENDER);
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

  /** A wait for news joins the others; true if it must look once more, for another thread may have sent some meanwhile. */
  awaitNews(leaf: WaitLeaf<unknown>): boolean {
    if (leaf.after === null) this.waits.push(leaf);
    if (!this.shared?.isAttached) return false;
    this.news?.arm();
    return true;
  }

  /** Replaces the value; answers the one before. */
  replace(value: T): T {
    const { shared } = this;
    if (shared === null) {
      const before = this.value;
      this.value = value;
      this.announce();
      return before;
    }
    for (;;) {
      const before = shared.read();
      if (shared.replace(value, shared.readVersion)) return before;
    }
  }

  /** As `replace`, without the answer. */
  set(value: T): void {
    if (this.shared !== null) this.shared.replace(value, -1);
    else this.replace(value);
  }

  /** Lets `modify` change the value, and tells of it if that answers true. */
  modify(modify: (watched: Watched<T>) => boolean): boolean {
    if (this.shared !== null) return modifyShared(this.shared, modify);
    if (!modify(this)) return false;
    this.announce();
    return true;
  }

  private announce(): void {
    this.changes++;
    wakeAll(this.waits);
  }

  addSender(): void {
    if (this.shared === null) this.senders++;
    else this.shared.addEnds(WatchEnd.SENDER, 1);
  }

  dropSender(): void {
    if (this.shared !== null) this.shared.dropEnd(WatchEnd.SENDER);
    else if (--this.senders === 0) wakeAll(this.waits);
  }

  addReceiver(): void {
    if (this.shared === null) this.receivers++;
    else this.shared.addEnds(WatchEnd.RECEIVER, 1);
  }

  dropReceiver(): void {
    if (this.shared !== null) this.shared.dropEnd(WatchEnd.RECEIVER);
    else this.receivers--;
    wakeAll(this.waits);
    if (this.shared === null && this.receivers === 0) wakeAll(this.closedWaits);
  }

  /** An end was sent to another thread: it is closed here. */
  endSent(): void {
    this.shared?.endSent();
    wakeAll(this.waits);
  }
}

/** On several threads: a copy is changed, and changed again if another thread was faster. */
function modifyShared<T>(
  shared: SharedWatch<T>,
  modify: (watched: Watched<T>) => boolean,
): boolean {
  for (;;) {
    const watched = { value: shared.read() };
    const version = shared.readVersion;
    // Whatever comes of it, what was read may have been changed in place.
    shared.forget();
    if (!modify(watched)) return false;
    if (shared.replace(watched.value, version)) return true;
  }
}
