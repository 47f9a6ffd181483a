// The limit: two workers on shared memory and `Atomics`, with nothing of what a pool or a runtime adds: no promise, no queue of
// objects, no codec, no errors, one kind of job at a time.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

// Words: how far jobs have been offered, how far taken, how far done; what the job is, how many to take at a time, how many
// bytes each has.
const OFFERED = 0;
const TAKEN = 1;
const DONE = 2;
const JOB = 3;
const CHUNK = 4;
const BYTES = 5;
const HEAD = 16;

/** Jobs lie in a ring. */
const SIZE = 16_384;
const JOBS = ["odd", "spin", "echo"];
/** How often a word is read before its thread sleeps: some 30 µs, where there is a processor for it. */
const SPINS = availableParallelism() > 1 ? 4000 : 0;

export class Bare {
  constructor(memory) {
    this.words = new Int32Array(memory, 0, HEAD + SIZE);
    this.bytes = new Uint8Array(memory, 4 * (HEAD + SIZE));
  }

  static async start(threads = 2) {
    const memory = new SharedArrayBuffer(4 * (HEAD + SIZE) + (1 << 20));
    const url = new URL("../threads/bare.mjs", import.meta.url);
    for (let i = 0; i < threads; i++) {
      const worker = new Worker(url, { workerData: memory });
      await new Promise((resolve) => worker.once("online", resolve));
    }
    const bare = new Bare(memory);
    for (let i = 0; i < 100; i++) bare.run("spin", 1000, [100]);
    return bare;
  }

  /** Has `values` worked off, each replaced by its result; `chunk` at most are taken at a time. */
  run(job, chunk, values) {
    const { words } = this;
    const from = Atomics.load(words, OFFERED);
    words[JOB] = JOBS.indexOf(job);
    words[CHUNK] = chunk;
    for (let i = 0; i < values.length; i++) words[HEAD + ((from + i) & (SIZE - 1))] = values[i];
    this.offer(from + values.length);
    for (let i = 0; i < values.length; i++) values[i] = words[HEAD + ((from + i) & (SIZE - 1))];
    return values;
  }

  /** `bytes` there, the echo of them back in `bytes`. */
  echo(bytes) {
    const { words } = this;
    words[JOB] = JOBS.indexOf("echo");
    words[CHUNK] = 1;
    words[BYTES] = bytes.length;
    this.bytes.set(bytes);
    this.offer(Atomics.load(words, OFFERED) + 1);
    bytes.set(this.bytes.subarray(0, bytes.length));
    return bytes;
  }

  offer(end) {
    const { words } = this;
    Atomics.store(words, OFFERED, end);
    Atomics.notify(words, OFFERED);
    for (let done = Atomics.load(words, DONE); done !== end; ) done = nextOf(words, DONE, done);
  }

  /** What a worker does for ever. */
  serve(jobs) {
    const { words } = this;
    for (let offered = 0; ; offered = nextOf(words, OFFERED, offered)) this.drain(jobs);
  }

  drain(jobs) {
    const { words } = this;
    for (;;) {
      const taken = Atomics.load(words, TAKEN);
      const left = Atomics.load(words, OFFERED) - taken;
      if (left === 0) return;
      // Less at a time towards the end, so that nobody waits for the last.
      const count = Math.max(1, Math.min(words[CHUNK], left >> 2));
      if (Atomics.compareExchange(words, TAKEN, taken, taken + count) !== taken) continue;
      for (let i = taken; i < taken + count; i++) this.work(jobs, HEAD + (i & (SIZE - 1)));
      const done = Atomics.add(words, DONE, count) + count;
      if (done === Atomics.load(words, OFFERED)) Atomics.notify(words, DONE);
    }
  }

  work({ odd, spin, echo }, at) {
    const { words } = this;
    if (words[JOB] === 0) words[at] = odd(words[at]);
    else if (words[JOB] === 1) words[at] = spin(words[at]);
    else echo(this.bytes.subarray(0, words[BYTES]));
  }
}

/** Waits until a word is no longer `seen`; what it is then, or `seen` after a second. */
function nextOf(words, at, seen) {
  for (let i = 0; i < SPINS; i++) {
    const now = Atomics.load(words, at);
    if (now !== seen) return now;
  }
  Atomics.wait(words, at, seen, 1000);
  return Atomics.load(words, at);
}
