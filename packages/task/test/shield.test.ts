/** Work that must not be cut. */
import { type Async, fn, pending, ready } from "@treadle/core";
import { select, shield } from "@treadle/task";
import { expect, test } from "vitest";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { Gate, Hand, labelOf } from "../../../tools/test-hand.ts";

test("is what it shields, when nobody drops it", () => {
  const gate = new Gate<number>();
  const hand = new Hand(shield(gate));
  hand.poll();
  gate.open(4);
  expect([hand.poll(), hand.value]).toEqual(["ok", 4]);
  const error = new Error("own");
  const fails = new Gate();
  const failing = new Hand(shield(fails));
  failing.poll();
  fails.fail(error);
  expect([failing.poll(), failing.error]).toEqual(["failed", error]);
});

test("dropped once it was polled, runs to its end first; its value is lost", () => {
  const log: string[] = [];
  const [one, two] = [new Gate(), new Gate()];
  const work = fn(function* work(): Async<string> {
    yield* one;
    log.push("one");
    try {
      yield* two;
      log.push("two");
    } finally {
      log.push("finally");
    }
    return "lost";
  });
  const hand = new Hand(shield(work()));
  hand.poll();
  expect(hand.drop()).toBe("pending");
  one.open();
  expect(hand.drop()).toBe("pending");
  two.open();
  expect(hand.drop()).toBe("dropped");
  expect([log, hand.wakes]).toEqual([["one", "two", "finally"], 2]);
});

test("dropped unpolled, is dropped unpolled", () => {
  let ran = 0;
  const hand = new Hand(
    shield(
      fn(function* work(): Async<void> {
        ran++;
      })(),
    ),
  );
  expect([hand.drop(), ran]).toEqual(["dropped", 0]);
});

test("dropped after its end, does nothing", () => {
  const hand = new Hand(shield(ready(1)));
  hand.poll();
  expect([hand.drop(), hand.complaints]).toEqual(["dropped", []]);
});

test("an error after the drop goes where errors of clean-up go", () => {
  const gate = new Gate();
  const hand = new Hand(shield(gate));
  hand.poll();
  expect(hand.drop()).toBe("pending");
  gate.fail(new Error("late"));
  expect([hand.drop(), hand.complaints]).toEqual(["dropped", ["late"]]);
});

test("keeps clean-up that a second drop would cut", () => {
  const log: string[] = [];
  const save = new Gate();
  const work = fn(function* work(): Async<void> {
    try {
      log.push("body");
    } finally {
      yield* shield(save);
      log.push("saved");
    }
  });
  const hand = new Hand(work());
  hand.poll();
  expect(hand.drop()).toBe("pending");
  save.open();
  expect(hand.drop()).toBe("dropped");
  // The finally block itself was cut, as JavaScript has it; what was shielded was not.
  expect([log, save.polls]).toEqual([["body"], 3]);
});

test("inside, a select closes its losers as always, with errors of its own", () => {
  const executor = new TestExecutor();
  const log: string[] = [];
  const [first, cleanup] = [new Gate<number>(), new Gate()];
  const loser = fn(function* loser(): Async<void> {
    try {
      yield* pending();
    } finally {
      yield* cleanup;
      // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
      throw new Error("loser");
    }
  });
  const work = fn(function* work(): Async<void> {
    try {
      yield* select({ first, loser: loser() }, { biased: true });
    } catch (error) {
      log.push(labelOf(error));
    }
  });
  const task = executor.spawn(shield(work()));
  executor.run();
  task.drop();
  executor.run();
  first.open(1);
  executor.run();
  cleanup.open();
  executor.run();
  expect([task.status, log, task.sink.errors, executor.failures]).toEqual([
    "dropped",
    ["loser"],
    null,
    [],
  ]);
});
