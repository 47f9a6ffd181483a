/**
 * The values of a broadcast channel that somebody has yet to read, in shared memory.
 *
 * **Layout.** Words SIZE, END (long.ts: the position of the next value), then one slot more than SIZE: NODE (the value's node, 0
 * when all have read it) and UNREAD (how many have yet to). A position's slot is the position modulo their number. The first word
 * of a node: how many use it, the ring being one.
 * **Who writes.** Who has the lock; a node's uses anybody, by addition.
 * **Invariants.**
 * 1. The slot of position END is spare: a value is put there first, and END then shows it, which makes the oldest one's the spare.
 *    So a value was sent wholly or not at all, and a slot that is read is never one that is being written.
 * 2. UNREAD is how many receivers stand at that position or before: after a death it is made anew from where they stand.
 * 3. A value is read while it is used, so who sends does not pull it away; whoever gives the last use up frees it.
 */
import type { SharedHost } from "@treadle/core";
import { add } from "@treadle/core/shared";
import { LONG_WORDS, readLong, writeLong } from "./long.ts";

const SIZE = 0;
const END = 1;
const SLOTS = END + LONG_WORDS;
const NODE = 0;
const UNREAD = 1;
const SLOT_WORDS = 2;

/** Words of a ring of so many values. */
export function ringWords(size: number): number {
  return SLOTS + (size + 1) * SLOT_WORDS;
}

/** Makes an empty ring whose next value has that position. */
export function createRing(words: Int32Array, at: number, size: number, end: number): void {
  words[at + SIZE] = size;
  writeLong(words, at + END, end);
}

/** A ring, as one thread sees it; all but `end` needs the lock of the thing. */
export class ValueRing {
  private readonly host: SharedHost;
  private readonly words: Int32Array;
  private readonly at: number;
  private readonly size: number;

  constructor(host: SharedHost, at: number) {
    this.host = host;
    this.words = host.words;
    this.at = at;
    this.size = host.words[at + SIZE] as number;
  }

  /** The position of the next value. */
  get end(): number {
    return readLong(this.words, this.at + END);
  }

  /** The position of the oldest value that may be there. */
  private startBefore(end: number): number {
    return Math.max(0, end - this.size);
  }

  private slot(position: number): number {
    return this.at + SLOTS + (position % (this.size + 1)) * SLOT_WORDS;
  }

  /** Puts a value that so many have yet to read; answers the node of the one that is overwritten, 0 if all have read it. */
  push(node: number, unread: number): number {
    const { words } = this;
    const { end } = this;
    const slot = this.slot(end);
    words[slot + NODE] = node;
    words[slot + UNREAD] = unread;
    writeLong(words, this.at + END, end + 1);
    const oldest = this.slot(end + 1);
    const old = words[oldest + NODE] as number;
    words[oldest + NODE] = 0;
    return old;
  }

  /** Puts a value at a position at which there is none; then the ring is to be counted anew. */
  fill(position: number, node: number): void {
    this.words[node] = 1;
    this.words[this.slot(position) + NODE] = node;
  }

  /** The first position from this one on at which there is a value, or the end. */
  firstKept(position: number): number {
    const { end } = this;
    let at = Math.max(position, this.startBefore(end));
    // One that was given up for the dead and came all the same may find that others have read a value.
    while (at < end && this.words[this.slot(at) + NODE] === 0) at++;
    return at;
  }

  /** Reads the value at a position for one receiver: answers its node, which it then uses. */
  use(position: number): number {
    const { words } = this;
    const slot = this.slot(position);
    const node = words[slot + NODE] as number;
    const unread = (words[slot + UNREAD] as number) - 1;
    words[slot + UNREAD] = unread;
    // The last one takes over the use of the ring.
    if (unread === 0) words[slot + NODE] = 0;
    else add(words, node, 1);
    return node;
  }

  /** A node's value was read. */
  giveUse(node: number): void {
    if (add(this.words, node, -1) === 1) this.host.free(node);
  }

  /** A receiver at that position is gone. */
  release(position: number): void {
    const { words, end } = this;
    for (let at = Math.max(position, this.startBefore(end)); at < end; at++) {
      const slot = this.slot(at);
      words[slot + UNREAD] = (words[slot + UNREAD] as number) - 1;
      if (words[slot + UNREAD] === 0) this.empty(slot);
    }
  }

  private empty(slot: number): void {
    const node = this.words[slot + NODE] as number;
    this.words[slot + NODE] = 0;
    if (node !== 0) this.giveUse(node);
  }

  /** Makes anew how many have yet to read each value, of the positions at which receivers stand. */
  recount(positions: readonly number[]): void {
    const { words, end } = this;
    const start = this.startBefore(end);
    for (let at = start; at < end; at++) words[this.slot(at) + UNREAD] = 0;
    for (const position of positions)
      if (position < end) (words[this.slot(Math.max(position, start)) + UNREAD] as number) += 1;
    let unread = 0;
    for (let at = start; at < end; at++) {
      const slot = this.slot(at);
      unread += words[slot + UNREAD] as number;
      words[slot + UNREAD] = unread;
      if (unread === 0) this.empty(slot);
    }
    // What was not sent wholly.
    this.empty(this.slot(end));
  }

  /** How many values there are that somebody at one of these positions has yet to read. */
  unreadFrom(positions: readonly number[]): number {
    const { end } = this;
    let oldest = end;
    for (const position of positions) oldest = Math.min(oldest, position);
    return end - Math.max(oldest, this.startBefore(end));
  }
}
