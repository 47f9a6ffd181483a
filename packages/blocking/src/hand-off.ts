/**
 * How a job finds a thread of the blocking pool: the bits of those that are idle, and what home says of the pool.
 *
 * The jobs themselves wait in the outboxes of their spawners (`@treadle/task/shared`, `SharedMemory.jobs`).
 *
 * **Layout.** THREADS, how many threads there are; CAP, how many there may be; HELD, how many jobs home itself keeps for
 * threads; LIMIT, how many jobs may wait in line, 0 for any number; CROWDED, not 0 while as many threads begin as may at a time; then four bitmaps with a bit per participant: IDLE;
 * ROOM, who waits for room in the line; BEGUN, which thread has looked at the line for the first time; RESERVED, which
 * thread home sends a job.
 * **Who writes.** Home the words; a thread sets its own IDLE bit, and itself or whoever hands it a job clears it; who waits for
 * room sets its ROOM bit, and whoever has made room clears it; a thread sets its BEGUN bit, and home clears it when it is gone;
 * home sets RESERVED, and the thread clears it when the job has come.
 * **Transitions of a thread.** busy → idle (announce); idle → claimed (claim by a spawner, or by who passes jobs on) → busy;
 * idle → gone (withdraw, when its time is over) or busy (withdraw, when it finds something itself).
 * **Invariants.** With Q for "a job is in line":
 * 1. After a push somebody is bound to look at Q: a thread that was claimed, home that was asked, or, where neither was
 *    possible because THREADS had reached CAP or the start was CROWDED, each of those threads, which looks before it sleeps and
 *    again after it announced, and home, which looks whenever a thread has gone or has begun.
 * 2. A thread that takes a job and leaves others hands the next one on. So a claim that its thread did not need is not lost.
 * 3. A thread that was claimed does not go before it has looked at Q.
 */
import { compareExchange, load, store } from "@treadle/core/shared";

/** Words of a cache line. */
const LINE = 16;
const THREADS = 0;
const CAP = 1;
const HELD = 2;
const LIMIT = 3;
const CROWDED = 4;
const IDLE = LINE;

/** The words by which jobs and threads find each other. */
export class HandOff {
  private readonly words: Int32Array;
  private readonly at: number;
  private readonly mapWords: number;

  /** The words at `at`, for so many participants. */
  constructor(words: Int32Array, at: number, participants: number) {
    this.words = words;
    this.at = at;
    this.mapWords = Math.ceil(participants / 32);
  }

  /** How many words it takes. */
  static size(participants: number): number {
    return LINE + 4 * roundUp(Math.ceil(participants / 32));
  }

  // Threads

  /** A thread: is idle from now on; then look at the line once more. */
  announce(index: number): void {
    this.set(this.idle(index), 1 << (index & 31));
  }

  /** A thread: is no longer idle; false if it was claimed, and so is bound to look at the line. */
  withdraw(index: number): boolean {
    return this.clear(this.idle(index), 1 << (index & 31));
  }

  /** A thread: whether it has announced itself and nobody has claimed it since. */
  isIdle(index: number): boolean {
    return (load(this.words, this.idle(index)) & (1 << (index & 31))) !== 0;
  }

  /** Any thread: claims an idle thread, which is then to be woken; -1 if there is none. */
  claim(): number {
    return this.takeAny(this.at + IDLE);
  }

  /** How many threads are idle. */
  get idleCount(): number {
    let count = 0;
    for (let i = 0; i < this.mapWords; i++) count += ones(load(this.words, this.at + IDLE + i));
    return count;
  }

  /**
   * Home: claims an idle thread for a job that it will send it; -1 if there is none. RESERVED is set before IDLE is cleared, so
   * that the thread knows what it was claimed for. One that somebody else has claimed just then is to be called once more.
   */
  reserve(call: (thread: number) => void): number {
    for (let index = this.lowestIdle(); index >= 0; index = this.lowestIdle()) {
      this.set(this.reserved(index), 1 << (index & 31));
      if (this.withdraw(index)) return index;
      this.release(index);
      call(index);
    }
    return -1;
  }

  private lowestIdle(): number {
    for (let i = 0; i < this.mapWords; i++) {
      const word = load(this.words, this.at + IDLE + i);
      if (word !== 0) return i * 32 + 31 - Math.clz32(word & -word);
    }
    return -1;
  }

