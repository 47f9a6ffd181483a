/**
 * A Notify that threads share.
 *
 * **Layout.** Words PERMIT and CALLS (of `notifyWaiters`). A node's word SINCE: CALLS when it joined the line; its STATE says how
 * it was notified.
 * **Transitions.** As those of `notify.ts`.
 * **Invariants.**
 * 1. While somebody waits no permit is stored.
 * 2. All waits that were there when CALLS went up are notified: after a death in the middle, those whose SINCE is another one.
 * 3. A notification that its thread had not seen when it died goes to the next, as if its wait had been dropped.
 */
import type { SharedHost } from "@treadle/core";
import { load } from "@treadle/core/shared";
import { createGuarded } from "./guarded.ts";
import {
  Leaves,
  LINED_NODE_REST,
  LINED_REST,
  type LineWait,
  SharedLine,
  STATE,
} from "./shared-line.ts";

const PERMIT = LINED_REST;
const CALLS = LINED_REST + 1;
const NOTIFY_WORDS = LINED_REST + 2;
const SINCE = LINED_NODE_REST;

/** How a wait is notified; of a wait of its thread also that it has not begun, or waits. */
export const Notice = {
  NEW: 0,
  WAITING: 1,
  BY_ONE: 2,
  BY_LAST: 3,
  BY_ALL: 4,
} as const;

/** Takes the memory of a Notify. */
export function createNotify(host: SharedHost, permit: boolean, calls: number): number {
  const at = createGuarded(host, NOTIFY_WORDS);
  host.words[at + PERMIT] = permit ? 1 : 0;
  host.words[at + CALLS] = calls;
  return at;
}

/** A Notify, as one thread sees it. */
export class SharedNotify extends SharedLine {
  constructor(host: SharedHost, at: number) {
    super(host, at);
    this.join();
  }

  /** How often `notifyWaiters` was called, modulo 2^32. */
  get calls(): number {
    return load(this.words, this.at + CALLS);
  }

  /** Waits, unless it was notified since or a permit is stored: answers the node, else 0. */
  queue(since: number, wait: LineWait): number {
    // Registered first: what changes after the look is told.
    this.arm();
    const node = this.makeNode();
    this.enter();
    const waits = this.mustWait(since);
    if (waits) {
      this.words[node + SINCE] = since;
      this.enrol(node, wait);
    }
    this.leave();
    if (waits) return node;
    this.host.free(node);
    return 0;
  }

  private mustWait(since: number): boolean {
    const { words, at } = this;
    if (words[at + CALLS] !== since) return false;
    const had = words[at + PERMIT];
    words[at + PERMIT] = 0;
    return had === 0;
  }

  /** Notifies the first or the last that waits, or keeps the notification. */
  passOn(how: number): void {
    this.enter();
    this.give(how);
    this.leave();
  }

  /** Notifies all that wait. */
  notifyWaiters(): void {
    this.enter();
    // First: it decides who is notified.
    this.put(CALLS, ((this.words[this.at + CALLS] as number) + 1) | 0);
    this.notifyOlder();
    this.leave();
  }

  /** Gives a wait up that has not been told its end. */
  giveUp(node: number): void {
    this.giveUpNode(node);
  }

  /** This thread has no use of it any more. */
  leaveForGood(): void {
    this.detach();
  }

  // Lock held

  private give(how: number): void {
    const node = how === Notice.BY_LAST ? this.lastWaiting() : this.firstWaiting;
    if (node === 0) this.words[this.at + PERMIT] = 1;
    else this.end(node, how);
  }

  private lastWaiting(): number {
    let node = this.line.last;
    while (node !== 0 && this.words[node + STATE] !== 0) node = this.line.previous(node);
    return node;
  }

  private notifyOlder(): void {
    const { words, at } = this;
    let node = this.firstWaiting;
    while (node !== 0 && words[node + SINCE] !== words[at + CALLS]) {
      this.end(node, Notice.BY_ALL);
      node = this.firstWaiting;
    }
  }

  protected override settle(node: number, why: Leaves): void {
    const state = this.words[node + STATE] as number;
    if (why === Leaves.COLLECTED) return;
    if (state === Notice.BY_ONE || state === Notice.BY_LAST) this.give(state);
  }

  protected override mend(): void {
    super.mend();
    this.notifyOlder();
  }

  protected override buried(): void {}
}
