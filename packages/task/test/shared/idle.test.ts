import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Idle } from "../../src/shared/index.ts";
import { layoutOf } from "../../src/shared/layout.ts";

function idleOf(workers: number): Idle {
  const sizes = { limit: 1 << 20, participants: workers + 1, workers, ring: 2 };
  const layout = layoutOf(sizes);
  return new Idle(new Int32Array(new SharedArrayBuffer(layout.offers * 4)), layout, sizes);
}

describe("the idle words", () => {
  it("do what two sets do, for one worker as for 40", () => {
    const step = fc.tuple(
      fc.constantFrom("search", "found", "sleep", "rouse", "notify", "forget"),
      fc.nat(39),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step), (workers, steps) => {
        const idle = idleOf(workers);
        const searching = new Set<number>();
        const sleeping = new Set<number>();
        for (const [what, n] of steps) {
          const worker = n % workers;
          if (what === "search" && !searching.has(worker) && !sleeping.has(worker)) {
            const may = 2 * searching.size < workers;
            expect(idle.trySearch(worker)).toBe(may);
            if (may) searching.add(worker);
          } else if (what === "found") {
            searching.delete(worker);
            sleeping.delete(worker);
            expect(idle.found(worker)).toBe(searching.size === 0);
          } else if (what === "sleep") {
            searching.delete(worker);
            sleeping.add(worker);
            expect(idle.sleep(worker)).toBe(searching.size === 0);
          } else if (what === "rouse") {
            expect(idle.rouse(worker)).toBe(searching.has(worker));
            sleeping.delete(worker);
          } else if (what === "notify") {
            const first = searching.size > 0 ? -1 : Math.min(...sleeping, 999);
            const claimed = first === 999 ? -1 : first;
            expect(idle.notifyOne()).toBe(claimed);
            if (claimed >= 0) {
              sleeping.delete(claimed);
              searching.add(claimed);
            }
          } else if (what === "forget") {
            idle.forget(worker);
            searching.delete(worker);
            sleeping.delete(worker);
          }
          expect(idle.anySearching()).toBe(searching.size > 0);
          expect(idle.sleepers).toBe(sleeping.size);
        }
      }),
    );
  });
});
