/**
 * Counters beyond 32 bits on 32-bit words.
 *
 * Layout: a *pair* is `low, high` and has one writer; what keeps its two words together is its writer's sequence word (see
 * `worker-metrics.ts`). A *shared counter* is `begun, low, done`; any thread adds to it, and its value is
 * `done * CARRY + low`.
 *
 * Transitions of a shared counter: `low += 1` by anybody; whoever makes it `CARRY` moves that amount over:
 * `begun += 1`, `low -= CARRY`, `done += 1`.
 *
 * Invariants:
 * 1. Exactly one addition meets `CARRY - 1`, so exactly one thread moves a carry over.
 * 2. A reader that sees `done` equal to the `begun` it reads afterwards read `low` outside any move.
 * 3. A thread that was terminated within a move leaves `begun` one ahead for good; whether `low` was lowered shows in
 *    whether it is below `CARRY`, so the reading stays exact until 2^30 additions more.
 */
import { add, load, store } from "@treadle/core/shared";

const TWO_32 = 2 ** 32;
/** A power of two, so multiplying by it is exact, and takes less time than dividing. */
const PER_TWO_32 = 2 ** -32;
/** Far below 2^32, so that additions during a move cannot wrap the word. */
const CARRY = 2 ** 30;
const LOW = 1;
const DONE = 2;
/** A reader that meets a move this often in a row takes what invariant 3 tells. */
const MAX_TRIES = 64;

/** Writes a whole number of 0 to 2^53 to a pair that holds `before`: the high word, which rarely changes, only if it does. */
export function storePair(words: Int32Array, at: number, before: number, value: number): void {
  // `| 0` takes a number modulo 2^32.
  store(words, at, value | 0);
  const high = Math.floor(value * PER_TWO_32);
  if (high !== Math.floor(before * PER_TWO_32)) store(words, at + 1, high);
}

/** Reads a pair. */
export function loadPair(words: Int32Array, at: number): number {
  const low = load(words, at) >>> 0;
  return (load(words, at + 1) >>> 0) * TWO_32 + low;
}

/** Adds one to a shared counter; from any thread. */
export function increment(words: Int32Array, at: number): void {
  if (add(words, at + LOW, 1) === CARRY - 1) carry(words, at);
}

function carry(words: Int32Array, at: number): void {
  add(words, at, 1);
  add(words, at + LOW, -CARRY);
  add(words, at + DONE, 1);
}

/** Reads a shared counter; from any thread. */
export function loadShared(words: Int32Array, at: number): number {
  let low = 0;
  let begun = 0;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const done = load(words, at + DONE);
    low = load(words, at + LOW) >>> 0;
    begun = load(words, at);
    if (begun === done) return done * CARRY + low;
  }
  return (low < CARRY ? begun : begun - 1) * CARRY + low;
}
