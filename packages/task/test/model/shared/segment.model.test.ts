import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { bound, LONG, world } from "./world.ts";

describe("a segment, in every interleaving,", { timeout: LONG ? 3_600_000 : 120_000 }, () => {
  it("gives threads that allocate at once memory that does not overlap, up to the limit", () => {
    const seen = new Set<string>();
    const report = model(
      () => {
        const shared = world(1, { workers: 0, spare: 192 });
        const { segment } = shared;
        const others = [1, 2].map(() =>
          thread.spawn(() => [segment.allocate(33), segment.allocate(1)]),
        );
        const mine = [segment.allocate(64)];
        const all = [mine, ...others.map((other) => other.join())];
        const taken = all
          .flatMap((addresses, i) =>
            addresses.map((at, j) => ({ at, size: i === 0 || j === 0 ? 64 : 32 })),
          )
          .filter(({ at }) => at >= 0)
          .sort((a, b) => a.at - b.at);
        const { end } = segment.layout;
        let top = end;
        for (const { at, size } of taken) {
          expect(at).toBe(top);
          top += size;
        }
        expect(segment.usedBytes).toBe(top * 4);
        expect(top).toBeLessThanOrEqual(segment.sizes.limit);
        seen.add(taken.map(({ size }) => size).join());
      },
      { preemptionBound: bound(3) },
    );
    expect(report.complete).toBe(true);
    expect(seen.size).toBeGreaterThan(1);
  });

  it("is not attached to before its sizes are there", () => {
    // One buffer of the model's, as its creator leaves it.
    model(() => {
      const { segment } = world(2, { ring: 4 });
      const other = thread.spawn(() => Atomics.load(segment.words, 0));
      expect(other.join()).not.toBe(0);
    });
  });
});