  /** A thread: whether home is about to send it a job; then it takes none from the line. */
  isReserved(index: number): boolean {
    return (load(this.words, this.reserved(index)) & (1 << (index & 31))) !== 0;
  }

  /** The job has come, or will not. */
  release(index: number): void {
    this.clear(this.reserved(index), 1 << (index & 31));
  }

  private reserved(index: number): number {
    return this.at + IDLE + 3 * roundUp(this.mapWords) + (index >>> 5);
  }

  /** A thread: has looked at the line for the first time. */
  begin(index: number): void {
    this.set(this.begun(index), 1 << (index & 31));
  }

  /** Whether a thread has begun. */
  hasBegun(index: number): boolean {
    return (load(this.words, this.begun(index)) & (1 << (index & 31))) !== 0;
  }

  private idle(index: number): number {
    return this.at + IDLE + (index >>> 5);
  }

  private begun(index: number): number {
    return this.at + IDLE + 2 * roundUp(this.mapWords) + (index >>> 5);
  }

  // What home says

  /** How many threads there are, those included that just start. */
  get threads(): number {
    return load(this.words, this.at + THREADS);
  }

  /** Whether one more may be started now; home looks itself when one of those that just start has begun. */
  get mayGrow(): boolean {
    return (
      load(this.words, this.at + CROWDED) === 0 && this.threads < load(this.words, this.at + CAP)
    );
  }

  /** Home: whether as many threads begin as may; then look at the line once more. */
  setCrowded(on: boolean): void {
    store(this.words, this.at + CROWDED, on ? 1 : 0);
  }

  /** Home: so many threads there are now. */
  setThreads(count: number): void {
    store(this.words, this.at + THREADS, count);
  }

  /** Home: so many threads there may be, and so many jobs may wait in line, 0 for any number. */
  setLimits(cap: number, limit: number): void {
    store(this.words, this.at + CAP, cap);
    store(this.words, this.at + LIMIT, limit);
  }

  /** How many jobs home keeps that bring things which cannot lie in shared memory. */
  get held(): number {
    return load(this.words, this.at + HELD);
  }

  /** Home: keeps so many. */
  setHeld(count: number): void {
    store(this.words, this.at + HELD, count);
  }

  /** How many jobs may wait in line, 0 for any number. */
  get limit(): number {
    return load(this.words, this.at + LIMIT);
  }

  // Room in the line

  /** A participant waits for room; then look at the line once more. */
  wantRoom(index: number): void {
    this.set(this.room(index), 1 << (index & 31));
  }

  /** After having taken a job: somebody who waits for room, who is then to be told; -1 if nobody does. */
  takeWanting(): number {
    return this.takeAny(this.at + IDLE + roundUp(this.mapWords));
  }

  private room(index: number): number {
    return this.at + IDLE + roundUp(this.mapWords) + (index >>> 5);
  }

  /** Forgets a participant that is gone. */
  forget(index: number): void {
    this.withdraw(index);
    this.release(index);
    this.clear(this.begun(index), 1 << (index & 31));
    this.clear(this.room(index), 1 << (index & 31));
  }

  // Bits

  private set(at: number, bit: number): void {
    let word = load(this.words, at);
    while ((word & bit) === 0) {
      const found = compareExchange(this.words, at, word, word | bit);
      if (found === word) return;
      word = found;
    }
  }

  private clear(at: number, bit: number): boolean {
    let word = load(this.words, at);
    while ((word & bit) !== 0) {
      const found = compareExchange(this.words, at, word, word & ~bit);
      if (found === word) return true;
      word = found;
    }
    return false;
  }

  /** Clears the lowest bit that is set, so that those of high numbers stay idle, and go first; answers its number, or -1. */
  private takeAny(from: number): number {
    for (let i = 0; i < this.mapWords; i++) {
      let word = load(this.words, from + i);
      while (word !== 0) {
        const bit = word & -word;
        const found = compareExchange(this.words, from + i, word, word ^ bit);
        if (found === word) return i * 32 + 31 - Math.clz32(bit);
        word = found;
      }
    }
    return -1;
  }
}

function roundUp(words: number): number {
  return (words + LINE - 1) & -LINE;
}

/** How many bits are set. */
function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
