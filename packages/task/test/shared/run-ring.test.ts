import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import {
  type Outbox,
  type RunRing,
  Segment,
  SharedMemory,
  Spilled,
} from "../../src/shared/index.ts";

function memory(ring: number, workers = 2): SharedMemory {
  return new SharedMemory(
    Segment.create({ workers, participants: workers + 1, ring, limitBytes: 1 << 20 }),
    { slots: 2, cells: 4, arena: 1024 },
  );
}

function drain(ring: RunRing): number[] {
  const all: number[] = [];
  for (let entry = ring.pop(); entry !== 0; entry = ring.pop()) all.push(entry);
  return all;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("a ring", () => {
  it("is empty at first, and after all was taken", () => {
    const { ring } = memory(4).enter(1);
    expect([ring.pop(), ring.length]).toEqual([0, 0]);
    ring.push(1);
    expect([ring.length, ring.pop(), ring.pop(), ring.length]).toEqual([1, 1, 0, 0]);
  });

  conforms(
    [
      "runtime/tests/queue::fits_256_one_at_a_time",
      "runtime/tests/queue::fits_256_all_at_once",
      "runtime/tests/queue::fits_256_all_in_chunks",
    ],
    "holds 256 entries, and refuses one more",
    () => {
      const { ring } = memory(256).enter(1);
      for (const entry of range(1, 256)) expect(ring.push(entry)).toBe(true);
      expect(ring.push(257)).toBe(false);
      expect(drain(ring)).toEqual(range(1, 256));
      expect(ring.push(258)).toBe(true);
    },
  );

  it("takes one more for each that was popped", () => {
    const { ring } = memory(4).enter(1);
    for (const entry of range(1, 4)) ring.push(entry);
    for (const entry of range(5, 20)) {
      expect(ring.pop()).toBe(entry - 4);
      expect(ring.push(entry)).toBe(true);
      expect(ring.push(99)).toBe(false);
    }
  });

  conforms(
    "runtime/tests/queue::overflow",
    "moves its older half and the new entry to the outbox when it is full",
    () => {
      const { ring, outbox } = memory(256).enter(1);
      for (const entry of range(1, 256)) ring.push(entry);
      expect(ring.spill(257, outbox)).toBe(Spilled.MOVED);
      expect(ring.length).toBe(128);
      const spilled = Array.from({ length: 130 }, () => outbox.takeOne());
      expect(spilled).toEqual([...range(1, 128), 257, 0]);
      expect(drain(ring)).toEqual(range(129, 256));
      ring.push(1);
      expect(ring.spill(2, outbox)).toBe(Spilled.ROOM);
      expect(outbox.length).toBe(0);
    },
  );

  it("keeps what it has when there is no memory to spill to", () => {
    const segment = Segment.create({ workers: 1, participants: 2, ring: 256 });
    const shared = new SharedMemory(segment);
    const { ring, outbox } = shared.enter(1);
    while (segment.allocate(1 << 20) > 0);
    while (segment.allocate(32) > 0);
    for (const entry of range(1, 256)) ring.push(entry);
    expect(ring.spill(257, outbox)).toBe(Spilled.NO_MEMORY);
    expect(drain(ring)).toEqual(range(1, 256));
  });

  conforms(
    "runtime/tests/queue::steal_batch",
    "gives half to a thief, the oldest first, and nothing if the thief has enough",
    () => {
      const shared = memory(256);
      const { ring } = shared.enter(1);
      const thief = shared.enter(2).ring;
      expect(thief.stealFrom(ring)).toBe(0);
      for (const entry of range(1, 5)) ring.push(entry);
      expect(thief.stealFrom(ring)).toBe(1);
      expect(thief.taken).toBe(3);
      expect(drain(thief)).toEqual([2, 3]);
      expect(drain(ring)).toEqual([4, 5]);
      for (const entry of range(1, 129)) thief.push(entry);
      ring.push(1);
      expect(thief.stealFrom(ring)).toBe(0);
      thief.pop();
      expect(thief.stealFrom(ring)).toBe(1);
    },
  );

  it("gives at most 128 at a time", () => {
    const shared = memory(512);
    const { ring } = shared.enter(1);
    const thief = shared.enter(2).ring;
    for (const entry of range(1, 512)) ring.push(entry);
    expect(thief.stealFrom(ring)).toBe(1);
    expect(thief.taken).toBe(128);
    expect(drain(thief)).toEqual(range(2, 128));
  });

  it("takes its share of an outbox: its length by the number of sharers, and one more", () => {
    const shared = memory(256);
    const { outbox } = shared.enter(0);
    const { ring } = shared.enter(1);
    for (const entry of range(1, 10)) outbox.push(entry);
    expect(ring.takeFrom(outbox, 3)).toBe(1);
    expect(ring.taken).toBe(4);
    expect(drain(ring)).toEqual([2, 3, 4]);
    for (const entry of range(1, 255)) ring.push(entry);
    // One slot: the entry to be run, and one more.
    expect(ring.takeFrom(outbox, 1)).toBe(5);
    expect(ring.taken).toBe(2);
    expect(ring.push(1)).toBe(false);
    expect(ring.takeFrom(outbox, 1)).toBe(7);
    expect(ring.taken).toBe(1);
  });

  it("goes on where its former owner has left it", () => {
    const shared = memory(4);
    const { ring } = shared.enter(1);
    for (const entry of [1, 2, 3]) ring.push(entry);
    ring.pop();
    const heir = shared.enter(1).ring;
    heir.push(4);
    expect(drain(heir)).toEqual([2, 3, 4]);
  });

  it("does what arrays do, over the wrap of its counters too", () => {
    const command = fc.constantFrom<Command>(
      "push",
      "push",
      "push",
      "push",
      "push",
      "pop",
      "steal",
      "spill",
      "take",
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200 }), fc.boolean(), (commands, wrap) => {
        const arrays = new Arrays(wrap);
        for (const what of commands) arrays[what]();
        arrays.drain();
      }),
    );
  });
});

