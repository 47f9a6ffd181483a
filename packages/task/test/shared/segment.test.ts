import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HEADER_WORDS, layoutOf, SLOTS } from "../../src/shared/layout.ts";
import { Segment } from "../../src/shared/segment.ts";

describe("the layout", () => {
  it("has its parts one after the other, whatever their sizes", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1024 }),
        fc.integer({ min: 0, max: 64 }),
        fc.integer({ min: 1, max: 8 }),
        (participants, workers, ringBits) => {
          const ring = 1 << ringBits;
          const layout = layoutOf({ limit: 1 << 28, participants, workers, ring });
          expect(layout.idle).toBe(HEADER_WORDS);
          expect(layout.offers - layout.idle).toBeGreaterThanOrEqual(Math.ceil(workers / 16));
          const bitmap = Math.ceil(participants / 32);
          expect(layout.jobOffers - layout.offers).toBeGreaterThanOrEqual(bitmap);
          expect(layout.table - layout.jobOffers).toBeGreaterThanOrEqual(bitmap);
          expect(layout.stride).toBeGreaterThanOrEqual(SLOTS + ring);
          expect(layout.end).toBeGreaterThanOrEqual(layout.table + participants * layout.stride);
          expect(layout.end % 32).toBe(0);
        },
      ),
    );
  });
});

describe("a segment", () => {
  it("is seen the same by who attaches to it", () => {
    const segment = Segment.create({ workers: 3, participants: 8, ring: 16, limitBytes: 1 << 20 });
    const other = Segment.attach(segment.buffer);
    expect(other.sizes).toEqual({ limit: 1 << 18, participants: 8, workers: 3, ring: 16 });
    expect(other.layout).toEqual(segment.layout);
    const at = segment.allocate(10);
    expect(at).toBe(segment.layout.end);
    expect(other.allocate(1)).toBe(at + 32);
    expect(segment.usedBytes).toBe((at + 64) * 4);
  });

  it("hands its last word out, and then no more", () => {
    const least = layoutOf({ limit: 0, participants: 2, workers: 1, ring: 4 }).end;
    const segment = Segment.create({
      workers: 1,
      participants: 2,
      ring: 4,
      limitBytes: (least + 64) * 4,
    });
    expect(segment.allocate(65)).toBe(-1);
    expect(segment.allocate(64)).toBe(least);
    expect(segment.allocate(1)).toBe(-1);
    expect(segment.usedBytes).toBe(segment.limitBytes);
  });

  it("has 256 MiB and 1024 participants unless it is said", () => {
    const segment = Segment.create({ workers: 2 });
    expect(segment.limitBytes).toBe(256 * 1024 * 1024);
    expect(segment.sizes).toMatchObject({ participants: 1024, ring: 256 });
  });

  it("refuses a limit below its fixed parts, and a buffer that is no segment", () => {
    expect(() => Segment.create({ workers: 2, limitBytes: 1000 })).toThrow(
      /a segment of 1000 bytes has no room for its fixed parts/,
    );
    expect(() => Segment.attach(new SharedArrayBuffer(4096))).toThrow(/no segment of this version/);
  });
});
