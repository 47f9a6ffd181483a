/** The one door to shared memory: every other file uses these instead of `Atomics`, so that a model checker can step in. */

/** The value of a shared word. */
export function load(words: Int32Array, at: number): number {
  return Atomics.load(words, at);
}

/** Sets a shared word. */
export function store(words: Int32Array, at: number, value: number): void {
  Atomics.store(words, at, value);
}

/** Sets a shared word and answers what was there. */
export function exchange(words: Int32Array, at: number, value: number): number {
  return Atomics.exchange(words, at, value);
}

/** Sets a shared word if it still holds `expected`; answers what was there. */
export function compareExchange(
  words: Int32Array,
  at: number,
  expected: number,
  value: number,
): number {
  return Atomics.compareExchange(words, at, expected, value);
}

/** Adds to a shared word and answers what was there before. */
export function add(words: Int32Array, at: number, value: number): number {
  return Atomics.add(words, at, value);
}

/** Sleeps while the word holds `expected`, at most `timeoutMs`. */
export function wait(
  words: Int32Array,
  at: number,
  expected: number,
  timeoutMs: number,
): "ok" | "not-equal" | "timed-out" {
  return Atomics.wait(words, at, expected, timeoutMs);
}

/** Wakes up to `count` threads that sleep on the word; answers how many. */
export function notify(words: Int32Array, at: number, count: number): number {
  return Atomics.notify(words, at, count);
}

/**
 * Tells by a promise when somebody notifies the word, for a thread that sleeps in its event loop; null when the word does
 * not hold `expected`. It does not keep the process alive.
 */
export function waitAsync(
  words: Int32Array,
  at: number,
  expected: number,
): Promise<unknown> | null {
  const waits = (Atomics as unknown as WaitAsync).waitAsync(words, at, expected);
  return waits.async ? waits.value : null;
}

/** Not in the type library of this language level. */
interface WaitAsync {
  waitAsync(
    words: Int32Array,
    at: number,
    expected: number,
  ): { readonly async: false } | { readonly async: true; readonly value: Promise<unknown> };
}
