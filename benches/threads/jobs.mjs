// What the threads of the pools are asked to do: plain functions of one argument, and nothing imported.

export const odd = (i) => 2 * i + 1;

/** Keeps its thread busy, by the clock. */
export function spin(us) {
  const end = performance.now() + us / 1000;
  while (performance.now() < end);
  return us;
}

/** Shows that it has had the bytes: the first and the last are one more. */
export function echo(bytes) {
  bytes[0]++;
  bytes[bytes.length - 1]++;
  return bytes;
}

/** Goes to the back of the microtask queue so many times. */
export async function yields(count) {
  let done = 0;
  for (; done < count; done++) await null;
  return done;
}

/** Holds its thread without using it, so that the next call needs another one. */
export function hold(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return ms;
}
