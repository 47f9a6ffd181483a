/**
 * Strings that all threads know by a number: the keys of sendable functions.
 *
 * **Layout.** A list that only grows. A node is a word with the next node's address, one with the length in UTF-16 units, and
 * the units, two to a word. A key's number is its node's address.
 * **Who writes.** Any thread appends, by compare-and-swap on the last link; all else is written before that and never again.
 * **Invariant.** A string is in the list once: who appends has compared all before, and after a failed swap what came instead.
 */
import { compareExchange, load } from "@treadle/core/shared";
import { KEYS } from "./layout.ts";
import type { Allocator } from "./outbox.ts";
import type { Segment } from "./segment.ts";

const LENGTH = 1;
const UNITS = 2;

/** The table, as one thread sees it. */
export class KeyTable {
  private readonly words: Int32Array;
  private readonly memory: Allocator;
  /** What this thread has read of the list. */
  private readonly numbers: Map<string, number>;
  private readonly strings: Map<number, string>;
  /** The link up to which it has. */
  private end: number;

  constructor(segment: Segment) {
    this.words = segment.words;
    this.memory = segment;
    this.numbers = new Map();
    this.strings = new Map();
    this.end = KEYS;
  }

  /** The number of a string, which is added if nobody has before; -1 if there is no memory left. */
  intern(key: string): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.readOn();
    return this.numbers.get(key) ?? this.append(key);
  }

  /** The string of a number that another thread has got by `intern`. */
  nameOf(number: number): string {
    let key = this.strings.get(number);
    if (key === undefined) {
      key = this.read(number);
      this.strings.set(number, key);
    }
    return key;
  }

  private append(key: string): number {
    const node = this.write(key);
    if (node < 0) return -1;
    while (compareExchange(this.words, this.end, 0, node) !== 0) {
      this.readOn();
      const same = this.numbers.get(key);
      // Another thread has added it meanwhile; the node that was made for it is lost.
      if (same !== undefined) return same;
    }
    this.readOn();
    return node;
  }

  private readOn(): void {
    for (let node = load(this.words, this.end); node !== 0; node = load(this.words, node)) {
      this.numbers.set(this.nameOf(node), node);
      this.end = node;
    }
  }

  // Plain, both: written before the node is shown, and never again.
  private write(key: string): number {
    const { words } = this;
    const node = this.memory.allocate(UNITS + ((key.length + 1) >>> 1));
    if (node < 0) return -1;
    words[node + LENGTH] = key.length;
    for (let i = 0; i < key.length; i += 2) {
      // Past the end: NaN, which is 0 in a word.
      words[node + UNITS + (i >>> 1)] = key.charCodeAt(i) | (key.charCodeAt(i + 1) << 16);
    }
    return node;
  }

  private read(node: number): string {
    const { words } = this;
    let key = "";
    for (let i = 0; i < words[node + LENGTH]!; i += 1) {
      const pair = words[node + UNITS + (i >>> 1)]!;
      key += String.fromCharCode((i & 1) === 0 ? pair & 0xffff : pair >>> 16);
    }
    return key;
  }
}