type Command = "push" | "pop" | "steal" | "spill" | "take";

/** Two rings of eight slots and an outbox, each beside an array that is to hold the same. */
class Arrays {
  private readonly ring: RunRing;
  private readonly other: RunRing;
  private readonly outbox: Outbox;
  private readonly inRing: number[] = [];
  private readonly inOther: number[] = [];
  private readonly inOutbox: number[] = [];
  private last = 0;

  constructor(wrap: boolean) {
    const shared = memory(8);
    const before = shared.ring(1);
    if (wrap) {
      shared.words[before.headAt] = 0x7ffffff0;
      shared.words[before.tailAt] = 0x7ffffff0;
    }
    const place = shared.enter(1);
    this.ring = place.ring;
    this.outbox = place.outbox;
    this.other = shared.enter(2).ring;
  }

  push(): void {
    this.last += 1;
    const pushed = this.ring.push(this.last);
    expect(pushed).toBe(this.inRing.length < 8);
    if (pushed) this.inRing.push(this.last);
    this.check();
  }

  pop(): void {
    expect(this.ring.pop()).toBe(this.inRing.shift() ?? 0);
    this.check();
  }

  spill(): void {
    this.last += 1;
    const full = this.inRing.length === 8;
    expect(this.ring.spill(this.last, this.outbox)).toBe(full ? Spilled.MOVED : Spilled.ROOM);
    if (full) this.inOutbox.push(...this.inRing.splice(0, 4), this.last);
    this.check();
  }

  steal(): void {
    const half = Math.min(Math.ceil(this.inRing.length / 2), 4);
    const batch = this.inRing.splice(0, this.inOther.length > 4 ? 0 : half);
    expect(this.other.stealFrom(this.ring)).toBe(batch.shift() ?? 0);
    this.inOther.push(...batch);
    this.check();
  }

  take(): void {
    const share = Math.floor(this.inOutbox.length / 2) + 1;
    const batch = this.inOutbox.splice(0, Math.min(share, 8 - this.inOther.length + 1));
    expect(this.other.takeFrom(this.outbox, 2)).toBe(batch.shift() ?? 0);
    this.inOther.push(...batch);
    this.check();
  }

  private check(): void {
    expect([this.ring.length, this.other.length, this.outbox.length]).toEqual([
      this.inRing.length,
      this.inOther.length,
      this.inOutbox.length,
    ]);
  }

  drain(): void {
    expect(drain(this.ring)).toEqual(this.inRing);
    expect(drain(this.other)).toEqual(this.inOther);
  }
}
