import { type Async, fn, type JoinHandle, pending, type Runtime, yieldNow } from "treadle";
import { describe, expect, test } from "vitest";
import { currentThread, turns } from "./support/runtimes.ts";

const collect = (globalThis as { gc?: () => void }).gc as () => void;

/** Whether an object is collected within a few rounds. */
async function isCollected(ref: WeakRef<object>): Promise<boolean> {
  for (let i = 0; i < 10 && ref.deref() !== undefined; i++) {
    await turns(2);
    collect();
  }
  return ref.deref() === undefined;
}

/** Spawns a task that holds `held` while it waits for `wait`. */
const hold = fn(function* hold(held: object, wait: () => Async<void>): Async<void> {
  yield* fn(wait)();
  void held;
});

/** What a task holds, weakly; the handle may be kept. */
function spawnHolding(rt: Runtime, wait: () => Async<void>) {
  const held = { big: new Uint8Array(1_000) };
  return { ref: new WeakRef(held), handle: rt.spawn(hold, held, wait) };
}

describe("what a task holds is collected", () => {
  test("once it has ended, although its handle is kept", async () => {
    using rt = currentThread();
    const { ref, handle } = spawnHolding(rt, function* () {
      yield* yieldNow();
    });
    rt.blockOn(handle);
    expect(await isCollected(ref)).toBe(true);
    expect(handle.isFinished()).toBe(true);
  });

  test("once it was aborted, although its handle is kept", async () => {
    using rt = currentThread();
    const { ref, handle } = spawnHolding(rt, function* () {
      yield* pending();
    });
    rt.blockOn(yieldNow());
    handle.abort();
    rt.blockOn(handle.outcome());
    expect(await isCollected(ref)).toBe(true);
  });

  test("at shutdown and not before, if nothing ever wakes it", async () => {
    const rt = currentThread();
    const waiting: { ref: WeakRef<object>; handle: JoinHandle<void> | null } = spawnHolding(
      rt,
      function* () {
        yield* pending();
      },
    );
    rt.blockOn(yieldNow());
    waiting.handle = null;
    expect(await isCollected(waiting.ref)).toBe(false);
    rt.shutdownBackground();
    expect(await isCollected(waiting.ref)).toBe(true);
  });
});

describe("a runtime that is gone", () => {
  test("is collected, also one that has failed tasks behind it", async () => {
    const make = () => {
      const rt = currentThread();
      const handle = rt.spawn(function* (): Async<void> {
        throw new Error("boom");
      });
      rt.blockOn(handle.outcome());
      rt.shutdownBackground();
      return new WeakRef(rt);
    };
    expect(await isCollected(make())).toBe(true);
  });

  test("is collected although it was never shut down, if nothing of it runs", async () => {
    const make = () => {
      const rt = currentThread();
      rt.blockOn(rt.spawn(yieldNow()));
      return new WeakRef(rt);
    };
    expect(await isCollected(make())).toBe(true);
  });
});
