import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { PayloadHeap } from "../../../src/shared/payload-heap.ts";
import type { SharedMemory } from "../../../src/shared/shared-memory.ts";
import { bound, LONG, world } from "./world.ts";

const PAYLOAD = 2;

function heapOf(shared: SharedMemory, index: number): PayloadHeap {
  return new PayloadHeap(shared.segment, index, 64);
}

describe("a payload heap, in every interleaving,", { timeout: LONG ? 3_600_000 : 120_000 }, () => {
  it("gives no block out twice while others free and it allocates", () => {
    const report = model(
      () => {
        const shared = world(3, { spare: 256 });
        const heap = heapOf(shared, 0);
        const first = [heap.allocate(40), heap.allocate(40)] as [number, number];
        const others = first.map((block, i) =>
          thread.spawn(() => {
            // Plain: whoever holds a block is alone with it.
            shared.words[block + PAYLOAD] = i;
            heapOf(shared, i + 1).free(block);
          }),
        );
        const mine: number[] = [];
        for (let i = 0; i < 3; i += 1) {
          const block = heap.allocate(40);
          shared.words[block + PAYLOAD] = 9;
          mine.push(block);
        }
        for (const other of others) other.join();
        expect(new Set(mine).size).toBe(3);
        for (const block of mine) heap.free(block);
        heap.reclaim();
        expect(heap.live).toBe(0);
        // All are there again, and none twice.
        const again = [0, 1, 2].map(() => heap.allocate(40));
        expect(new Set(again).size).toBe(3);
      },
      { preemptionBound: bound(3) },
    );
    expect(report.complete).toBe(true);
  });

  it("takes blocks of different sizes back into their own lists", () => {
    const report = model(
      () => {
        const shared = world(2, { spare: 512 });
        const heap = heapOf(shared, 0);
        const blocks = [heap.allocate(40), heap.allocate(200), heap.allocate(40)];
        const other = thread.spawn(() => {
          for (const block of blocks) heapOf(shared, 1).free(block);
        });
        heap.reclaim();
        other.join();
        heap.reclaim();
        const again = [heap.allocate(200), heap.allocate(40), heap.allocate(40)];
        expect(again[0]).toBe(blocks[1]);
        expect([...again].sort()).toEqual([...blocks].sort());
      },
      { preemptionBound: Number.POSITIVE_INFINITY },
    );
    expect(report.exhaustive).toBe(true);
  });
});
