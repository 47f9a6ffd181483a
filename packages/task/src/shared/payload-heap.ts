/**
 * Memory for payloads that do not fit into a cell: one heap per participant, from which it allocates and to which everybody
 * frees.
 *
 * **Layout.** A block is a word with its owner (bits 0–9) and its size class (bits 10–16), a link, and then the payload. Sizes
 * are 32 words, then four to each doubling. In the owner's block: ARENA and ARENA_END, where small blocks are carved from;
 * LIVE, how many blocks are out, as of the last `publish`; from LISTS on the first free block of each class; and on a line of
 * its own REMOTE_FREE, the first of those that others have freed.
 * **Who writes.** The owner; others push on REMOTE_FREE, by compare-and-swap, and the owner takes all by one exchange.
 * **Invariants.**
 * 1. A block has one holder at a time, who may free it, once; its first word never changes.
 * 2. Lists are whole whenever the owner may die, but for blocks that are in its hand then: those are lost.
 */
import { compareExchange, exchange, load, store } from "@treadle/core/shared";
import { HEAP, LINE, REMOTE_FREE } from "./layout.ts";
import type { Allocator } from "./outbox.ts";
import type { Segment } from "./segment.ts";

const ARENA = 0;
const ARENA_END = 1;
const LIVE = 2;
const LISTS = LINE;

const LINK = 1;
const HEADER = 2;
const OWNER_MASK = 1023;
const CLASS_SHIFT = 10;
const SMALLEST_BITS = 5;
/** Blocks up to this size, in words, are carved from an arena. */
const SMALL = 1024;

/** Words of a block of the class. */
export function sizeOfClass(index: number): number {
  if (index === 0) return 1 << SMALLEST_BITS;
  const doubling = SMALLEST_BITS + ((index - 1) >>> 2);
  return (1 << doubling) + ((((index - 1) & 3) + 1) << (doubling - 2));
}

/** The smallest class whose blocks have so many words. */
export function classOfSize(words: number): number {
  if (words <= 1 << SMALLEST_BITS) return 0;
  const doubling = 31 - Math.clz32(words - 1);
  return (doubling - SMALLEST_BITS) * 4 + ((words - 1) >>> (doubling - 2)) - 3;
}

/** The address of a block's payload, in bytes. */
export function payloadOf(block: number): number {
  return (block + HEADER) * 4;
}

/** A participant's heap, as its owner sees it. */
export class PayloadHeap {
  private readonly words: Int32Array;
  private readonly memory: Allocator;
  private readonly index: number;
  private readonly arenaWords: number;
  /** The address of its own words. */
  private readonly at: number;
  /** The address of its own word REMOTE_FREE. */
  private readonly remoteAt: number;
  /** The address of that of participant 0, and the distance to the next one's. */
  private readonly remotes: number;
  private readonly stride: number;
  /** Blocks that are out, as far as the owner knows. */
  live: number;

  /** The heap of participant `index`; its arenas have so many words. */
  constructor(segment: Segment, index: number, arenaWords: number = 4096) {
    const { table, stride } = segment.layout;
    this.words = segment.words;
    this.memory = segment;
    this.index = index;
    this.arenaWords = arenaWords;
    this.at = table + index * stride + HEAP;
    this.remoteAt = table + index * stride + REMOTE_FREE;
    this.remotes = table + REMOTE_FREE;
    this.stride = stride;
    this.live = 0;
  }

  /** A block for a payload of so many bytes; -1 if there is no memory left. */
  allocate(bytes: number): number {
    const { words } = this;
    const size = classOfSize(HEADER + ((bytes + 3) >>> 2));
    const list = this.at + LISTS + size;
    let block = words[list]!;
    if (block === 0 && load(words, this.remoteAt) !== 0) {
      this.reclaim();
      block = words[list]!;
    }
    if (block === 0) block = this.carve(size);
    else words[list] = words[block + LINK]!;
    if (block > 0) this.live += 1;
    return block;
  }

  /** Frees a block, of whichever participant. */
  free(block: number): void {
    const { words } = this;
    // Plain: nobody writes it after the block was carved.
    const owner = words[block]! & OWNER_MASK;
    if (owner === this.index) {
      this.live -= 1;
      this.push(block);
      return;
    }
    const at = this.remotes + owner * this.stride;
    let head = load(words, at);
    for (;;) {
      words[block + LINK] = head;
      const found = compareExchange(words, at, head, block);
      if (found === head) return;
      head = found;
    }
  }

  /** Takes in what others have freed. */
  reclaim(): void {
    const { words } = this;
    if (load(words, this.remoteAt) === 0) return;
    let block = exchange(words, this.remoteAt, 0);
    while (block !== 0) {
      const next = words[block + LINK]!;
      this.live -= 1;
      this.push(block);
      block = next;
    }
  }

  private push(block: number): void {
    const { words } = this;
    const list = this.at + LISTS + (words[block]! >>> CLASS_SHIFT);
    words[block + LINK] = words[list]!;
    words[list] = block;
  }

  private carve(size: number): number {
    const { words, at } = this;
    const count = sizeOfClass(size);
    let block: number;
    if (count > SMALL) block = this.memory.allocate(count);
    else {
      if (words[at + ARENA_END]! - words[at + ARENA]! < count && !this.newArena()) return -1;
      block = words[at + ARENA]!;
      words[at + ARENA] = block + count;
    }
    if (block > 0) words[block] = this.index | (size << CLASS_SHIFT);
    return block;
  }

  private newArena(): boolean {
    const arena = this.memory.allocate(this.arenaWords);
    if (arena < 0) return false;
    this.words[this.at + ARENA] = arena;
    this.words[this.at + ARENA_END] = arena + this.arenaWords;
    return true;
  }

  /** Shows others how many blocks are out. */
  publish(): void {
    store(this.words, this.at + LIVE, this.live);
  }

  /** How many blocks of participant `index` were out when it last said so. */
  static published(segment: Segment, index: number): number {
    const { table, stride } = segment.layout;
    return load(segment.words, table + index * stride + HEAP + LIVE);
  }
}
