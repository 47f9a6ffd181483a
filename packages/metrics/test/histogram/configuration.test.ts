import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HistogramBatch, HistogramConfiguration, LogHistogram } from "../../src/index.ts";

function rangesOf(configuration: HistogramConfiguration): [number, number][] {
  return Array.from({ length: configuration.numBuckets }, (_, bucket) => {
    const { start, end } = configuration.bucketRange(bucket);
    return [start, end];
  });
}

describe("HistogramConfiguration", () => {
  test("three linear buckets of 50 µs: 0 to 50, 50 to 100, 100 and more", () => {
    expect(rangesOf(HistogramConfiguration.linear(0.05, 3))).toEqual([
      [0, 0.05],
      [0.05, 0.1],
      [0.1, Number.POSITIVE_INFINITY],
    ]);
  });

  test("linear buckets of 100 ns count a value at their start and not at their end", () => {
    const linear = HistogramConfiguration.linear(0.0001, 10);
    const nanos = [0, 50, 99, 100, 101, 200, 299, 300, 888, 4096];
    expect(nanos.map((value) => linear.bucketOf(value / 1e6))).toEqual([
      0, 0, 0, 1, 1, 2, 2, 3, 8, 9,
    ]);
  });

  test("the default is ten buckets of 100 µs", () => {
    const ranges = rangesOf(HistogramConfiguration.default());
    expect(ranges).toHaveLength(10);
    expect(ranges[1]).toEqual([0.1, 0.2]);
    expect(ranges[9]).toEqual([0.9, Number.POSITIVE_INFINITY]);
  });

  test("one linear bucket holds everything", () => {
    const one = HistogramConfiguration.linear(1, 1);
    expect(rangesOf(one)).toEqual([[0, Number.POSITIVE_INFINITY]]);
    expect([one.bucketOf(0), one.bucketOf(1e9)]).toEqual([0, 0]);
  });

  test("log takes a scale, a builder, or nothing for the default", () => {
    const plan = LogHistogram.default().plan();
    expect(HistogramConfiguration.log().plan()).toEqual(plan);
    expect(HistogramConfiguration.log(LogHistogram.default()).plan()).toEqual(plan);
    expect(HistogramConfiguration.log(LogHistogram.builder()).plan()).toEqual(plan);
  });

  test("the default log histogram's ranges in milliseconds", () => {
    const log = HistogramConfiguration.log();
    expect(log.bucketRange(0)).toEqual({ start: 0, end: 0.000096 });
    expect(log.bucketRange(1)).toEqual({ start: 0.000096, end: 0.000112 });
    expect(log.bucketRange(118)).toEqual({ start: 60_129.542144, end: Number.POSITIVE_INFINITY });
  });

  test.each([
    [0, 10],
    [-1, 10],
    [Number.NaN, 10],
    [0.0000001, 10],
    [1, 0],
    [1, 1.5],
    [1, Number.POSITIVE_INFINITY],
  ])("linear refuses a width of %d with %d buckets", (width, buckets) => {
    expect(() => HistogramConfiguration.linear(width, buckets)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG" }),
    );
  });

  test.each([-1, 3, 0.5, Number.NaN])("there is no range for bucket %d of three", (bucket) => {
    expect(() => HistogramConfiguration.linear(1, 3).bucketRange(bucket)).toThrow(
      `bucket must be an integer from 0 to 2; it was given ${bucket}`,
    );
  });

  test("every duration falls into the range of its bucket, and a plan brings the same configuration elsewhere", () => {
    const configurations = fc.oneof(
      fc
        .tuple(fc.integer({ min: 1, max: 1_000_000_000 }), fc.integer({ min: 1, max: 500 }))
        .map(([nanos, buckets]) => HistogramConfiguration.linear(nanos / 1e6, buckets)),
      fc
        .integer({ min: 0, max: 10 })
        .map((p) => HistogramConfiguration.log(LogHistogram.builder().precisionExact(p))),
    );
    fc.assert(
      fc.property(configurations, fc.nat(2 ** 40), (configuration, nanos) => {
        const ms = nanos / 1e6;
        const bucket = configuration.bucketOf(ms);
        const { start, end } = configuration.bucketRange(bucket);
        expect(ms).toBeGreaterThanOrEqual(start);
        expect(ms).toBeLessThan(end);
        const elsewhere = HistogramConfiguration.fromPlan(structuredClone(configuration.plan()));
        expect(elsewhere.bucketOf(ms)).toBe(bucket);
        expect(elsewhere.bucketRange(bucket)).toEqual({ start, end });
      }),
      { numRuns: 1000 },
    );
  });
});

describe("HistogramBatch", () => {
  test("counts by bucket and sums up; a clock that went back counts as 0", () => {
    const batch = new HistogramBatch(HistogramConfiguration.linear(1, 3));
    for (const ms of [0.5, 1, 1.25, 2, 100, -3]) batch.measure(ms);
    expect([...batch.counts]).toEqual([2, 2, 2]);
    expect(batch.totalNanos).toBe(104_750_000);
  });
});
