/** A stand-in for the memory that threads share, small enough for models. */
import { DONE, type Poll, type SharedHost, type SharedWaits } from "@treadle/core";
import { add, compareExchange, exchange, load, notify, store, wait } from "@treadle/core/shared";
import { WaitLeaf } from "../../src/waiters.ts";

const TOP = 0;
const DEATHS = 1;
const LIVE = 2;
/** A word per thread: 1 when it has been woken. */
const MAIL = 4;
/** A word per thread: 1 once it is dead. */
const DEAD = 8;
const START = 16;

/** The memory, before any thread uses it. */
export function memory(): Int32Array {
  const words = new Int32Array(new SharedArrayBuffer(128 * 4));
  words[TOP] = START;
  return words;
}

/** Blocks that were not freed. */
export function live(words: Int32Array): number {
  return load(words, LIVE);
}

/** One thread's part. */
export class ModelHost implements SharedHost {
  readonly words: Int32Array;
  readonly ref: number;
  readonly threads = 3;
  readonly views: Map<number, object> = new Map();
  private readonly waits: Map<number, SharedWaits> = new Map();

  constructor(words: Int32Array, ref: number) {
    this.words = words;
    this.ref = ref;
  }

  isCurrent(ref: number): boolean {
    return load(this.words, DEAD + ref) === 0;
  }

  deaths(): number {
    return load(this.words, DEATHS);
  }

  allocate(count: number): number {
    add(this.words, LIVE, 1);
    return add(this.words, TOP, count);
  }

  free(): void {
    add(this.words, LIVE, -1);
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
    this.free();
    return this.words[node + 1];
  }

  peek(node: number): unknown {
    return this.words[node + 1];
  }

  discard(): void {
    this.free();
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
    for (const waits of this.waits.values()) waits.woken();
    this.waits.clear();
  }
}

/** What waits. */
export class Waiting extends WaitLeaf<void> {
  override next(): Poll<void> {
    return DONE;
  }

  protected override drop(): void {}
}
