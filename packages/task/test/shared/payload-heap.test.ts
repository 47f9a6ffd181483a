import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ARGS_BLOCK,
  CellPool,
  cellOf,
  KeyTable,
  PayloadHeap,
  payloadOf,
  Segment,
  SharedMemory,
} from "../../src/shared/index.ts";
import { classOfSize, sizeOfClass } from "../../src/shared/payload-heap.ts";

function segment(limitBytes = 4 << 20): Segment {
  return Segment.create({ workers: 1, participants: 3, ring: 2, limitBytes });
}

describe("the size classes of payloads", () => {
  it("are the smallest that hold a size, and waste a quarter at most", () => {
    for (let size = 1; size < 700; size += 1) {
      const one = classOfSize(size);
      expect(sizeOfClass(one)).toBeGreaterThanOrEqual(size);
      if (one > 0) expect(sizeOfClass(one - 1)).toBeLessThan(size);
      if (size >= 32) expect(sizeOfClass(one)).toBeLessThanOrEqual(size * 1.25 + 8);
    }
    expect(classOfSize(2 ** 28)).toBe(92);
    expect(sizeOfClass(92)).toBe(2 ** 28);
  });
});

describe("a payload heap", () => {
  it("gives out blocks that do not overlap, of whatever size, and takes them back from anybody", () => {
    const step = fc.record({
      heap: fc.nat(1),
      bytes: fc.oneof(fc.nat(300), fc.nat(20_000)),
      free: fc.nat(20),
      by: fc.nat(1),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const shared = segment();
        const heaps = [new PayloadHeap(shared, 0), new PayloadHeap(shared, 1)] as const;
        const held: { block: number; from: number; to: number }[] = [];
        for (const { heap, bytes, free, by } of steps) {
          const block = heaps[heap]!.allocate(bytes);
          expect(block).toBeGreaterThan(0);
          const from = payloadOf(block);
          const one = { block, from: from - 8, to: from + bytes };
          for (const other of held) {
            expect(one.from >= other.to || other.from >= one.to).toBe(true);
          }
          held.push(one);
          shared.bytes.fill(255, from, from + bytes);
          const gone = held.splice(free, 1)[0];
          if (gone !== undefined) heaps[by]!.free(gone.block);
        }
        for (const { block } of held) heaps[0].free(block);
        for (const heap of heaps) {
          heap.reclaim();
          heap.publish();
          expect(heap.live).toBe(0);
        }
        expect(PayloadHeap.published(shared, 1)).toBe(0);
      }),
    );
  });

  it("begins a new arena when a block would not quite fit into the rest", () => {
    const shared = segment();
    const heap = new PayloadHeap(shared, 0, 1024);
    // 896 and 80 words of 1024; then 56, for which 48 are left.
    for (const words of [896, 80]) heap.allocate((words - 2) * 4);
    const next = shared.allocate(1);
    const block = heap.allocate((56 - 2) * 4);
    expect(block).toBeGreaterThan(next);
  });

  it("uses again what was freed", () => {
    const shared = segment();
    const heap = new PayloadHeap(shared, 0);
    const other = new PayloadHeap(shared, 1);
    const block = heap.allocate(5000);
    const used = shared.usedBytes;
    for (let i = 0; i < 100; i += 1) {
      (i % 2 === 0 ? heap : other).free(block);
      expect(heap.allocate(5000)).toBe(block);
    }
    expect(shared.usedBytes).toBe(used);
    expect(heap.live).toBe(1);
    heap.publish();
    expect(PayloadHeap.published(shared, 0)).toBe(1);
  });

  it("says when there is no memory left, for small blocks and for large ones", () => {
    const shared = segment(1 << 16);
    const heap = new PayloadHeap(shared, 0);
    expect(heap.allocate(1 << 20)).toBe(-1);
    let last = heap.allocate(100);
    let count = 0;
    for (let block = last; block > 0; block = heap.allocate(100)) {
      last = block;
      count += 1;
    }
    expect(count).toBeGreaterThan(100);
    expect(heap.allocate(100)).toBe(-1);
    heap.free(last);
    expect(heap.allocate(100)).toBe(last);
    expect(heap.live).toBe(count);
  });
});

