/** The seeded random numbers. */
import { FastRand } from "@treadle/core";
import fc from "fast-check";
import { expect, test } from "vitest";

const some = (rand: FastRand, n = 8): number[] => Array.from({ length: n }, () => rand.nextU32());

test("one seed gives one sequence", () => {
  for (const seed of [0, 1, -1, 2 ** 53, 7n, 2n ** 64n - 1n, new Uint8Array([1, 2, 3])]) {
    expect(some(FastRand.fromSeed(seed))).toEqual(some(FastRand.fromSeed(seed)));
  }
});

test("a number and a bigint of one value give one sequence, also above 32 bits", () => {
  for (const seed of [5, 2 ** 40 + 3]) {
    expect(some(FastRand.fromSeed(seed))).toEqual(some(FastRand.fromSeed(BigInt(seed))));
  }
});

test("different seeds give different sequences", () => {
  const seeds = [0, 1, 2, 3, 2 ** 32, 2n ** 63n, -1, new Uint8Array(0), new Uint8Array(1)];
  const texts = seeds.map((seed) => some(FastRand.fromSeed(seed)).join());
  expect(new Set(texts).size).toBe(seeds.length);
});

test("no state is stuck at zero", () => {
  expect(new Set(some(new FastRand(0, 0), 100)).size).toBeGreaterThan(95);
});

test("the sequence is this one, so that a seed means the same in every version", () => {
  const rand = FastRand.fromSeed(42);
  expect(some(rand, 4)).toEqual(some(FastRand.fromSeed(42n), 4));
  expect(some(FastRand.fromSeed(42), 4)).toMatchInlineSnapshot(`
    [
      2482187792,
      3448798332,
      4280063323,
      922785461,
    ]
  `);
});

test("nextBelow stays below, and reaches every number about equally often", () => {
  const rand = FastRand.fromSeed(1);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i++) {
    const n = rand.nextBelow(10);
    counts[n] = (counts[n] ?? 0) + 1;
  }
  expect(counts).toHaveLength(10);
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test("nextBelow(n) is a whole number from 0 to n - 1 for any n", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed, n) => {
      const got = FastRand.fromSeed(seed).nextBelow(n);
      return Number.isInteger(got) && got >= 0 && got < n;
    }),
  );
});

test("a fork goes its own way, and the same way from the same state", () => {
  const [one, two] = [FastRand.fromSeed(9), FastRand.fromSeed(9)];
  const fork = one.fork();
  expect(some(fork)).toEqual(some(two.fork()));
  expect(some(fork)).not.toEqual(some(one));
  expect(some(one)).not.toEqual(some(FastRand.fromSeed(9)));
});

test("a seed that is no finite number is refused", () => {
  for (const seed of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => FastRand.fromSeed(seed)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG" }),
    );
  }
});

test("generators from entropy differ", () => {
  expect(some(FastRand.fromEntropy())).not.toEqual(some(FastRand.fromEntropy()));
});

test("threads of one seed get generators of their own, the same ones each time", () => {
  const firsts = (seed: number | undefined): number[] =>
    Array.from({ length: 8 }, (_, index) => FastRand.forThread(seed, index).nextU32());
  expect(firsts(7)).toEqual(firsts(7));
  expect(new Set(firsts(7)).size).toBe(8);
  expect(firsts(7)).not.toEqual(firsts(8));
  expect(firsts(undefined)).not.toEqual(firsts(undefined));
});
