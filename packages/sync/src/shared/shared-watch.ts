/**
 * A watch channel whose ends are on several threads.
 *
 * **Layout.** Words VALUE (the node of the latest value), VERSION, SENDERS and RECEIVERS (how many ends are open), and two words of
 * waiters: those who wait for news, and those who wait for all receivers to go. A record's words: how many ends of each sort its
 * thread has. The first word of a value's node: how many use it, the channel being one.
 * **Who writes.** Who has the lock; a node's uses anybody, by addition.
 * **Invariants.**
 * 1. VERSION changes before VALUE, under one lock: after a death between the two there is news of the old value, never a new
 *    value without news.
 * 2. A value is read while it is used, so a new one does not pull it away; whoever gives the last use up frees it.
 * 3. SENDERS and RECEIVERS are the sums of the records: after a death they are made anew.
 * 4. An end that is under way is in the record of the thread that has sent it, until it has come.
 */
import type { SharedHost } from "@treadle/core";
import { add, load } from "@treadle/core/shared";
import { createGuarded, GUARDED_REST, Guarded, MEMBER_REST } from "./guarded.ts";
import { release, retain } from "./refs.ts";

const VALUE = GUARDED_REST;
const VERSION = GUARDED_REST + 1;
/** SENDERS, and RECEIVERS behind it. */
const COUNTS = GUARDED_REST + 2;
const NEWS = GUARDED_REST + 4;
const GONE = GUARDED_REST + 5;
const WATCH_WORDS = GUARDED_REST + 6;
/** A record's words of ends, in the same order. */
const ENDS = MEMBER_REST;
const MOST_VERSIONS = 0x7fffffff;

/** Which end. */
export const WatchEnd = { SENDER: 0, RECEIVER: 1 } as const;
/** One of {@link WatchEnd}. */
export type WatchEnd = (typeof WatchEnd)[keyof typeof WatchEnd];

/** Takes the memory of a channel that holds the value of a node, one use of which is the channel's from now on. */
export function createWatch(host: SharedHost, node: number, version: number): number {
  const at = createGuarded(host, WATCH_WORDS);
  host.words[node] = 1;
  host.words[at + VALUE] = node;
  host.words[at + VERSION] = version & MOST_VERSIONS;
  return at;
}

/** A watch channel, as one thread sees it. */
export class SharedWatch<T> extends Guarded {
  /** Ends here that are open. */
  private users: number;
  private attached: boolean;
  /** The value that was read last, and its version; nothing is newer once this thread has left. */
  private value: T | undefined;
  private known: number;

  constructor(host: SharedHost, at: number) {
    super(host, at);
    this.users = 0;
    this.attached = true;
    this.value = undefined;
    this.known = -1;
    this.join();
  }

  /** The words of waiters. */
  get newsAt(): number {
    return this.at + NEWS;
  }

  /** As {@link SharedWatch.newsAt}. */
  get goneAt(): number {
    return this.at + GONE;
  }

  // Ends

  /** Whether this thread has open ends; the words are touched no more when it has none. */
  get isAttached(): boolean {
    return this.attached;
  }

  /** How many ends of a sort are open. */
  count(end: WatchEnd): number {
    if (!this.attached) return 0;
    if (load(this.words, this.at + COUNTS + end) > 0) this.lookForDeaths();
    return load(this.words, this.at + COUNTS + end);
  }

  private lookForDeaths(): void {
    if (!this.mayHaveDied()) return;
    this.enter();
    this.leave();
  }

  /** So many more ends are here. */
  addEnds(end: WatchEnd, count: number): void {
    this.users += count;
    this.enter();
    this.change(this.member, end, count);
    this.leave();
  }

  /** One end here is closed. */
  dropEnd(end: WatchEnd): void {
    this.enter();
    this.change(this.member, end, -1);
    const last = this.words[this.at + COUNTS + end] === 0;
    this.leave();
    if (last) this.wakeAfter(end);
    this.endLeft();
  }

  private wakeAfter(end: WatchEnd): void {
    this.host.wakeAll(end === WatchEnd.SENDER ? this.newsAt : this.goneAt);
  }

