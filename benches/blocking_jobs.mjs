// What the threads of this file's benches run. Every thread imports it.
import { sendable } from "treadle";

const url = import.meta.url;

export const nothing = sendable(url, function nothing() {});

export const echo = sendable(url, async function echo(value) {
  return value;
});

/** Counts itself and waits until so many have come, so that each needs a thread of its own. */
export const meet = sendable(url, function meet(memory, count) {
  const words = new Int32Array(memory);
  Atomics.add(words, 0, 1);
  Atomics.notify(words, 0);
  for (let here = 0; here < count; here = Atomics.load(words, 0))
    Atomics.wait(words, 0, here, 1000);
});
