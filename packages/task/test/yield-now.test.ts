/** Letting the others run. */
import { type Async, fn } from "@treadle/core";
import { yieldNow } from "@treadle/task";
import { expect, test } from "vitest";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { Hand } from "../../../tools/test-hand.ts";

test("is pending once, and its waker is deferred until the others have run", () => {
  const executor = new TestExecutor();
  const log: string[] = [];
  const work = fn(function* work(name: string, rounds: number): Async<void> {
    for (let i = 0; i < rounds; i++) {
      log.push(`${name}${i}`);
      yield* yieldNow();
    }
  });
  const a = executor.spawn(work("a", 3));
  const b = executor.spawn(work("b", 3));
  executor.run();
  // Deferred wakers fire last in, first out.
  expect(log).toEqual(["a0", "b0", "b1", "a1", "a2", "b2"]);
  expect([a.polls, b.polls, a.wakes, b.wakes]).toEqual([4, 4, 3, 3]);
});

test("wakes at once where no runtime is entered", () => {
  const hand = new Hand(yieldNow());
  expect([hand.poll(), hand.wakes]).toEqual(["pending", 1]);
  expect(hand.poll()).toBe("ok");
});

test("is ready at its second poll, whether it was woken or not", () => {
  const executor = new TestExecutor();
  const hand = new Hand(yieldNow());
  executor.enter(() => hand.poll());
  expect([hand.poll(), hand.wakes]).toEqual(["ok", 0]);
});

test("costs no budget", () => {
  const hand = new Hand(yieldNow());
  hand.poll(1);
  expect([hand.poll(1), hand.left]).toEqual(["ok", 1]);
});

test("can be dropped", () => {
  const hand = new Hand(yieldNow());
  hand.poll();
  expect(hand.drop()).toBe("dropped");
});
