/** The first of several futures. */
import { type Async, cx, FastRand, fn, pending, ready } from "@treadle/core";
import { race } from "@treadle/task";
import { expect, test } from "vitest";
import { Gate, Hand } from "../../../tools/test-hand.ts";

test("gives the output of the first, and drops the others", () => {
  const [a, b] = [new Gate<number>(), new Gate<number>()];
  const hand = new Hand(race(a, b));
  hand.poll();
  b.open(2);
  expect([hand.poll(), hand.value]).toEqual(["ok", 2]);
  expect([a.drops, b.drops]).toEqual([1, 0]);
});

test("fails with the first failure", () => {
  const [a, b] = [new Gate(), new Gate()];
  const error = new Error("first");
  const hand = new Hand(race(a, b));
  hand.poll();
  a.fail(error);
  expect([hand.poll(), hand.error, b.drops]).toEqual(["failed", error, 1]);
});

test("chooses among ready ones by the seeded generator", () => {
  const saved = cx.rand;
  const run = (): unknown[] => {
    cx.rand = FastRand.fromSeed(3);
    return Array.from({ length: 30 }, () => {
      const hand = new Hand(race(ready(0), ready(1), ready(2)));
      hand.poll();
      return hand.value;
    });
  };
  try {
    const values = run();
    expect(new Set(values)).toEqual(new Set([0, 1, 2]));
    expect(run()).toEqual(values);
  } finally {
    cx.rand = saved;
  }
});

test("ends only when the losers' clean-up has ended", () => {
  const cleanup = new Gate();
  const slow = fn(function* slow(): Async<number> {
    try {
      return yield* pending();
    } finally {
      yield* cleanup;
    }
  });
  const first = new Gate<number>();
  const hand = new Hand(race(slow(), first));
  hand.poll();
  first.open(1);
  expect(hand.poll()).toBe("pending");
  cleanup.open();
  expect([hand.poll(), hand.value]).toEqual(["ok", 1]);
});

test("of nothing is refused at once", () => {
  expect(() => race()).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG" }));
});
