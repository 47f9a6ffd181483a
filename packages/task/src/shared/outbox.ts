/**
 * What one participant offers to all: an unbounded queue of entries, one producer, many consumers.
 *
 * **Layout.** `fifo.ts`, and a word for the buffer's address, 0 until the first push. A buffer is a word with its slots - 1,
 * then its slots.
 * **Who writes.** The owner alone, but for the head. A full buffer is replaced by one of twice the size which holds the same
 * entries at the same indices; the old one is never written to again.
 * **Invariants.** Those of `fifo.ts`, and: the buffer is published before the tail that counts what only it holds. So who
 * reads the head, the tail and then the buffer reads, up to that tail, what was pushed, unless the head has moved on.
 *
 * Chase and Lev's growing buffer without the owner's end.
 */
import { compareExchange, load, store } from "@treadle/core/shared";
import type { Fifo } from "./fifo.ts";
import { LINE } from "./layout.ts";

const TAIL = LINE;
const BUFFER = LINE + 1;

/** Where memory comes from. */
export interface Allocator {
  /** So many words, zeroed, or -1. */
  allocate(count: number): number;
}

/** An outbox. Only the owner pushes; one owner at a time, and one object for it. */
export class Outbox implements Fifo {
  private readonly words: Int32Array;
  private readonly memory: Allocator;
  readonly headAt: number;
  readonly tailAt: number;
  private readonly bufferAt: number;
  private readonly firstSlots: number;
  /** The owner's copies of the tail, the address of slot 0 and the number of slots. */
  private tail: number;
  private slotsAt: number;
  private capacity: number;
  /** A head that the owner has seen. */
  private head: number;

  /** The outbox whose words are at `at`; its first buffer has `firstSlots` slots, a power of two. */
  constructor(words: Int32Array, at: number, memory: Allocator, firstSlots: number) {
    this.words = words;
    this.memory = memory;
    this.headAt = at;
    this.tailAt = at + TAIL;
    this.bufferAt = at + BUFFER;
    this.firstSlots = firstSlots;
    this.tail = load(words, this.tailAt);
    this.head = load(words, this.headAt);
    const buffer = load(words, this.bufferAt);
    this.slotsAt = buffer + 1;
    this.capacity = buffer === 0 ? 0 : words[buffer]! + 1;
  }

  /** Owner: adds an entry; false if there is no memory left. Then offer it (`offers.ts`). */
  push(entry: number): boolean {
    if (((this.tail - this.head) | 0) >= this.capacity && !this.reserve(1)) return false;
    // Atomic: a consumer that is late may be reading the slot.
    store(this.words, this.slotsAt + (this.tail & (this.capacity - 1)), entry);
    this.publish(1);
    return true;
  }

  /** Owner: makes sure that so many more entries have room; false if there is no memory left. */
  reserve(count: number): boolean {
    if (((this.tail - this.head) | 0) + count <= this.capacity) return true;
    this.head = load(this.words, this.headAt);
    const needed = ((this.tail - this.head) | 0) + count;
    return needed <= this.capacity || this.grow(needed);
  }

  private grow(needed: number): boolean {
    const { words } = this;
    let capacity = Math.max(this.capacity * 2, this.firstSlots);
    while (capacity < needed) capacity *= 2;
    const buffer = this.memory.allocate(capacity + 1);
    if (buffer < 0) return false;
    words[buffer] = capacity - 1;
    for (let i = this.head; i !== this.tail; i = (i + 1) | 0) {
      // Plain: nobody else writes the old buffer or knows of the new one.
      words[buffer + 1 + (i & (capacity - 1))] = words[this.slotsAt + (i & (this.capacity - 1))]!;
    }
    this.slotsAt = buffer + 1;
    this.capacity = capacity;
    store(words, this.bufferAt, buffer);
    return true;
  }

  /** Owner: writes the entry that is to be the `ahead`th after the tail; room must be reserved. */
  stage(ahead: number, entry: number): void {
    store(this.words, this.slotsAt + ((this.tail + ahead) & (this.capacity - 1)), entry);
  }

  /** Owner: shows so many staged entries. */
  publish(count: number): void {
    this.tail = (this.tail + count) | 0;
    store(this.words, this.tailAt, this.tail);
  }

  /** Any thread: takes the oldest entry, 0 if there is none. */
  takeOne(): number {
    const { words } = this;
    for (;;) {
      const head = load(words, this.headAt);
      if (load(words, this.tailAt) === head) return 0;
      const slots = this.slots();
      const entry = load(words, slots + (head & this.mask(slots)));
      if (compareExchange(words, this.headAt, head, (head + 1) | 0) === head) return entry;
      // Another one was faster.
    }
  }

  /** How many entries there are. */
  get length(): number {
    const head = load(this.words, this.headAt);
    return (load(this.words, this.tailAt) - head) | 0;
  }

  slots(): number {
    return load(this.words, this.bufferAt) + 1;
  }

  mask(slots: number): number {
    // Plain: written before the buffer was published, and never again.
    return this.words[slots - 1]!;
  }
}
