/** Waiting for a few futures in one task. */
import { type Async, consumeBudget, fn, pending, ready } from "@treadle/core";
import { join } from "@treadle/task";
import { expect, test } from "vitest";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { Gate, Hand, labelOf } from "../../../tools/test-hand.ts";

/** Waits for `gate`, then for `cleanup` when it is dropped. */
const guarded = fn(function* guarded(gate: Gate, cleanup: Gate, log: string[]): Async<void> {
  try {
    yield* gate;
    log.push("after");
  } finally {
    log.push("enter");
    yield* cleanup;
    log.push("leave");
  }
});

test("gives the outputs in the order written, whatever order they come in", () => {
  const [a, b] = [new Gate<number>(), new Gate<string>()];
  const hand = new Hand(join(a, b, ready(true)));
  expect(hand.poll()).toBe("pending");
  b.open("b");
  expect(hand.poll()).toBe("pending");
  a.open(1);
  expect(hand.poll()).toBe("ok");
  expect(hand.value).toEqual([1, "b", true]);
});

test("of nothing is ready with an empty list", () => {
  const hand = new Hand(join());
  expect([hand.poll(), hand.value]).toEqual(["ok", []]);
});

test("polls every child that is left once for each poll, and none that is done", () => {
  const [a, b] = [new Gate(), new Gate()];
  const hand = new Hand(join(a, b));
  hand.poll();
  hand.poll();
  expect([a.polls, b.polls]).toEqual([2, 2]);
  a.open();
  hand.poll();
  hand.poll();
  expect([a.polls, b.polls, hand.wakes]).toEqual([3, 4, 1]);
});

test("begins each poll with the next child", () => {
  const order: number[] = [];
  class Marks extends Gate {
    readonly n: number;
    constructor(n: number) {
      super();
      this.n = n;
    }
    protected override poll(): ReturnType<Gate["next"]> {
      order.push(this.n);
      return super.poll();
    }
  }
  const hand = new Hand(join(new Marks(0), new Marks(1), new Marks(2)));
  for (let i = 0; i < 4; i++) hand.poll();
  expect(order).toEqual([0, 1, 2, 1, 2, 0, 2, 0, 1, 0, 1, 2]);
});

test("shares a poll's budget fairly: no child waits for the others to end", () => {
  const executor = new TestExecutor();
  const done: number[] = [];
  const greedy = fn(function* greedy(n: number, units: number): Async<void> {
    for (let i = 0; i < units; i++) yield* consumeBudget();
    done.push(n);
  });
  const task = executor.spawn(join(greedy(0, 1e4), greedy(1, 300), greedy(2, 300)));
  executor.run();
  expect(task.status).toBe("ok");
  expect(done).toEqual([1, 2, 0]);
});

test("throws the first failure, the same object, polls nobody after it and drops the others", () => {
  const error = new Error("first");
  const [before, fails, after] = [new Gate(), new Gate(), new Gate()];
  const hand = new Hand(join(before, fails, after));
  hand.poll();
  fails.fail(error);
  // The second poll begins with the second child.
  expect(hand.poll()).toBe("failed");
  expect(hand.error).toBe(error);
  expect([before.polls, after.polls]).toEqual([1, 1]);
  expect([before.drops, after.drops, fails.drops]).toEqual([1, 1, 0]);
});

test("drops a child that was never polled without running it", () => {
  let ran = 0;
  const later = fn(function* later(): Async<void> {
    ran++;
  });
  const fails = fn(function* fails(): Async<void> {
    throw new Error("first");
  });
  const hand = new Hand(join(fails(), later()));
  expect(hand.poll()).toBe("failed");
  expect(ran).toBe(0);
});

test("closes all losers at the same time, and throws when the last is gone", () => {
  const log: string[] = [];
  const fails = new Gate();
  const [one, two] = [new Gate(), new Gate()];
  const hand = new Hand(join(fails, guarded(new Gate(), one, log), guarded(new Gate(), two, log)));
  hand.poll();
  fails.fail(new Error("first"));
  for (let i = 0; i < 2; i++) hand.poll();
  expect([hand.status, log]).toEqual(["pending", ["enter", "enter"]]);
  two.open();
  expect([hand.poll(), log.length]).toEqual(["pending", 3]);
  one.open();
  expect([hand.poll(), labelOf(hand.error)]).toEqual(["failed", "first"]);
  expect(log).toEqual(["enter", "enter", "leave", "leave"]);
});

test("reports what the losers' clean-up throws, and throws the first failure", () => {
  const executor = new TestExecutor();
  const bad = fn(function* bad(): Async<void> {
    try {
      yield* pending();
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
      throw new Error("clean-up");
    }
  });
  const fails = new Gate();
  const task = executor.spawn(join(bad(), fails));
  executor.run();
  fails.fail(new Error("first"));
  executor.run();
  expect([task.status, labelOf(task.error)]).toEqual(["failed", "first"]);
  expect(executor.failures.map(labelOf)).toEqual(["clean-up"]);
});

test("dropped while it waits, drops all children and gives their errors to the drop", () => {
  const log: string[] = [];
  const [one, two] = [new Gate(), new Gate()];
  const bad = fn(function* bad(cleanup: Gate): Async<void> {
    try {
      yield* pending();
    } finally {
      yield* cleanup;
      // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
      throw new Error("clean-up");
    }
  });
  const hand = new Hand(join(bad(one), guarded(new Gate(), two, log), bad(one)));
  hand.poll();
  expect(hand.drop()).toBe("pending");
  expect([one.polls, two.polls]).toEqual([2, 1]);
  one.open();
  expect([hand.drop(), hand.complaints]).toEqual(["pending", ["clean-up", "clean-up"]]);
  two.open();
  expect([hand.drop(), log]).toEqual(["dropped", ["enter", "leave"]]);
});

test("dropped while its losers clean up, hands its failure to the drop and goes on closing", () => {
  const log: string[] = [];
  const cleanup = new Gate();
  const fails = new Gate();
  const hand = new Hand(join(fails, guarded(new Gate(), cleanup, log)));
  hand.poll();
  fails.fail(new Error("first"));
  hand.poll();
  hand.poll();
  expect(hand.drop()).toBe("pending");
  expect(hand.complaints).toEqual(["first"]);
  cleanup.open();
  expect([hand.drop(), log]).toEqual(["dropped", ["enter", "leave"]]);
  expect(hand.complaints).toEqual(["first"]);
});

test("dropped unpolled, drops every child unpolled", () => {
  const gates = [new Gate(), new Gate()] as const;
  const hand = new Hand(join(...gates));
  expect(hand.drop()).toBe("dropped");
  expect(gates.map((gate) => [gate.polls, gate.drops])).toEqual([
    [0, 1],
    [0, 1],
  ]);
});

test("takes generator functions and async functions", async () => {
  function* plain(): Async<number> {
    return 1;
  }
  const hand = new Hand(join(plain, async () => 2));
  expect(hand.poll()).toBe("pending");
  await new Promise(setImmediate);
  expect([hand.poll(), hand.value]).toEqual(["ok", [1, 2]]);
});
