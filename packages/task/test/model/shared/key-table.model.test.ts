import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { KeyTable } from "../../../src/shared/key-table.ts";
import { bound, LONG, world } from "./world.ts";

describe("the table of keys, in every interleaving,", {
  timeout: LONG ? 3_600_000 : 120_000,
}, () => {
  it("gives a string one number, whoever adds it first", () => {
    const report = model(
      () => {
        const { segment } = world(1, { workers: 0, spare: 256 });
        const other = thread.spawn(() => {
          const keys = new KeyTable(segment);
          return [keys.intern("a"), keys.intern("bc")];
        });
        const keys = new KeyTable(segment);
        const [bc, a] = [keys.intern("bc"), keys.intern("a")];
        expect(other.join()).toEqual([a, bc]);
        expect(keys.nameOf(a)).toBe("a");
        expect(keys.nameOf(bc)).toBe("bc");
        expect(new KeyTable(segment).intern("a")).toBe(a);
      },
      { preemptionBound: bound(4) },
    );
    expect(report.complete).toBe(true);
  });
});
