import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { AtomicsPark } from "../../src/atomics-park.ts";

function word(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

// No timeout may help: a wake-up that is lost sleeps for ever.
const strict = { timeouts: "never", preemptionBound: Number.POSITIVE_INFINITY } as const;

describe("in every interleaving", { timeout: 120_000 }, () => {
  it("a park that is unparked returns, however early or late the unpark comes", () => {
    const report = model(() => {
      const park = new AtomicsPark();
      const other = thread.spawn(() => park.unpark());
      park.park(Number.POSITIVE_INFINITY);
      other.join();
    }, strict);
    expect(report.exhaustive).toBe(true);
  });

  it("what was written before the unpark is there after the park", () => {
    const report = model(() => {
      const park = new AtomicsPark();
      const data = word();
      const other = thread.spawn(() => {
        data[0] = 7;
        park.unpark();
      });
      park.park(Number.POSITIVE_INFINITY);
      // A plain access: a race is reported where nothing orders the two.
      expect(data[0]).toBe(7);
      other.join();
    }, strict);
    expect(report.exhaustive).toBe(true);
  });

  it("a thread that waits for two others is unparked as often as it takes", () => {
    const report = model(
      () => {
        const park = new AtomicsPark();
        const done = word();
        const others = [1, 2].map(() =>
          thread.spawn(() => {
            Atomics.add(done, 0, 1);
            park.unpark();
          }),
        );
        while (Atomics.load(done, 0) < 2) park.park(Number.POSITIVE_INFINITY);
        for (const other of others) other.join();
      },
      { timeouts: "never", preemptionBound: 4 },
    );
    expect(report.complete).toBe(true);
  });

  it("an unpark is used up by one park", () => {
    const report = model(() => {
      const park = new AtomicsPark();
      const first = word();
      const waker = thread.spawn(() => {
        park.unpark();
        Atomics.store(first, 0, 1);
        park.unpark();
      });
      park.park(Number.POSITIVE_INFINITY);
      waker.join();
      park.park(0);
      // Neither of the two is left, so this one waits for the third.
      const third = thread.spawn(() => {
        Atomics.store(first, 0, 2);
        park.unpark();
      });
      park.park(Number.POSITIVE_INFINITY);
      expect(Atomics.load(first, 0)).toBe(2);
      third.join();
    }, strict);
    expect(report.exhaustive).toBe(true);
  });

  it("a park that has slept leaves nothing for the next one", () => {
    const report = model(() => {
      const park = new AtomicsPark();
      const second = word();
      const waker = thread.spawn(() => park.unpark());
      park.park(Number.POSITIVE_INFINITY);
      waker.join();
      const other = thread.spawn(() => {
        Atomics.store(second, 0, 1);
        park.unpark();
      });
      park.park(Number.POSITIVE_INFINITY);
      expect(Atomics.load(second, 0)).toBe(1);
      other.join();
    }, strict);
    expect(report.exhaustive).toBe(true);
  });

  it("a park with a timeout returns without an unpark, in slices", () => {
    const report = model(
      () => {
        const park = new AtomicsPark();
        const data = word();
        const other = thread.spawn(() => {
          Atomics.store(data, 0, 1);
          park.unpark();
        });
        park.park(250);
        other.join();
        park.park(250);
      },
      { preemptionBound: 4 },
    );
    expect(report.complete).toBe(true);
  });
});