describe("a pool of cells", () => {
  it("gives out each cell once until it is given back, and counts them", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -8, max: 8 })), (steps) => {
        const shared = segment();
        const pool = new CellPool(shared, 1 | (3 << 10), 4);
        const out = new Set<number>();
        for (const step of steps) {
          for (let i = 0; i < step; i += 1) {
            const cell = pool.allocate();
            expect(cell % 32).toBe(0);
            expect(out.has(cell)).toBe(false);
            expect(shared.words[cell + 1]).toBe(1 | (3 << 10));
            out.add(cell);
          }
          for (const cell of [...out].slice(0, Math.max(-step, 0))) {
            pool.free(cell);
            out.delete(cell);
          }
          expect(pool.live).toBe(out.size);
        }
        pool.publish();
        expect(CellPool.published(shared, 1)).toBe(out.size);
      }),
    );
  });

  it("goes on with what its former owner has left: free cells, and one that was never used", () => {
    const shared = segment();
    const first = new CellPool(shared, 1, 4);
    first.allocate();
    first.free(first.allocate());
    const heirs = 1 | (1 << 10);
    const pool = new CellPool(shared, heirs, 4);
    pool.adopt({ offer: () => undefined, free: () => undefined });
    expect(pool.live).toBe(0);
    const used = shared.usedBytes;
    const cells = new Set([1, 2, 3, 4].map(() => pool.allocate()));
    expect(cells.size).toBe(4);
    expect(shared.usedBytes).toBe(used);
    for (const cell of cells) expect(shared.words[cell + 1]).toBe(heirs);
    expect(cells.has(pool.allocate())).toBe(false);
  });

  it("waits for the executors of inherited cells that live, and not for the dead", () => {
    const shared = new SharedMemory(segment(), { slots: 2, cells: 4, arena: 1024 });
    const { cells, participants } = shared;
    for (const index of [1, 2]) participants.join(index, 1);
    const { pool: first } = shared.enter(1);
    const [queued, running, ended] = [1, 2, 3].map(() => first.allocate()) as [
      number,
      number,
      number,
    ];
    cells.enqueue(queued);
    for (const cell of [running, ended]) cells.claim(cells.enqueue(cell), participants.refOf(2));
    shared.words[running + ARGS_BLOCK] = 7777;
    cells.complete(ended);
    participants.die(1);
    participants.join(1, 1);
    const pool = new CellPool(shared.segment, participants.refOf(1), 4);
    const offered: number[] = [];
    const freed: number[] = [];
    const heir = {
      offer: (entry: number) => void offered.push(entry),
      free: (block: number) => void freed.push(block),
    };
    pool.adopt(heir);
    expect(offered.map(cellOf)).toEqual([queued]);
    expect(pool.sweep(heir, participants)).toBe(2);
    participants.die(2);
    expect(pool.sweep(heir, null)).toBe(2);
    expect(pool.sweep(heir, participants)).toBe(0);
    expect(freed).toEqual([7777]);
    expect(pool.live).toBe(1);
  });

  it("says when there is no memory left", () => {
    const pool = new CellPool(segment(1 << 16), 0);
    let count = 0;
    while (pool.allocate() > 0) count += 1;
    expect(count).toBeGreaterThan(60);
    expect(pool.live).toBe(count);
  });
});

describe("the table of keys", () => {
  it("gives each string back by its number, on whichever thread", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), (strings) => {
        const shared = segment();
        const [one, two] = [new KeyTable(shared), new KeyTable(shared)];
        const numbers = strings.map((text, i) => (i % 2 === 0 ? one : two).intern(text));
        for (const [i, text] of strings.entries()) {
          expect(one.nameOf(numbers[i]!)).toBe(text);
          expect(two.intern(text)).toBe(numbers[i]);
        }
        expect(new Set(numbers).size).toBe(new Set(strings).size);
      }),
    );
  });

  it("says when there is no memory left", () => {
    const shared = segment(1 << 15);
    const keys = new KeyTable(shared);
    while (shared.allocate(32) > 0);
    expect(keys.intern("new")).toBe(-1);
  });
});
