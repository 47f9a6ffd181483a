/** The guarded base of futures. */
import { cx, Leaf, PENDING, type Poll, readyPoll } from "@treadle/core";
import { expect, test } from "vitest";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { Gate, Hand } from "../../../tools/test-hand.ts";

test("next() outside a poll throws and names the class", () => {
  const gate = new Gate();
  expect(() => gate.next()).toThrow(
    expect.objectContaining({
      code: "ERR_OUTSIDE_POLL",
      message: expect.stringMatching(/^next\(\) of Gate was called outside a poll/),
    }),
  );
  expect(gate.polls).toBe(0);
});

test("spreading a leaf throws at once", () => {
  expect(() => [...(new Gate() as unknown as Iterable<unknown>)]).toThrow(/outside a poll/);
});

test("a leaf is its own iterator", () => {
  const gate = new Gate();
  expect(gate[Symbol.iterator]()).toBe(gate);
});

test("a leaf that overrides neither poll() nor next() says so", () => {
  class Empty extends Leaf<void> {}
  const hand = new Hand(new Empty());
  expect(hand.poll()).toBe("failed");
  expect((hand.error as Error).message).toBe("Empty overrides neither poll() nor next()");
});

test("return() is done at once, drops, and never throws", () => {
  class Bad extends Leaf<void> {
    drops = 0;
    protected override poll(): Poll<void> {
      return PENDING;
    }
    protected override drop(): void {
      this.drops++;
      throw new Error("bad");
    }
  }
  const bad = new Bad();
  const hand = new Hand(bad);
  hand.poll();
  expect(hand.drop()).toBe("dropped");
  expect([bad.drops, hand.complaints]).toEqual([1, ["bad"]]);
});

test("an error of drop() without a drop is reported by the runtime", () => {
  class Bad extends Leaf<void> {
    protected override drop(): void {
      throw new Error("bad");
    }
  }
  const executor = new TestExecutor();
  executor.enter(() => new Bad().return());
  expect(executor.failures).toEqual([expect.objectContaining({ message: "bad" })]);
});

test("a leaf that was never polled is dropped too when its call is", () => {
  const gate = new Gate();
  const hand = new Hand(gate);
  expect(hand.drop()).toBe("dropped");
  expect([gate.polls, gate.drops]).toEqual([0, 1]);
});

test("awaiting a leaf runs it on the current runtime, once", async () => {
  const executor = new TestExecutor();
  class Count extends Leaf<number> {
    polls = 0;
    protected override poll(): Poll<number> {
      return readyPoll(++this.polls);
    }
  }
  const leaf = new Count();
  const both = executor.enter(() => Promise.all([leaf.then(), leaf.then((n) => n * 10)]));
  expect(await both).toEqual([1, 10]);
  expect(leaf.polls).toBe(1);
});

test("awaiting a leaf without a runtime is an error", () => {
  expect(cx.runtime).toBeNull();
  expect(() => new Gate().then()).toThrow(expect.objectContaining({ code: "ERR_NO_RUNTIME" }));
});
