import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { Offers, Segment, SharedMemory } from "../../src/shared/index.ts";

function memory(limitBytes = 1 << 20): SharedMemory {
  const segment = Segment.create({ workers: 2, participants: 70, ring: 8, limitBytes });
  return new SharedMemory(segment, { slots: 2, cells: 4, arena: 1024 });
}

describe("an outbox", () => {
  it("is empty at first", () => {
    const { outbox } = memory().enter(0);
    expect([outbox.takeOne(), outbox.length]).toEqual([0, 0]);
  });

  it("grows as long as there is memory, and refuses then", () => {
    const shared = memory(128 << 10);
    const { outbox } = shared.enter(0);
    let count = 0;
    while (outbox.push(count + 1)) count += 1;
    expect(count).toBeGreaterThan(100);
    for (let i = 1; i <= count; i += 1) expect(outbox.takeOne()).toBe(i);
    expect(outbox.takeOne()).toBe(0);
    // There is room again.
    expect(outbox.push(1)).toBe(true);
  });

  it("reserves what is to be staged, and shows it when it is published", () => {
    const { outbox } = memory().enter(0);
    expect(outbox.reserve(5)).toBe(true);
    for (let i = 0; i < 5; i += 1) outbox.stage(i, i + 1);
    expect(outbox.length).toBe(0);
    outbox.publish(5);
    expect(Array.from({ length: 6 }, () => outbox.takeOne())).toEqual([1, 2, 3, 4, 5, 0]);
  });

  it("goes on where its former owner has left it", () => {
    const shared = memory();
    const { outbox } = shared.enter(0);
    for (const entry of [1, 2, 3]) outbox.push(entry);
    const heir = shared.enter(0).outbox;
    for (const entry of [4, 5, 6]) heir.push(entry);
    expect(Array.from({ length: 6 }, () => heir.takeOne())).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("does what an array does", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -6, max: 6 }), { maxLength: 60 }), (steps) => {
        const { outbox } = memory().enter(0);
        const model: number[] = [];
        let next = 1;
        for (const step of steps) {
          for (let i = 0; i < step; i += 1) {
            outbox.push(next);
            model.push(next);
            next += 1;
          }
          for (let i = step; i < 0; i += 1) expect(outbox.takeOne()).toBe(model.shift() ?? 0);
          expect(outbox.length).toBe(model.length);
        }
      }),
    );
  });
});

describe("the bitmap of offers", () => {
  it("does what a set does, going round", () => {
    const index = fc.integer({ min: 0, max: 69 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), index)), index, (steps, from) => {
        const offers = new Offers(new Int32Array(new SharedArrayBuffer(64)), 1);
        const model = new Set<number>();
        for (const [add, i] of steps) {
          if (add) offers.offer(i);
          else offers.withdraw(i);
          if (add) model.add(i);
          else model.delete(i);
          const order = [...model].sort((a, b) => ((a - from + 70) % 70) - ((b - from + 70) % 70));
          expect(offers.next(from, 70)).toBe(order[0] ?? -1);
          expect(offers.any(70)).toBe(model.size > 0);
        }
      }),
    );
  });

  it("has nothing for nobody", () => {
    const offers = new Offers(new Int32Array(new SharedArrayBuffer(64)), 0);
    expect([offers.next(0, 0), offers.any(0)]).toEqual([-1, false]);
  });
});

describe("the outboxes of all", () => {
  conforms(
    ["runtime/tests/inject::push_and_pop", "runtime/tests/inject::push_batch_and_pop"],
    "give each its turn, and in each the oldest first",
    () => {
      const shared = memory();
      for (let i = 0; i < 3; i += 1) shared.participants.join(i, 1);
      for (const i of [0, 2]) shared.enter(i);
      for (const entry of [1, 2, 3]) shared.inject.push(0, entry);
      for (const entry of [11, 12]) shared.inject.push(2, entry);
      expect(shared.inject.length).toBe(5);
      const taken = Array.from({ length: 6 }, () => shared.inject.takeOne());
      expect(taken).toEqual([1, 11, 2, 12, 3, 0]);
      expect(shared.inject.mayHaveWork).toBe(false);
    },
  );

  conforms(
    "runtime/tests/inject::pop_n_drains_on_drop",
    "have nothing any more of a batch whose taker goes on with none of it",
    () => {
      const shared = memory();
      for (let i = 0; i < 2; i += 1) shared.participants.join(i, 1);
      shared.enter(0);
      const { ring } = shared.enter(1);
      for (let entry = 1; entry <= 9; entry += 1) shared.inject.push(0, entry);
      expect(shared.inject.takeBatch(ring, 1)).toBe(1);
      expect([ring.length, shared.inject.length]).toEqual([8, 0]);
      expect([shared.inject.hasWork(), shared.inject.takeOne()]).toEqual([false, 0]);
    },
  );

  it("give a batch to a ring", () => {
    const shared = memory();
    for (let i = 0; i < 2; i += 1) shared.participants.join(i, 1);
    shared.enter(0);
    const { ring } = shared.enter(1);
    for (let entry = 1; entry <= 9; entry += 1) shared.inject.push(0, entry);
    expect(shared.inject.takeBatch(ring, 2)).toBe(1);
    expect([ring.taken, ring.length, shared.inject.length]).toEqual([5, 4, 4]);
  });
});
