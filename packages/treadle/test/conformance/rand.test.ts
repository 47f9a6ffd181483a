import { FastRand } from "@treadle/core";
import { Builder, pollFn, select } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";

describe("a seed", () => {
  const draws = (rand: FastRand) => Array.from({ length: 8 }, () => rand.nextU32());

  conforms(
    ["util/rand::non_zero_seed_from_u64", "util/rand::non_zero_seed_from_pair"],
    "of nothing but zeros gives random numbers too",
    () => {
      for (const rand of [FastRand.fromSeed(0), FastRand.fromSeed(0n), new FastRand(0, 0)]) {
        const numbers = draws(rand);
        expect(new Set(numbers).size).toBe(8);
        expect(numbers.some((n) => n !== 0)).toBe(true);
      }
    },
  );

  conforms("rt_basic::rng_seed", "decides which branch of a select is polled first", () => {
    const order = (seed: number) => {
      using rt = Builder.newCurrentThread().rngSeed(seed).build();
      const first = () => {
        const branches = Object.fromEntries(
          ["a", "b", "c", "d"].map((key) => [key, pollFn(() => key)]),
        );
        return rt.blockOn(select(branches)).key;
      };
      return Array.from({ length: 16 }, first).join("");
    };
    expect(order(1)).toBe(order(1));
    expect(new Set([1, 2, 3, 4].map(order)).size).toBeGreaterThan(1);
    expect(new Set(order(1)).size).toBe(4);
  });
});
