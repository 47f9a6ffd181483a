/** What the tests of the blocking pool share. */
import { Builder, type JoinHandle, type Runtime } from "treadle";
import { expect } from "vitest";

/** Words that jobs and tests share. */
export function memory(words = 2): { buffer: SharedArrayBuffer; words: Int32Array } {
  const buffer = new SharedArrayBuffer(words * 4);
  return { buffer, words: new Int32Array(buffer) };
}

/** Waits, by the event loop, until a condition holds. */
export async function until(holds: () => boolean, ms = 15_000): Promise<void> {
  const end = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${ms} ms in vain`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Lets everything go that waits in `gate`. */
export function open(words: Int32Array): void {
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
}

/** A builder of either flavor. */
export function builder(flavor: string): Builder<{ time: true; io: true }> {
  const plain =
    flavor === "multi_thread"
      ? Builder.newMultiThread().workerThreads(1)
      : Builder.newCurrentThread();
  return plain.enableAll();
}

/** Runs a test with a runtime that has ended after it. */
export async function using<T>(rt: Runtime, body: (rt: Runtime) => Promise<T> | T): Promise<T> {
  try {
    return await body(rt);
  } finally {
    expect(await rt.shutdownTimeout(15_000)).toBe(true);
  }
}

/** What a handle came to. */
export async function outcomeOf(
  rt: Runtime,
  handle: JoinHandle<unknown>,
): Promise<{ status: string; error?: { code?: string; message: string } }> {
  return (await rt.run(() => handle.outcome())) as never;
}
