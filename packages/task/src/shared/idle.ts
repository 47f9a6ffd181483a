/**
 * Which workers search and which sleep, and so whom a new task wakes: enough, and no more.
 *
 * **Layout.** One word for each 16 workers: bits 0–15 SLEEPERS, bits 16–31 SEARCHING. A worker has at most one of the two.
 * **Who writes.** A worker sets and clears its own bits; whoever has offered a task turns one sleeper into a searcher; who
 * declares a worker dead clears its bits (so nothing is ever miscounted).
 * **Transitions.** awake → SEARCHING (trySearch, at most half of all); SEARCHING → awake (found); any → SLEEPING (sleep);
 * SLEEPING → SEARCHING by another (notifyOne), → awake by itself (rouse).
 * **Invariants.**
 * 1. A push is always seen. Who pushes looks for searchers after it, and wakes a sleeper if there is none. A worker looks at
 *    everything once more after `sleep`, unless somebody searches then; and the last searcher that has found something
 *    calls `notifyOne`. (Two workers that look for each other's bit after setting their own cannot both miss it.)
 * 2. A sleeper is woken by one.
 *
 * Tokio's rules (a word of counters and a list of sleepers), with bits in place of the counts.
 */
import { compareExchange, load } from "@treadle/core/shared";
import { type SegmentLayout, type SegmentSizes, WORKERS_PER_WORD } from "./layout.ts";

const SLEEPERS = 0xffff;

/** The idle words. Workers are numbered from 0 here. */
export class Idle {
  private readonly words: Int32Array;
  private readonly from: number;
  private readonly to: number;
  private readonly workers: number;

  constructor(words: Int32Array, layout: SegmentLayout, sizes: SegmentSizes) {
    this.words = words;
    this.workers = sizes.workers;
    this.from = layout.idle;
    this.to = layout.idle + Math.ceil(sizes.workers / WORKERS_PER_WORD);
  }

  private wordOf(worker: number): number {
    return this.from + (worker >>> 4);
  }

  /** Whether anybody searches. */
  anySearching(): boolean {
    for (let at = this.from; at < this.to; at += 1) {
      if (load(this.words, at) >>> 16 !== 0) return true;
    }
    return false;
  }

  /**
   * After a push: turns a sleeper into a searcher if nobody searches; answers the worker that the caller must unpark, -1 if
   * none.
   */
  notifyOne(): number {
    let sleepers = 0;
    for (let at = this.from; at < this.to; at += 1) {
      const word = load(this.words, at);
      if (word >>> 16 !== 0) return -1;
      sleepers |= word;
    }
    return sleepers === 0 ? -1 : this.claimSleeper();
  }

  private claimSleeper(): number {
    for (let at = this.from; at < this.to; at += 1) {
      let word = load(this.words, at);
      while ((word & SLEEPERS) !== 0) {
        if (word >>> 16 !== 0) return -1;
        const bit = word & -word;
        const found = compareExchange(this.words, at, word, (word ^ bit) | (bit << 16));
        if (found === word) return (at - this.from) * WORKERS_PER_WORD + 31 - Math.clz32(bit);
        // Somebody has gone to sleep, woken up or been claimed.
        word = found;
      }
    }
    return -1;
  }

  /** Worker: wants to search; false if half of the workers do (the cap may be passed where there are several words). */
  trySearch(worker: number): boolean {
    const at = this.wordOf(worker);
    const bit = 1 << (worker & 15);
    for (;;) {
      const word = load(this.words, at);
      if (2 * this.searching() >= this.workers) return false;
      if (compareExchange(this.words, at, word, word | (bit << 16)) === word) return true;
    }
  }

  private searching(): number {
    let count = 0;
    for (let at = this.from; at < this.to; at += 1) count += ones(load(this.words, at) >>> 16);
    return count;
  }

  /** Worker: has found something; true if it was the last searcher, and must {@link Idle.notifyOne}. */
  found(worker: number): boolean {
    this.change(worker, false);
    return !this.anySearching();
  }

  /**
   * Worker: goes to sleep. True if it must look at everything once more after this, false if somebody searches, who is
   * bound to find what there is or to look himself.
   */
  sleep(worker: number): boolean {
    this.change(worker, true);
    return !this.anySearching();
  }

  /** Clears the worker's bits, and sets the sleeper's if asked. */
  private change(worker: number, asleep: boolean): void {
    const at = this.wordOf(worker);
    const bit = 1 << (worker & 15);
    let word = load(this.words, at);
    for (;;) {
      const next = (word & ~(bit | (bit << 16))) | (asleep ? bit : 0);
      const found = compareExchange(this.words, at, word, next);
      if (found === word) return;
      word = found;
    }
  }

  /** Worker: is awake, for whatever reason; true if somebody has made it a searcher meanwhile. */
  rouse(worker: number): boolean {
    const at = this.wordOf(worker);
    const bit = 1 << (worker & 15);
    let word = load(this.words, at);
    while ((word & bit) !== 0) {
      const found = compareExchange(this.words, at, word, word ^ bit);
      if (found === word) return false;
      word = found;
    }
    return (word & (bit << 16)) !== 0;
  }

  /** Forgets a worker that is dead. Then `notifyOne`: it may have been the one that was to see a push. */
  forget(worker: number): void {
    this.change(worker, false);
  }

  /** How many workers sleep. */
  get sleepers(): number {
    let count = 0;
    for (let at = this.from; at < this.to; at += 1) count += ones(load(this.words, at) & SLEEPERS);
    return count;
  }
}

/** How many of the low 16 bits are set. */
function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
