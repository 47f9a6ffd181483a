/** The budget: how much one poll may finish. */
import {
  type Async,
  BUDGET,
  consumeBudget,
  cooperative,
  cx,
  fn,
  hasBudgetRemaining,
  Leaf,
  PENDING,
  type Poll,
  pending,
  pollFn,
  pollProceed,
  ready,
  refundBudget,
  unconstrained,
} from "@treadle/core";
import { expect, test } from "vitest";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { Gate, Hand } from "../../../tools/test-hand.ts";

/** Consumes `n` units and writes down how many it had before each. */
const consume = fn(function* consume(n: number, seen: number[]): Async<void> {
  for (let i = 0; i < n; i++) {
    yield* consumeBudget();
    seen.push(cx.budget);
  }
});

test("the budget of a poll is 128", () => {
  expect(BUDGET).toBe(128);
});

test("a thousand units take eight polls, the last of 104", () => {
  const executor = new TestExecutor();
  const seen: number[] = [];
  const task = executor.spawn(consume(1000, seen));
  executor.run();
  expect([task.status, task.polls, executor.forcedYields]).toEqual(["ok", 8, 7]);
  expect(seen.slice(0, 2)).toEqual([127, 126]);
  expect(seen.filter((left) => left === 0)).toHaveLength(7);
  expect(seen.at(-1)).toBe(BUDGET - 104);
});

test("a poll that has spent its budget defers its waker and takes nothing", () => {
  const executor = new TestExecutor();
  const hand = new Hand(consumeBudget());
  executor.enter(() => hand.poll(0));
  expect([hand.status, hand.left, hand.wakes]).toEqual(["pending", 0, 0]);
  executor.run();
  expect(hand.wakes).toBe(1);
  expect(executor.enter(() => hand.poll(2))).toBe("ok");
  expect([hand.left, executor.forcedYields]).toEqual([1, 0]);
});

test("a forced yield is counted when the last unit is taken", () => {
  const executor = new TestExecutor();
  const task = executor.spawn(consume(BUDGET - 1, []));
  executor.run();
  expect([task.polls, executor.forcedYields]).toEqual([1, 0]);
  const another = executor.spawn(consume(BUDGET, []));
  executor.run();
  expect([another.polls, executor.forcedYields]).toEqual([1, 1]);
});

test("without a runtime a spent budget wakes at once", () => {
  const hand = new Hand(consumeBudget());
  expect(hand.poll(0)).toBe("pending");
  expect(hand.wakes).toBe(1);
});

test("an operation that has to wait gives its unit back", () => {
  class Waits extends Leaf<void> {
    override next(): Poll<void> {
      if (!pollProceed()) return PENDING;
      refundBudget();
      return PENDING;
    }
  }
  const hand = new Hand(new Waits());
  for (let i = 0; i < 300; i++) hand.poll(1);
  expect([hand.status, hand.left, hand.wakes]).toEqual(["pending", 1, 0]);
});

test("outside a task there is no budget to spend", () => {
  expect([pollProceed(), hasBudgetRemaining(), cx.budget]).toEqual([true, true, -1]);
  refundBudget();
  expect(cx.budget).toBe(-1);
});

test("hasBudgetRemaining tells whether the next operation would still be let through", () => {
  const seen: boolean[] = [];
  const look = pollFn(() => seen.push(hasBudgetRemaining()));
  new Hand(look).poll(1);
  new Hand(look).poll(0);
  new Hand(look).poll(-1);
  expect(seen).toEqual([true, false, true]);
});

test("unconstrained runs on in one poll, and leaves the budget around it as it was", () => {
  const seen: number[] = [];
  const hand = new Hand(unconstrained(consume(500, seen)));
  expect(hand.poll(3)).toBe("ok");
  expect([seen.length, new Set(seen), hand.left]).toEqual([500, new Set([-1]), 3]);
});

test("unconstrained puts the budget back when what it runs waits or fails", () => {
  const waits = new Hand(unconstrained(pending()));
  expect([waits.poll(7), waits.left]).toEqual(["pending", 7]);
  const fails = new Hand(
    unconstrained(
      pollFn(() => {
        throw new Error("own");
      }),
    ),
  );
  expect([fails.poll(7), fails.left]).toEqual(["failed", 7]);
});

test("unconstrained is unconstrained in clean-up too", () => {
  const seen: number[] = [];
  const work = fn(function* work(): Async<void> {
    try {
      yield* pending();
    } finally {
      yield* consume(200, seen);
    }
  });
  const executor = new TestExecutor();
  const task = executor.spawn(unconstrained(work()));
  executor.run();
  task.drop();
  expect(executor.run()).toBe(1);
  expect([task.status, seen.length]).toEqual(["dropped", 200]);
});

test("a constrained clean-up is spread over several steps of the drop", () => {
  const seen: number[] = [];
  const work = fn(function* work(): Async<void> {
    try {
      yield* pending();
    } finally {
      yield* consume(200, seen);
    }
  });
  const executor = new TestExecutor();
  const task = executor.spawn(work());
  executor.run();
  task.drop();
  expect(executor.run()).toBe(2);
  expect([task.status, seen.length]).toEqual(["dropped", 200]);
});

test("unconstrained can be nested, also inside cooperative", () => {
  const seen: number[] = [];
  const hand = new Hand(cooperative(unconstrained(unconstrained(consume(300, seen)))));
  expect([hand.poll(2), hand.left, seen.length]).toEqual(["ok", 1, 300]);
});

test("cooperative costs one unit when it finishes, none when it waits", () => {
  const gate = new Gate<number>();
  const hand = new Hand(cooperative(gate));
  expect([hand.poll(5), hand.left]).toEqual(["pending", 5]);
  gate.open(1);
  expect([hand.poll(5), hand.left, hand.value]).toEqual(["ok", 4, 1]);
});

test("cooperative does not poll what it runs when the budget is spent", () => {
  const gate = new Gate();
  const hand = new Hand(cooperative(gate));
  expect(hand.poll(0)).toBe("pending");
  expect([gate.polls, hand.wakes]).toEqual([0, 1]);
});

test("a loop over ready cooperative futures yields every 128", () => {
  const executor = new TestExecutor();
  const task = executor.spawn(
    fn(function* loop(): Async<number> {
      let n = 0;
      for (let i = 0; i < 256; i++) n += yield* cooperative(ready(1));
      return n;
    })(),
  );
  executor.run();
  // 128 in the first poll, 128 in the second.
  expect([task.value, task.polls]).toEqual([256, 2]);
});

test("dropping either drops what it runs", () => {
  for (const wrap of [cooperative, unconstrained]) {
    const gate = new Gate();
    const hand = new Hand(wrap(gate));
    hand.poll();
    expect(hand.drop()).toBe("dropped");
    expect(gate.drops).toBe(1);
  }
});
