import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { Parked } from "../../../src/shared/park-word.ts";
import type { SharedMemory } from "../../../src/shared/shared-memory.ts";
import { bound, LONG, parkOf, world } from "./world.ts";

const strict = { timeouts: "never", preemptionBound: Number.POSITIVE_INFINITY } as const;

/** Sleeps once, as one does that was promised an unpark. */
function sleep(shared: SharedMemory): boolean {
  if (!shared.parks.announce(0, Parked.BLOCKED)) return true;
  shared.parks.sleep(0, Number.POSITIVE_INFINITY);
  return shared.parks.retire(0);
}

describe("a park word, in every interleaving,", { timeout: LONG ? 3_600_000 : 120_000 }, () => {
  it("loses no unpark, however early or late", () => {
    const report = model(() => {
      const shared = world(1, { workers: 0 });
      const data = new Int32Array(new SharedArrayBuffer(4));
      const other = thread.spawn(() => {
        Atomics.store(data, 0, 7);
        shared.parks.unpark(0);
      });
      expect(sleep(shared)).toBe(true);
      expect(Atomics.load(data, 0)).toBe(7);
      other.join();
      expect(parkOf(shared, 0)).toBe(0);
    }, strict);
    expect(report.exhaustive).toBe(true);
  });

  it("loses no unpark that finds another one there", () => {
    const report = model(
      () => {
        const shared = world(1, { workers: 0 });
        const done = new Int32Array(new SharedArrayBuffer(4));
        const others = [1, 2].map(() =>
          thread.spawn(() => {
            Atomics.add(done, 0, 1);
            shared.parks.unpark(0);
          }),
        );
        while (Atomics.load(done, 0) < 2) sleep(shared);
        for (const other of others) other.join();
      },
      { ...strict, preemptionBound: bound(4) },
    );
    expect(report.complete).toBe(true);
  });

  it("loses no wake of one who looks again after announcing", () => {
    const report = model(
      () => {
        const shared = world(1, { workers: 0 });
        const done = new Int32Array(new SharedArrayBuffer(4));
        const others = [1, 2].map(() =>
          thread.spawn(() => {
            Atomics.add(done, 0, 1);
            shared.parks.wake(0);
          }),
        );
        while (Atomics.load(done, 0) < 2) {
          if (!shared.parks.announce(0, Parked.BLOCKED)) continue;
          if (Atomics.load(done, 0) < 2) shared.parks.sleep(0, Number.POSITIVE_INFINITY);
          shared.parks.retire(0);
        }
        for (const other of others) other.join();
        expect(parkOf(shared, 0)).not.toBe(Parked.BLOCKED);
      },
      { ...strict, preemptionBound: bound(4) },
    );
    expect(report.complete).toBe(true);
  });

  it("has one of two who see it asleep make the native call", () => {
    const report = model(() => {
      const shared = world(1, { workers: 0 });
      const calls = new Int32Array(new SharedArrayBuffer(4));
      shared.parks.setNative(0, 5);
      shared.parks.announce(0, Parked.HOSTED);
      const wake = (): void => {
        shared.parks.wakeNative = (reactor) => {
          expect(reactor).toBe(5);
          Atomics.add(calls, 0, 1);
        };
        shared.parks.wake(0);
      };
      const other = thread.spawn(wake, "other");
      const third = thread.spawn(() => {
        shared.parks.wakeNative = () => void Atomics.add(calls, 0, 1);
        shared.parks.unpark(0);
      });
      wake();
      other.join();
      third.join();
      expect(Atomics.load(calls, 0)).toBe(1);
      expect(shared.parks.retire(0)).toBe(true);
      // Used up, and awake: no call, and nothing left for the next sleep.
      shared.parks.wake(0);
      expect(Atomics.load(calls, 0)).toBe(1);
      expect(shared.parks.announce(0, Parked.HOSTED)).toBe(true);
    }, strict);
    expect(report.exhaustive).toBe(true);
  });
});
