import { model, thread } from "@treadle/loom";
import { describe, expect } from "vitest";
import { conforms } from "../../../../../tools/conforms.ts";
import { SLOTS } from "../../../src/shared/layout.ts";
import { Outbox } from "../../../src/shared/outbox.ts";
import { RunRing, Spilled } from "../../../src/shared/run-ring.ts";
import { bound, LONG } from "./world.ts";

const RINGS = 3;
const SIZE = SLOTS + 16;
const OUTBOX_AT = RINGS * SIZE;
const BUFFERS = OUTBOX_AT + 48;

/** Up to three rings of four slots and an outbox. */
class Rings {
  readonly words = new Int32Array(new SharedArrayBuffer((BUFFERS + 64) * 4));
  private top = BUFFERS;

  ring(i: number): RunRing {
    return new RunRing(this.words, i * SIZE, 4);
  }

  outbox(): Outbox {
    return new Outbox(this.words, OUTBOX_AT, this, 4);
  }

  allocate(count: number): number {
    const at = this.top;
    this.top += count;
    return at;
  }
}

/** Pushes, and spills when the ring is full. */
function push(ring: RunRing, entry: number, outbox: Outbox): void {
  while (!ring.push(entry)) {
    const spilled = ring.spill(entry, outbox);
    expect(spilled).not.toBe(Spilled.NO_MEMORY);
    if (spilled === Spilled.MOVED) return;
  }
}

function drain(ring: RunRing): number[] {
  const all: number[] = [];
  for (let entry = ring.pop(); entry !== 0; entry = ring.pop()) all.push(entry);
  return all;
}

/** Steals so many times and then takes all it has. */
function thief(rings: Rings, own: number, victim: number, times: number): number[] {
  const ring = rings.ring(own);
  const all: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const entry = ring.stealFrom(rings.ring(victim));
    if (entry !== 0) all.push(entry, ...drain(ring));
  }
  return all;
}

function drainOutbox(outbox: Outbox): number[] {
  const all: number[] = [];
  for (let entry = outbox.takeOne(); entry !== 0; entry = outbox.takeOne()) all.push(entry);
  return all;
}

