import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Idle } from "../../src/shared/index.ts";
import { layoutOf } from "../../src/shared/layout.ts";

function idleOf(workers: number): Idle {
  const sizes = { limit: 1 << 20, participants: workers + 1, workers, ring: 2 };
  const layout = layoutOf(sizes);
  return new Idle(new Int32Array(new SharedArrayBuffer(layout.offers * 4)), layout, sizes);
}

type Step = "search" | "found" | "sleep" | "rouse" | "notify" | "forget";

/** The words beside two sets of workers. */
class Sets {
  private readonly idle: Idle;
  private readonly workers: number;
  private readonly searching = new Set<number>();
  private readonly sleeping = new Set<number>();

  constructor(workers: number) {
    this.workers = workers;
    this.idle = idleOf(workers);
  }

  search(worker: number): void {
    if (this.searching.has(worker) || this.sleeping.has(worker)) return;
    const may = 2 * this.searching.size < this.workers;
    expect(this.idle.trySearch(worker)).toBe(may);
    if (may) this.searching.add(worker);
  }

  found(worker: number): void {
    this.clear(worker);
    expect(this.idle.found(worker)).toBe(this.searching.size === 0);
  }

  sleep(worker: number): void {
    this.clear(worker);
    this.sleeping.add(worker);
    expect(this.idle.sleep(worker)).toBe(this.searching.size === 0);
  }

  rouse(worker: number): void {
    expect(this.idle.rouse(worker)).toBe(this.searching.has(worker));
    this.sleeping.delete(worker);
  }

  notify(): void {
    const none = this.searching.size > 0 || this.sleeping.size === 0;
    const claimed = none ? -1 : Math.min(...this.sleeping);
    expect(this.idle.notifyOne()).toBe(claimed);
    if (none) return;
    this.sleeping.delete(claimed);
    this.searching.add(claimed);
  }

  forget(worker: number): void {
    this.idle.forget(worker);
    this.clear(worker);
  }

  private clear(worker: number): void {
    this.searching.delete(worker);
    this.sleeping.delete(worker);
  }

  check(): void {
    expect(this.idle.anySearching()).toBe(this.searching.size > 0);
    expect(this.idle.sleepers).toBe(this.sleeping.size);
  }
}

describe("the idle words", () => {
  it("do what two sets do, for one worker as for 40", () => {
    const step = fc.tuple(
      fc.constantFrom<Step>("search", "found", "sleep", "rouse", "notify", "forget"),
      fc.nat(39),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step), (workers, steps) => {
        const sets = new Sets(workers);
        for (const [what, worker] of steps) {
          sets[what](worker % workers);
          sets.check();
        }
      }),
    );
  });
});
