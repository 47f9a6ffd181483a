/**
 * How many ends of something each thread holds, so that those of a thread that died can be given up for it.
 *
 * **Layout.** Word TOTAL: all of them; less by ENDED after the end. Then a word per participant: bits 0–19 how many it holds, bits 20–28 in which
 * incarnation.
 * **Who writes.** Anybody, by compare-and-swap and addition.
 * **Invariants.**
 * 1. TOTAL is never less than the ends that living threads hold: it goes up before a participant's word does, and down after.
 *    So it is 0 only when nobody has one. A thread that dies between the two leaves it one too high.
 * 2. What a dead incarnation held is taken off once: by whoever swaps its word.
 * 3. Who counts one more only while there is one (`tryAddHere`) does so by a swap, and so does who says that there will be none
 *    any more (`end`): the one never comes after the other.
 */
import type { SharedHost } from "@treadle/core";
import { add, compareExchange, load } from "@treadle/core/shared";

const INDEX_BITS = 10;
const INDEX_MASK = (1 << INDEX_BITS) - 1;
const COUNT_BITS = 20;
const COUNT_MASK = (1 << COUNT_BITS) - 1;
const ENDED = 2 ** 30;

/** Words for so many threads. */
export function heldWords(threads: number): number {
  return 1 + threads;
}

/** Counts of ends by thread. */
export class Held {
  private readonly host: SharedHost;
  private readonly at: number;

  constructor(host: SharedHost, at: number) {
    this.host = host;
    this.at = at;
  }

  /** How many there are; less than none after the end. */
  get total(): number {
    return load(this.host.words, this.at);
  }

  /** There are to be none any more; false if there are some now. */
  end(): boolean {
    return compareExchange(this.host.words, this.at, 0, -ENDED) <= 0;
  }

  /** This thread has one more, if there are at least `least`, 0 or 1; never after the end. */
  tryAddHere(least: number): boolean {
    const { words } = this.host;
    let total = load(words, this.at);
    while (total >= least) {
      const found = compareExchange(words, this.at, total, total + 1);
      if (found === total) {
        this.credit(1);
        return true;
      }
      total = found;
    }
    return false;
  }

  /** This thread has so many more. */
  addHere(count: number): void {
    add(this.host.words, this.at, count);
    this.credit(count);
  }

  /** This thread has so many less; answers how many are left in all. */
  dropHere(count = 1): number {
    if (!this.debit(this.host.ref, count)) return this.total;
    return add(this.host.words, this.at, -count) - count;
  }

  /** One that another thread has sent is here now. */
  move(from: number): void {
    this.credit(1);
    // It was given up for the dead: it is one more.
    if (!this.debit(from, 1)) add(this.host.words, this.at, 1);
  }

  /** Gives up what the dead held; answers how many that were. */
  sweep(): number {
    const { host, at } = this;
    let swept = 0;
    for (let index = 0; index < host.threads; index++) {
      const word = load(host.words, at + 1 + index);
      const count = word & COUNT_MASK;
      if (count === 0 || host.isCurrent(index | ((word >>> COUNT_BITS) << INDEX_BITS))) continue;
      if (compareExchange(host.words, at + 1 + index, word, word - count) !== word) continue;
      add(host.words, at, -count);
      swept += count;
    }
    return swept;
  }

  private credit(count: number): void {
    const { words, ref } = this.host;
    const at = this.at + 1 + (ref & INDEX_MASK);
    const none = (ref >>> INDEX_BITS) << COUNT_BITS;
    let word = load(words, at);
    for (;;) {
      const mine = word - (word & COUNT_MASK) === none;
      const found = compareExchange(words, at, word, (mine ? word : none) + count);
      if (found === word) {
        const left = mine ? 0 : word & COUNT_MASK;
        if (left > 0) add(words, this.at, -left);
        return;
      }
      // Another thread has moved one from here, or swept.
      word = found;
    }
  }

  private debit(ref: number, count: number): boolean {
    const { words } = this.host;
    const at = this.at + 1 + (ref & INDEX_MASK);
    const none = (ref >>> INDEX_BITS) << COUNT_BITS;
    let word = load(words, at);
    while (word >= none + count && word <= none + COUNT_MASK) {
      const found = compareExchange(words, at, word, word - count);
      if (found === word) return true;
      word = found;
    }
    return false;
  }
}
