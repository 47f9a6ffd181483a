import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LogHistogram, TooManyBucketsError } from "../../src/index.ts";

/** The formula once more, on bigints and shifts as it was published. */
function referenceIndex(value: bigint, p: bigint): bigint {
  if (value === 0n) return 0n;
  const h = BigInt(value.toString(2).length - 1);
  if (h <= p) return value;
  const w = h - p;
  return ((w + 1n) << p) + ((value - (1n << h)) >> w);
}

/** A scale without offset that no value leaves. */
function bare(precision: number): LogHistogram {
  return new LogHistogram(precision, 0, 1 << 20);
}

const scales = fc
  .record({
    precision: fc.integer({ min: 0, max: 10 }),
    minNanos: fc.integer({ min: 0, max: 20_000_000_000 }),
    maxNanos: fc.integer({ min: 1, max: 1_000_000_000_000_000 }),
  })
  .filter(({ minNanos, maxNanos }) => minNanos < maxNanos)
  .map(({ precision, minNanos, maxNanos }) => {
    const scale = LogHistogram.builder()
      .precisionExact(precision)
      .minValue(minNanos / 1e6)
      .maxValue(maxNanos / 1e6)
      .build();
    return { scale, precision, minNanos, maxNanos };
  });

describe("LogHistogram, facts from Tokio's tests", () => {
  test("the default has 119 buckets, the first from 0 to 96 ns, the second 16 ns wide", () => {
    const scale = LogHistogram.default();
    expect(scale.numBuckets).toBe(119);
    expect(scale.precision).toBe(2);
    expect([scale.startOf(0), scale.endOf(0)]).toEqual([0, 96]);
    expect([scale.startOf(1), scale.endOf(1)]).toEqual([96, 112]);
    expect(scale.endOf(118)).toBe(Number.POSITIVE_INFINITY);
  });

  test("the default's last buckets lie beyond 32 bits and the open one begins at 2^35 + 3 * 2^33 ns", () => {
    const scale = LogHistogram.default();
    expect([scale.startOf(117), scale.endOf(117)]).toEqual([51_539_607_552, 60_129_542_144]);
    expect(scale.maxValue()).toBe(60_129.542144);
    expect(scale.indexOf(60_129_542_143)).toBe(117);
    expect(scale.indexOf(60_129_542_144)).toBe(118);
    expect(scale.indexOf(Number.MAX_SAFE_INTEGER)).toBe(118);
  });

  test("the same settings given by hand are the default", () => {
    const built = LogHistogram.builder().maxValue(60_000).minValue(0.0001).maxError(0.25).build();
    expect(built.plan()).toEqual(LogHistogram.default().plan());
    expect(built.plan()).toEqual({ kind: "log", precision: 2, bucketOffset: 21, numBuckets: 119 });
  });

  test("values below 2^(p+1) have a bucket each, the next group's are two wide", () => {
    const scale = bare(2);
    for (let value = 0; value < 8; value += 1) expect(scale.indexOf(value)).toBe(value);
    for (let value = 8; value < 16; value += 1) {
      expect(scale.indexOf(value)).toBe(8 + Math.floor((value - 8) / 2));
    }
  });

  test("known values at precision 9", () => {
    const scale = bare(9);
    const table = [1, 1023, 1024, 2048, 2052].map((value) => scale.indexOf(value));
    expect(table).toEqual([1, 1023, 1024, 1536, 1537]);
  });

  test("what lies below the offset shares the first bucket", () => {
    const scale = new LogHistogram(3, 10, 102);
    for (let value = 0; value <= 10; value += 1) expect(scale.indexOf(value)).toBe(0);
    expect([11, 16, 17, 18].map((value) => scale.indexOf(value))).toEqual([1, 6, 6, 7]);
    expect([scale.startOf(6), scale.endOf(6)]).toEqual([16, 18]);
  });

  test("an error of 0.1 % over the default's range needs 27291 buckets and says so", () => {
    const builder = LogHistogram.builder().maxError(0.001);
    let thrown: unknown;
    try {
      builder.maxBuckets(5);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TooManyBucketsError);
    expect(thrown).toMatchObject({
      code: "ERR_TOO_MANY_BUCKETS",
      requiredBucketCount: 27291,
      message:
        "The configuration for this histogram would have required 27291 buckets, at most 5 are allowed: " +
        "raise maxError or minValue, or lower maxValue",
    });
    expect(builder.maxBuckets(27291).numBuckets).toBe(27291);
    expect(() => builder.maxBuckets(27290)).toThrow(TooManyBucketsError);
  });
});

