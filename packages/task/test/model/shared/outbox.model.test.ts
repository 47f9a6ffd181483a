import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import type { SharedMemory } from "../../../src/shared/shared-memory.ts";
import { bound, LONG, world } from "./world.ts";

function drain(shared: SharedMemory, index: number): number[] {
  const all: number[] = [];
  const outbox = shared.outbox(index);
  for (let entry = outbox.takeOne(); entry !== 0; entry = outbox.takeOne()) all.push(entry);
  return all;
}

function take(shared: SharedMemory, own: number, times: number): number[] {
  const ring = shared.enter(own).ring;
  const all: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const entry = ring.takeFrom(shared.outbox(0), 2);
    if (entry !== 0) all.push(entry);
    for (let next = ring.pop(); next !== 0; next = ring.pop()) all.push(next);
  }
  return all;
}

function expectAll(found: readonly number[], count: number): void {
  expect([...found].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
}

describe("an outbox, in every interleaving,", { timeout: LONG ? 3_600_000 : 120_000 }, () => {
  it("grows under a consumer that takes batches, and loses and repeats nothing", () => {
    const report = model(
      () => {
        const shared = world(2, { ring: 4, spare: 256 });
        const { outbox } = shared.enter(0);
        for (const entry of [1, 2]) outbox.push(entry);
        const other = thread.spawn(() => take(shared, 1, 3), "consumer");
        // Two slots, then four, then eight.
        for (const entry of [3, 4, 5, 6]) expect(outbox.push(entry)).toBe(true);
        const taken = other.join();
        expect(taken).toEqual([...taken].sort());
        expectAll([...taken, ...drain(shared, 0)], 6);
      },
      { preemptionBound: bound(3) },
    );
    expect(report.complete).toBe(true);
  });

  it("that wraps around shows no consumer an entry of the round before", () => {
    const report = model(
      () => {
        const shared = world(2, { ring: 2, spare: 256 });
        const { outbox } = shared.enter(0);
        for (const entry of [1, 2]) outbox.push(entry);
        const other = thread.spawn(
          () => [shared.outbox(0).takeOne(), shared.outbox(0).takeOne()],
          "consumer",
        );
        const mine: number[] = [];
        for (const entry of [3, 4, 5]) {
          mine.push(shared.outbox(0).takeOne());
          outbox.push(entry);
        }
        const taken = other.join();
        const found = [...mine, ...taken, ...drain(shared, 0)].filter((entry) => entry !== 0);
        expectAll(found, 5);
      },
      { preemptionBound: bound(3) },
    );
    expect(report.complete).toBe(true);
  });

  it("gives no entry to two consumers", () => {
    const report = model(
      () => {
        const shared = world(3, { ring: 4, spare: 128 });
        const { outbox } = shared.enter(0);
        for (const entry of [1, 2]) outbox.push(entry);
        const one = thread.spawn(() => take(shared, 1, 1), "one");
        const two = thread.spawn(() => [shared.outbox(0).takeOne()].filter((e) => e !== 0), "two");
        outbox.push(3);
        expectAll([...one.join(), ...two.join(), ...drain(shared, 0)], 3);
      },
      { preemptionBound: bound(2) },
    );
    expect(report.complete).toBe(true);
  });

  it("fills a ring whose former entries a late thief is still reading", () => {
    const report = model(
      () => {
        const shared = world(3, { ring: 2, workers: 2, spare: 128 });
        const { outbox } = shared.enter(0);
        const { ring } = shared.enter(1);
        ring.push(1);
        for (const entry of [2, 3, 4]) outbox.push(entry);
        const thief = thread.spawn(() => {
          const own = shared.enter(2).ring;
          return own.stealFrom(shared.ring(1));
        }, "thief");
        const found = [ring.pop(), ring.takeFrom(shared.outbox(0), 1)];
        for (let entry = ring.pop(); entry !== 0; entry = ring.pop()) found.push(entry);
        found.push(thief.join(), ...drain(shared, 0));
        expectAll(
          found.filter((entry) => entry !== 0),
          4,
        );
      },
      { preemptionBound: bound(3) },
    );
    expect(report.complete).toBe(true);
  });

  it("says when there is no memory left, and keeps what it holds", () => {
    model(() => {
      const shared = world(1, { workers: 0, spare: 32 });
      const { outbox } = shared.enter(0);
      const pushed = Array.from({ length: 70 }, (_, i) => outbox.push(i + 1));
      const held = pushed.filter((one) => one).length;
      expect(held).toBeGreaterThan(0);
      expect(held).toBeLessThan(70);
      expectAll(drain(shared, 0), held);
      expect(outbox.push(1)).toBe(true);
    });
  });
});

describe("the outboxes of all, in every interleaving,", {
  timeout: LONG ? 3_600_000 : 120_000,
}, () => {
  it("show what two push at once", () => {
    const report = model(
      () => {
        const shared = world(3, { spare: 128 });
        const producers = [1, 2].map((index) =>
          thread.spawn(() => {
            shared.enter(index);
            shared.inject.push(index, index);
          }, `producer ${index}`),
        );
        // The second one clears the bit of the first.
        const found = [shared.inject.takeOne(), shared.inject.takeOne()];
        for (const producer of producers) producer.join();
        found.push(shared.inject.takeOne(), shared.inject.takeOne());
        expectAll(
          found.filter((entry) => entry !== 0),
          2,
        );
      },
      { preemptionBound: bound(2) },
    );
    expect(report.complete).toBe(true);
  });

  it("show what is pushed while a consumer finds them empty", () => {
    const report = model(
      () => {
        const shared = world(3, { spare: 128 });
        shared.enter(0);
        shared.enter(1);
        const producer = thread.spawn(() => {
          shared.enter(1);
          shared.inject.push(1, 1);
          shared.inject.push(1, 2);
        }, "producer");
        const consumer = thread.spawn(() => {
          const entries = [shared.inject.takeOne(), shared.inject.takeOne()];
          return entries.filter((entry) => entry !== 0);
        }, "consumer");
        const found: number[] = [];
        for (let i = 0; i < 2; i += 1) {
          const entry = shared.inject.takeOne();
          if (entry !== 0) found.push(entry);
        }
        producer.join();
        found.push(...consumer.join());
        // Whatever the consumers have cleared, the rest is found now.
        for (let entry = shared.inject.takeOne(); entry !== 0; entry = shared.inject.takeOne()) {
          found.push(entry);
        }
        expectAll(found, 2);
        expect(shared.inject.mayHaveWork).toBe(false);
        expect(shared.inject.length).toBe(0);
      },
      { preemptionBound: bound(2) },
    );
    expect(report.complete).toBe(true);
  });
});
