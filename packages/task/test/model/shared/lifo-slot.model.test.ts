import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { world } from "./world.ts";

describe("a worker's slot, in every interleaving,", { timeout: 120_000 }, () => {
  it("gives each entry to its owner or to one of the thieves", () => {
    const report = model(
      () => {
        const shared = world(2);
        const slot = shared.lifo(1);
        const thieves = [0, 1].map(() => thread.spawn(() => slot.take()));
        const mine = [slot.put(1), slot.put(2), slot.take()];
        const all = [...mine, ...thieves.map((thief) => thief.join()), slot.take()];
        expect(all.filter((entry) => entry !== 0).sort()).toEqual([1, 2]);
        expect(slot.isEmpty).toBe(true);
      },
      { preemptionBound: Number.POSITIVE_INFINITY },
    );
    expect(report.exhaustive).toBe(true);
  });
});