describe("LogHistogramBuilder", () => {
  test.each([
    [0.9, 2],
    [0.25, 2],
    [0.2, 3],
    [0.125, 3],
    [0.01, 7],
    [0.000977, 10],
    [1e-9, 10],
  ])("an error of %d takes precision %d", (error, precision) => {
    expect(LogHistogram.builder().maxError(error).build().precision).toBe(precision);
  });

  test("precision 0 doubles every bucket", () => {
    const scale = LogHistogram.builder().precisionExact(0).minValue(0).maxValue(0.000016).build();
    const starts = Array.from({ length: scale.numBuckets }, (_, bucket) => scale.startOf(bucket));
    expect(starts).toEqual([0, 1, 2, 4, 8, 16]);
  });

  test.each([
    ["maxError", 0],
    ["maxError", 1],
    ["maxError", Number.NaN],
    ["precisionExact", -1],
    ["precisionExact", 11],
    ["precisionExact", 2.5],
    ["minValue", -1],
    ["minValue", Number.NaN],
    ["minValue", Number.POSITIVE_INFINITY],
    ["maxValue", 0],
    ["maxValue", -1],
    ["maxBuckets", 0],
  ] as const)("%s refuses %d", (method, value) => {
    expect(() => LogHistogram.builder()[method](value)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG" }),
    );
  });

  test("a minimum at or above the maximum is refused, naming both", () => {
    expect(() => LogHistogram.builder().minValue(2).maxValue(2).build()).toThrow(
      "minValue must be less than maxValue, 2 ms; it was given 2",
    );
  });

  test("a text is refused as a duration", () => {
    expect(() => LogHistogram.builder().minValue("1" as never)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG" }),
    );
  });
});

describe("LogHistogram, properties", () => {
  test("the index is the published formula's, for values up to 2^53", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 10 }), (value, precision) => {
        const expected = Number(referenceIndex(BigInt(value), BigInt(precision)));
        expect(bare(precision).indexOf(value)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test("powers of two and their neighbours follow the formula", () => {
    for (let exponent = 0; exponent < 53; exponent += 1) {
      for (const value of [2 ** exponent - 1, 2 ** exponent, 2 ** exponent + 1]) {
        for (const precision of [0, 2, 10]) {
          const expected = Number(referenceIndex(BigInt(value), BigInt(precision)));
          expect(bare(precision).indexOf(value)).toBe(expected);
        }
      }
    }
  });

  test("the ranges tile the line, and both ends of each lie in it", () => {
    fc.assert(
      fc.property(scales, ({ scale }) => {
        const starts = Array.from({ length: scale.numBuckets }, (_, at) => scale.startOf(at));
        const ends = Array.from({ length: scale.numBuckets }, (_, at) => scale.endOf(at));
        expect(starts[0]).toBe(0);
        expect(ends.at(-1)).toBe(Number.POSITIVE_INFINITY);
        expect(ends.slice(0, -1)).toEqual(starts.slice(1));
        expect(starts.every((start, at) => start < ends[at]!)).toBe(true);
        expect(starts.every((start, at) => scale.indexOf(start) === at)).toBe(true);
        expect(ends.slice(0, -1).every((end, at) => scale.indexOf(end - 1) === at)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("every value falls into the bucket whose range contains it", () => {
    fc.assert(
      fc.property(scales, fc.maxSafeNat(), ({ scale }, value) => {
        const bucket = scale.indexOf(value);
        expect(value).toBeGreaterThanOrEqual(scale.startOf(bucket));
        expect(value).toBeLessThan(scale.endOf(bucket));
      }),
      { numRuns: 1000 },
    );
  });

  test("the first bucket ends at the minimum or below, the open one begins at the maximum or above, with none to spare", () => {
    fc.assert(
      fc.property(scales, ({ scale, minNanos, maxNanos }) => {
        const last = scale.numBuckets - 1;
        expect(scale.endOf(0)).toBeLessThanOrEqual(Math.max(minNanos, 1));
        expect(scale.startOf(last)).toBeGreaterThanOrEqual(maxNanos);
        expect(scale.startOf(last - 1)).toBeLessThan(maxNanos);
      }),
      { numRuns: 1000 },
    );
  });

  test("buckets between the first and the last are within the error of their precision", () => {
    fc.assert(
      fc.property(scales, fc.double({ min: 0, max: 1, noNaN: true }), (given, part) => {
        const { scale, precision } = given;
        const bucket = Math.floor(part * scale.numBuckets);
        if (bucket === 0 || bucket >= scale.numBuckets - 1) return;
        const start = scale.startOf(bucket);
        const width = scale.endOf(bucket) - start;
        expect(width).toBeLessThanOrEqual(Math.max(1, start * 2 ** -precision));
      }),
      { numRuns: 1000 },
    );
  });
});
