/** The first of several named futures. */
import { type Async, cx, FastRand, fn, type Poll, pending, ready } from "@treadle/core";
import { select } from "@treadle/task";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { Gate, Hand, labelOf } from "../../../tools/test-hand.ts";

const { rand } = cx;
beforeEach(() => {
  cx.rand = FastRand.fromSeed(7);
});
afterEach(() => {
  cx.rand = rand;
});

/** Never ready; writes its name down when polled. */
class Marks extends Gate<never> {
  private readonly name: string;
  private readonly order: string[];

  constructor(name: string, order: string[]) {
    super();
    this.name = name;
    this.order = order;
  }

  protected override poll(): Poll<never> {
    this.order.push(this.name);
    return super.poll();
  }
}

test("answers the key and the value of the first branch, and drops the others", () => {
  const [a, b] = [new Gate<number>(), new Gate<string>()];
  const hand = new Hand(select({ a, b }));
  expect(hand.poll()).toBe("pending");
  b.open("now");
  expect([hand.poll(), hand.value]).toEqual(["ok", { key: "b", value: "now" }]);
  expect([a.drops, b.drops, hand.wakes]).toEqual([1, 0, 1]);
});

test("biased polls in the order written, and stops at the first that is ready", () => {
  const order: string[] = [];
  const hand = new Hand(
    select({ a: new Marks("a", order), b: ready(1), c: new Marks("c", order) }, { biased: true }),
  );
  expect([hand.poll(), hand.value]).toEqual(["ok", { key: "b", value: 1 }]);
  expect(order).toEqual(["a"]);
});

test("biased begins every poll with the first branch", () => {
  const order: string[] = [];
  const hand = new Hand(
    select({ a: new Marks("a", order), b: new Marks("b", order) }, { biased: true }),
  );
  for (let i = 0; i < 20; i++) hand.poll();
  expect(order.join("")).toBe("ab".repeat(20));
});

test("otherwise begins each poll at a branch that the seeded generator chooses, and goes round", () => {
  const run = (seed: number): string => {
    cx.rand = FastRand.fromSeed(seed);
    const order: string[] = [];
    const names = ["a", "b", "c"];
    const hand = new Hand(
      select(Object.fromEntries(names.map((name) => [name, new Marks(name, order)]))),
    );
    for (let i = 0; i < 60; i++) hand.poll();
    return order.join("");
  };
  const order = run(1);
  const rounds = order.match(/.../g) ?? [];
  expect(new Set(rounds)).toEqual(new Set(["abc", "bca", "cab"]));
  for (const round of ["abc", "bca", "cab"]) {
    expect(rounds.filter((one) => one === round).length).toBeGreaterThan(8);
  }
  expect(run(1)).toBe(order);
  expect(run(2)).not.toBe(order);
});

test("chooses each of several ready branches about equally often", () => {
  const counts: Record<string, number> = { a: 0, b: 0, c: 0 };
  for (let i = 0; i < 3000; i++) {
    const hand = new Hand(select({ a: ready(0), b: ready(0), c: ready(0) }));
    hand.poll();
    const key = hand.value?.key as string;
    counts[key] = (counts[key] as number) + 1;
  }
  for (const count of Object.values(counts)) expect(Math.abs(count - 1000)).toBeLessThan(100);
});

test("uses no random number when it is biased", () => {
  const twin = FastRand.fromSeed(7);
  new Hand(select({ a: ready(0), b: ready(1) }, { biased: true })).poll();
  expect(cx.rand.nextU32()).toBe(twin.nextU32());
});

test("throws when the first branch to end fails, after the clean-up of the others", () => {
  const cleanup = new Gate();
  const error = new Error("first");
  const slow = fn(function* slow(): Async<void> {
    try {
      yield* pending();
    } finally {
      yield* cleanup;
    }
  });
  const fails = new Gate();
  const hand = new Hand(select({ slow: slow(), fails }, { biased: true }));
  hand.poll();
  fails.fail(error);
  expect(hand.poll()).toBe("pending");
  cleanup.open();
  expect([hand.poll(), hand.error]).toEqual(["failed", error]);
});

test("does not poll branches again once it is decided, only their clean-up", () => {
  const cleanup = new Gate();
  const wait = new Gate();
  const slow = fn(function* slow(): Async<void> {
    try {
      yield* wait;
    } finally {
      yield* cleanup;
    }
  });
  const first = new Gate<number>();
  const hand = new Hand(select({ slow: slow(), first }, { biased: true }));
  hand.poll();
  first.open(1);
  for (let i = 0; i < 3; i++) expect(hand.poll()).toBe("pending");
  expect([wait.polls, wait.drops, first.polls, cleanup.polls]).toEqual([2, 1, 2, 3]);
  cleanup.open();
  expect([hand.poll(), hand.value]).toEqual(["ok", { key: "first", value: 1 }]);
});

test("throws what the losers' clean-up throws, in place of its value", () => {
  const bad = fn(function* bad(): Async<void> {
    try {
      yield* pending();
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
      throw new Error("clean-up");
    }
  });
  const executor = new TestExecutor();
  const task = executor.spawn(
    select({ bad: bad(), now: ready(1), other: bad() }, { biased: true }),
  );
  executor.run();
  // The second loser was never polled, so there is nothing to clean up.
  expect([task.status, labelOf(task.error), executor.failures]).toEqual(["failed", "clean-up", []]);
});

test("dropped, drops all branches and awaits their clean-up", () => {
  const cleanups = [new Gate(), new Gate()] as const;
  const slow = fn(function* slow(cleanup: Gate): Async<void> {
    try {
      yield* pending();
    } finally {
      yield* cleanup;
    }
  });
  const hand = new Hand(select({ a: slow(cleanups[0]), b: slow(cleanups[1]) }));
  hand.poll();
  expect(hand.drop()).toBe("pending");
  expect(cleanups.map((gate) => gate.polls)).toEqual([1, 1]);
  cleanups[1].open();
  expect(hand.drop()).toBe("pending");
  cleanups[0].open();
  expect(hand.drop()).toBe("dropped");
});

test("without branches is refused at once", () => {
  expect(() => select({})).toThrow(
    expect.objectContaining({
      code: "ERR_INVALID_ARG",
      message: expect.stringMatching(/^select\(\{\}\) has nothing to wait for/),
    }),
  );
});

test("branches that are no object are refused with the form to write", () => {
  for (const wrong of [null, undefined, 5]) {
    expect(() => select(wrong as never)).toThrow(
      expect.objectContaining({
        code: "ERR_INVALID_ARG",
        message: expect.stringMatching(/select\(\{ name: future \}\); it was given/),
      }),
    );
  }
});
