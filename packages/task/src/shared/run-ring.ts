/**
 * The queue of unstarted tasks of one worker, from which the others steal.
 *
 * **Layout, who writes, invariants.** `fifo.ts`; the slots are a fixed number, a power of two.
 *
 * The owner pushes at the tail and pops at the head (first in, first out); a thief takes half, into its own ring.
 */
import { compareExchange, load, store } from "@treadle/core/shared";
import type { Fifo } from "./fifo.ts";
import { RING_HEAD, RING_TAIL, SLOTS } from "./layout.ts";
import type { Outbox } from "./outbox.ts";

/** The most entries that are taken at a time. */
export const MOST: number = 128;

/** What became of the half of a full ring. */
export const Spilled = {
  /** Somebody has stolen meanwhile: push again. */
  ROOM: 0,
  /** Half of the ring and the new entry are in the outbox: offer it. */
  MOVED: 1,
  /** There is no memory left; the entry is still the caller's. */
  NO_MEMORY: 2,
} as const;
/** One of {@link Spilled}. */
export type Spilled = (typeof Spilled)[keyof typeof Spilled];

/** A ring. Only the owner pushes, pops and takes from others; one owner at a time, and one object for it. */
export class RunRing implements Fifo {
  private readonly words: Int32Array;
  readonly headAt: number;
  readonly tailAt: number;
  private readonly slotsAt: number;
  private readonly last: number;
  /** The owner's copy of the tail. */
  private tail: number;
  /** A head that the owner has seen. */
  private head: number;
  /** How many entries the last {@link RunRing.stealFrom} or {@link RunRing.takeFrom} has taken. */
  taken: number;

  /** The ring of the participant whose block is at `block`, with so many slots. */
  constructor(words: Int32Array, block: number, slots: number) {
    this.words = words;
    this.headAt = block + RING_HEAD;
    this.tailAt = block + RING_TAIL;
    this.slotsAt = block + SLOTS;
    this.last = slots - 1;
    this.tail = load(words, this.tailAt);
    this.head = load(words, this.headAt);
    this.taken = 0;
  }

  /** Owner: adds an entry; false if the ring is full, then {@link RunRing.spill}. */
  push(entry: number): boolean {
    const { tail, last, words } = this;
    if (((tail - this.head) | 0) > last) {
      this.head = load(words, this.headAt);
      if (((tail - this.head) | 0) > last) return false;
    }
    // Atomic: a thief that is late may be reading the slot (its swap will fail).
    store(words, this.slotsAt + (tail & last), entry);
    this.tail = (tail + 1) | 0;
    store(words, this.tailAt, this.tail);
    return true;
  }

  /** Owner: the oldest entry, 0 if there is none. */
  pop(): number {
    const { words } = this;
    let head = load(words, this.headAt);
    while (head !== this.tail) {
      // Plain: the owner alone writes the slots.
      const entry = words[this.slotsAt + (head & this.last)]!;
      const found = compareExchange(words, this.headAt, head, (head + 1) | 0);
      if (found === head) return entry;
      // A thief was faster.
      head = found;
    }
    return 0;
  }

  /** Owner: moves the older half of a full ring and then `entry` to its outbox. */
  spill(entry: number, outbox: Outbox): Spilled {
    const { words, last } = this;
    const count = (last + 1) >>> 1;
    if (!outbox.reserve(count + 1)) return Spilled.NO_MEMORY;
    const head = load(words, this.headAt);
    if (((this.tail - head) | 0) <= last) return Spilled.ROOM;
    for (let i = 0; i < count; i += 1) {
      // Staged beyond the outbox's tail, where nobody looks.
      outbox.stage(i, words[this.slotsAt + ((head + i) & last)]!);
    }
    if (compareExchange(words, this.headAt, head, (head + count) | 0) !== head) return Spilled.ROOM;
    outbox.stage(count, entry);
    outbox.publish(count + 1);
    return Spilled.MOVED;
  }

  /**
   * Owner: takes half of another worker's ring, at most half of this one's slots and {@link MOST}, if no more than half of
   * this one is full. Answers the oldest, to be run; the rest is in this ring. 0 if there is nothing.
   */
  stealFrom(victim: RunRing): number {
    const { words } = this;
    const half = (this.last + 1) >>> 1;
    this.taken = 0;
    if (this.length > half) return 0;
    for (;;) {
      const head = load(words, victim.headAt);
      const length = (load(words, victim.tailAt) - head) | 0;
      const count = length - (length >>> 1);
      if (count === 0) return 0;
      // The head has moved on a long way since it was read.
      if (length > victim.last + 1) continue;
      const entry = this.take(victim, victim.slotsAt, head, Math.min(count, half, MOST));
      if (entry !== 0) return entry;
    }
  }

  /**
   * Owner: takes a share of an outbox, its length divided by `sharers` + 1, but no more than there is room for. Answers the
   * oldest, to be run; the rest is in this ring. 0 if there is nothing.
   */
  takeFrom(outbox: Fifo, sharers: number): number {
    const { words } = this;
    this.taken = 0;
    const most = Math.min(this.last + 1 - this.length + 1, MOST);
    for (;;) {
      const head = load(words, outbox.headAt);
      // The tail before the buffer: a buffer that holds what the tail counts is published before it.
      const length = (load(words, outbox.tailAt) - head) | 0;
      if (length === 0) return 0;
      const share = ((length / sharers) | 0) + 1;
      const entry = this.take(outbox, outbox.slots(), head, Math.min(share, length, most));
      if (entry !== 0) return entry;
    }
  }

  /** Reads entries, takes them by moving the head on, and shows all but the first in this ring; 0 if another was faster. */
  private take(source: Fifo, slots: number, head: number, count: number): number {
    const { words, tail, last } = this;
    const mask = source.mask(slots);
    const first = load(words, slots + (head & mask));
    for (let i = 1; i < count; i += 1) {
      const entry = load(words, slots + ((head + i) & mask));
      store(words, this.slotsAt + ((tail + i - 1) & last), entry);
    }
    if (compareExchange(words, source.headAt, head, (head + count) | 0) !== head) return 0;
    this.taken = count;
    if (count > 1) {
      this.tail = (tail + count - 1) | 0;
      store(words, this.tailAt, this.tail);
    }
    return first;
  }

  /** How many entries there are; exact for the owner while nobody steals. */
  get length(): number {
    const head = load(this.words, this.headAt);
    return (load(this.words, this.tailAt) - head) | 0;
  }

  slots(): number {
    return this.slotsAt;
  }

  mask(): number {
    return this.last;
  }
}
