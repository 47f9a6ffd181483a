/** A stand-in for the memory that threads share, small enough for models. */
import { DONE, type Poll, type SharedHost, type SharedWaits } from "@treadle/core";
import { add, compareExchange, exchange, load, notify, store, wait } from "@treadle/core/shared";
import { WaitLeaf } from "../../src/waiters.ts";

const DEATHS = 1;
/** A word per thread: blocks that it has allocated, less those that it has freed. */
const LIVE = 2;
/** A word per thread: 1 when it has been woken. */
const MAIL = 6;
/** A word per thread: 1 once it is dead. */
const DEAD = 10;
const START = 16;
/** Words that each thread has to allocate from. */
const ARENA = 128;
const THREADS = 3;
/** What is found in freed memory; who reads or writes there races with who has freed it. */
export const POISON: number = -0x5eadbee;

/** The memory, before any thread uses it. */
export function memory(): Int32Array {
  return new Int32Array(new SharedArrayBuffer((START + THREADS * ARENA) * 4));
}

/** Blocks that were not freed; once all threads have ended. */
export function live(words: Int32Array): number {
  let count = 0;
  for (let index = 0; index < THREADS; index++) count += words[LIVE + index] as number;
  return count;
}

/** One thread's part. */
export class ModelHost implements SharedHost {
  readonly words: Int32Array;
  readonly ref: number;
  readonly threads: number = THREADS;
  readonly views: Map<number, object> = new Map();
  private readonly waits: Map<number, SharedWaits> = new Map();
  private top: number;

  constructor(words: Int32Array, ref: number) {
    this.words = words;
    this.ref = ref;
    this.top = START + ref * ARENA;
  }

  isCurrent(ref: number): boolean {
    return load(this.words, DEAD + ref) === 0;
  }

  deaths(): number {
    return load(this.words, DEATHS);
  }

  allocate(count: number): number {
    const { words, ref } = this;
    const at = this.top + 1;
    this.top = at + count;
    if (this.top > START + (ref + 1) * ARENA) throw new Error("the arena is too small");
    words[at - 1] = count;
    words[LIVE + ref] = (words[LIVE + ref] as number) + 1;
    return at;
  }

  free(at: number): void {
    const { words, ref } = this;
    const count = words[at - 1] as number;
    if (count <= 0) throw new Error("freed twice");
    words[at - 1] = 0;
    for (let i = 0; i < count; i++) words[at + i] = POISON;
    words[LIVE + ref] = (words[LIVE + ref] as number) - 1;
  }

  write(value: unknown): number {
    const node = this.allocate(2);
    this.words[node + 1] = value as number;
    return node;
  }

  writeCopies(value: unknown): number {
    return this.write(value);
  }

  read(node: number): unknown {
    const value = this.words[node + 1];
    this.free(node);
    return value;
  }

  peek(node: number): unknown {
    return this.words[node + 1];
  }

  discard(node: number): void {
    this.free(node);
  }

  suspect(): void {}

  register(at: number, waits: SharedWaits): void {
    this.waits.set(at, waits);
    for (let word = load(this.words, at); ; ) {
      const found = compareExchange(this.words, at, word, word | (1 << this.ref));
      if (found === word) return;
      word = found;
    }
  }

  wakeAll(at: number): void {
    const { words } = this;
    if (load(words, at) === 0) return;
    const all = exchange(words, at, 0);
    for (let index = 0; index < 3; index++) {
      if ((all & (1 << index)) === 0) continue;
      store(words, MAIL + index, 1);
      notify(words, MAIL + index, 1);
    }
  }

  /** The thread is gone. */
  die(index: number): void {
    store(this.words, DEAD + index, 1);
    add(this.words, DEATHS, 1);
    for (let other = 0; other < 3; other++) {
      store(this.words, MAIL + other, 1);
      notify(this.words, MAIL + other, 1);
    }
  }

  /** Sleeps until it is woken. */
  sleep(): void {
    while (exchange(this.words, MAIL + this.ref, 0) === 0)
      wait(this.words, MAIL + this.ref, 0, Number.POSITIVE_INFINITY);
    // A node may not be back: who looks again registers again in any case here.
    const all = [...this.waits.values()];
    this.waits.clear();
    for (const waits of all) waits.woken();
  }
}

/** What waits. */
export class Waiting extends WaitLeaf<void> {
  override next(): Poll<void> {
    return DONE;
  }

  protected override drop(): void {}
}