  /** One end here was sent to another thread. */
  endSent(): void {
    retain(this.host, this.at);
    this.endLeft();
  }

  private endLeft(): void {
    this.users--;
    if (this.users > 0) return;
    this.keepLast();
    this.attached = false;
    this.host.views.delete(this.at);
    this.detach();
  }

  /** Reads what closed ends show from now on. */
  private keepLast(): void {
    try {
      this.read();
    } catch {
      // Then they show the one before.
    }
  }

  /** One end that another thread has sent is here now; its use of the thing is given up if there was one here before. */
  endCame(end: WatchEnd, from: number): void {
    const first = this.users === 0;
    this.users++;
    this.enter();
    this.change(this.member, end, 1);
    const member = this.memberOf(from);
    // It was given up for the dead: it is one more.
    if (member !== 0 && (this.words[member + ENDS + end] as number) > 0)
      this.change(member, end, -1);
    this.leave();
    if (!first) release(this.host, this.at);
  }

  private change(member: number, end: WatchEnd, count: number): void {
    (this.words[member + ENDS + end] as number) += count;
    this.put(COUNTS + end, (this.words[this.at + COUNTS + end] as number) + count);
  }

  // The value

  /** The version of what was read last. */
  get readVersion(): number {
    return this.known;
  }

  /** The version of the value. */
  get version(): number {
    return this.attached ? load(this.words, this.at + VERSION) : this.known;
  }

  /** The latest value; the same object as long as it is the same version. */
  read(): T {
    if (this.attached && this.known !== this.version) this.fetch();
    return this.value as T;
  }

  private fetch(): void {
    const { words, at, host } = this;
    this.enter();
    const node = words[at + VALUE] as number;
    const version = words[at + VERSION] as number;
    add(words, node, 1);
    this.leave();
    try {
      this.value = host.peek(node) as T;
      this.known = version;
    } finally {
      this.giveUse(node);
    }
  }

  /** The value that was read last may have been changed by hand: it is read anew. */
  forget(): void {
    this.known = -1;
  }

  /** This thread has that value for the version as it is. */
  remember(value: T): void {
    this.value = value;
    this.known = this.version;
  }

  /** Replaces the value; `expected` is the version that it must have then, or -1. Answers whether it did. */
  replace(value: T, expected: number): boolean {
    const { words, at, host } = this;
    const node = host.writeCopies(value);
    words[node] = 1;
    this.enter();
    const before = words[at + VERSION] as number;
    const fits = expected < 0 || before === expected;
    const old = fits ? this.swap(node, before) : node;
    const version = words[at + VERSION] as number;
    this.leave();
    this.giveUse(old);
    if (!fits) return false;
    this.value = value;
    this.known = version;
    host.wakeAll(this.newsAt);
    return true;
  }

  private swap(node: number, version: number): number {
    const { words, at } = this;
    const old = words[at + VALUE] as number;
    this.put(VERSION, (version + 1) & MOST_VERSIONS);
    words[at + VALUE] = node;
    return old;
  }

  private giveUse(node: number): void {
    if (add(this.words, node, -1) === 1) this.host.free(node);
  }

  // Deaths and the end

  protected override mend(): void {
    // Somebody may not have been told.
    this.host.wakeAll(this.newsAt);
  }

  protected override bury(member: number): void {
    this.words[member + ENDS + WatchEnd.SENDER] = 0;
    this.words[member + ENDS + WatchEnd.RECEIVER] = 0;
  }

  protected override buried(): void {
    for (const end of [WatchEnd.SENDER, WatchEnd.RECEIVER] as const) {
      const left = this.sum(ENDS + end);
      this.put(COUNTS + end, left);
      if (left === 0) this.wakeAfter(end);
    }
  }

  protected override destroyed(): void {
    this.giveUse(this.words[this.at + VALUE] as number);
    this.host.wakeAll(this.newsAt);
    this.host.wakeAll(this.goneAt);
  }

  protected override look(): void {}
}
