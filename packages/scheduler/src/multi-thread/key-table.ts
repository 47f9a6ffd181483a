/**
 * The names of sendable functions as numbers, so that a cell names its function by one word.
 *
 * **Layout.** A word with the count, then one word for each name: where its block lies. A block is the length in bytes and
 * the name, UTF-8.
 * **Who writes.** Any thread: it writes the block, takes a number by one `add`, then stores the block's place there.
 * **Invariants.** 1. A number is published (in a cell) only after its place was stored. 2. Nothing is ever removed; a name may have
 * several numbers, one for each thread that was the first to use it at the same time.
 */
import { add, load, store } from "@treadle/core/shared";
import type { ByteArea } from "@treadle/task";

/** How many names a runtime may have. */
const CAPACITY = 1 << 14;

/** Words that the table takes. */
export const KEY_TABLE_WORDS: number = CAPACITY + 1;

/** The table, as one thread sees it. */
export class KeyTable {
  private readonly words: Int32Array;
  private readonly area: ByteArea;
  private readonly base: number;
  private readonly allocate: (words: number) => number;
  private readonly numbers = new Map<string, number>();

  constructor(
    words: Int32Array,
    area: ByteArea,
    base: number,
    allocate: (words: number) => number,
  ) {
    this.words = words;
    this.area = area;
    this.base = base;
    this.allocate = allocate;
  }

  /** The number of a name, given now if it has none; -1 when there is no room. */
  numberOf(key: string): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.add(key);
    if (number >= 0) this.numbers.set(key, number);
    return number;
  }

  private add(key: string): number {
    const length = Buffer.byteLength(key);
    const block = this.allocate(1 + ((length + 3) >> 2));
    if (block < 0) return -1;
    store(this.words, block, length);
    this.area.bytes.write(key, (block + 1) * 4);
    const number = add(this.words, this.base, 1);
    if (number >= CAPACITY) return -1;
    store(this.words, this.base + 1 + number, block);
    return number;
  }

  /** The name with that number. */
  keyOf(number: number): string {
    const block = load(this.words, this.base + 1 + number);
    const length = load(this.words, block);
    return this.area.bytes.toString("utf8", (block + 1) * 4, (block + 1) * 4 + length);
  }
}