function expectAll(found: readonly number[], count: number): void {
  expect([...found].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
}

/** Entries of one producer keep their order wherever they are taken in one go. */
function expectAscending(found: readonly number[]): void {
  expect(found).toEqual([...found].sort((a, b) => a - b));
}

describe("a ring, in every interleaving,", { timeout: LONG ? 3_600_000 : 120_000 }, () => {
  conforms(
    "runtime/tests/loom_multi_thread/queue::basic",
    "hands each entry to its owner or to the thief, once and in order",
    () => {
      const report = model(
        () => {
          const rings = new Rings();
          const ring = rings.ring(0);
          const outbox = rings.outbox();
          const other = thread.spawn(() => thief(rings, 1, 0, 2), "thief");
          const mine: number[] = [];
          for (const entry of [1, 2, 3]) push(ring, entry, outbox);
          for (let i = 0; i < 2; i += 1) mine.push(ring.pop());
          push(ring, 4, outbox);
          mine.push(...drain(ring));
          const stolen = other.join();
          const found = mine.filter((entry) => entry !== 0);
          expectAscending(found);
          expectAscending(stolen);
          expectAll([...found, ...stolen, ...drainOutbox(outbox)], 4);
        },
        { preemptionBound: bound(3) },
      );
      expect(report.complete).toBe(true);
    },
  );

  conforms(
    "runtime/tests/loom_multi_thread/queue::steal_overflow",
    "loses nothing when it spills while somebody steals from it",
    () => {
      const report = model(
        () => {
          const rings = new Rings();
          const ring = rings.ring(0);
          const outbox = rings.outbox();
          for (const entry of [1, 2, 3]) ring.push(entry);
          const other = thread.spawn(() => thief(rings, 1, 0, 1), "thief");
          const first = ring.pop();
          for (const entry of [4, 5, 6, 7]) push(ring, entry, outbox);
          const stolen = other.join();
          const mine = [first, ...drain(ring)];
          const spilled = drainOutbox(outbox);
          for (const one of [mine, stolen, spilled]) expectAscending(one);
          expectAll([...mine, ...stolen, ...spilled], 7);
        },
        { preemptionBound: bound(3) },
      );
      expect(report.complete).toBe(true);
    },
  );

  conforms(
    "runtime/tests/loom_multi_thread/queue::multi_stealer",
    "gives no entry to two thieves",
    () => {
      const report = model(
        () => {
          const rings = new Rings();
          const ring = rings.ring(0);
          const outbox = rings.outbox();
          for (const entry of [1, 2, 3, 4]) ring.push(entry);
          const one = thread.spawn(() => thief(rings, 1, 0, 1), "thief 1");
          const two = thread.spawn(() => thief(rings, 2, 0, 1), "thief 2");
          const first = ring.pop();
          push(ring, 5, outbox);
          const rest = [...one.join(), ...two.join(), ...drain(ring), ...drainOutbox(outbox)];
          expectAll(
            [first, ...rest].filter((entry) => entry !== 0),
            5,
          );
        },
        { preemptionBound: bound(2) },
      );
      expect(report.complete).toBe(true);
    },
  );

  conforms(
    "runtime/tests/loom_multi_thread/queue::chained_steal",
    "is stolen from while its owner steals from another",
    () => {
      const report = model(
        () => {
          const rings = new Rings();
          const ring = rings.ring(0);
          for (const entry of [1, 2, 3]) ring.push(entry);
          const other = thread.spawn(() => {
            const own = rings.ring(1);
            own.push(4);
            own.push(5);
            const entry = own.stealFrom(rings.ring(0));
            return [entry, ...drain(own)].filter((one) => one !== 0);
          }, "other");
          const entry = ring.stealFrom(rings.ring(1));
          const mine = [entry, ...drain(ring)].filter((one) => one !== 0);
          const theirs = other.join();
          expectAll([...mine, ...drain(rings.ring(0)), ...theirs], 5);
        },
        { preemptionBound: bound(3) },
      );
      expect(report.complete).toBe(true);
    },
  );

  conforms(
    "runtime/tests/queue::stress1",
    "wraps around under a thief without showing an old entry",
    () => {
      const report = model(
        () => {
          const rings = new Rings();
          const ring = rings.ring(0);
          const outbox = rings.outbox();
          // The counters wrap too: head and tail begin two before 2^31.
          rings.words[ring.headAt] = 0x7ffffffe;
          rings.words[ring.tailAt] = 0x7ffffffe;
          const owner = rings.ring(0);
          const other = thread.spawn(() => thief(rings, 1, 0, 2), "thief");
          const mine: number[] = [];
          for (const entry of [1, 2, 3, 4, 5, 6]) {
            push(owner, entry, outbox);
            if (entry % 2 === 0) mine.push(owner.pop());
          }
          mine.push(...drain(owner));
          const stolen = other.join();
          const found = mine.filter((entry) => entry !== 0);
          expectAscending(found);
          expectAll([...found, ...stolen, ...drainOutbox(outbox)], 6);
        },
        { preemptionBound: bound(2) },
      );
      expect(report.complete).toBe(true);
    },
  );

  conforms(
    "runtime/tests/queue::stress2",
    "never appears longer than it can be, nor shorter than nothing",
    () => {
      const report = model(
        () => {
          const rings = new Rings();
          const ring = rings.ring(0);
          const outbox = rings.outbox();
          const other = thread.spawn(() => {
            const length = rings.ring(0).length;
            return [length, ...thief(rings, 1, 0, 1)];
          }, "thief");
          const mine: number[] = [];
          for (const entry of [1, 2, 3, 4, 5]) push(ring, entry, outbox);
          mine.push(ring.pop());
          const [length, ...stolen] = other.join();
          expect(length).toBeGreaterThanOrEqual(0);
          expect(length).toBeLessThanOrEqual(5);
          mine.push(...drain(ring));
          expectAll([...mine.filter((one) => one !== 0), ...stolen, ...drainOutbox(outbox)], 5);
        },
        { preemptionBound: bound(3) },
      );
      expect(report.complete).toBe(true);
    },
  );
});
