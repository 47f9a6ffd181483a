/** What can be run, and what is said of what cannot. */
import {
  type Async,
  Call,
  fn,
  intoFuture,
  isFuture,
  isGeneratorFunction,
  type Pending,
  pending,
  ready,
} from "@treadle/core";
import { expect, test, vi } from "vitest";
import { Hand } from "../../../tools/test-hand.ts";

test("a call stays what it is", () => {
  const call = fn(function* work(): Async<void> {})();
  expect(intoFuture(call)).toBe(call);
});

test("a generator function is called at once, which runs none of it", () => {
  const ran = vi.fn();
  function* work(): Generator<Pending, number, void> {
    ran();
    return yield* ready(1);
  }
  const call = intoFuture(work);
  expect([call.name, ran.mock.calls.length]).toEqual(["work", 0]);
  const hand = new Hand(call);
  expect([hand.poll(), hand.value, ran.mock.calls.length]).toEqual(["ok", 1, 1]);
});

test("a function made by fn is called at once, and its call is used as it is", () => {
  const work = fn(function* work(): Async<void> {});
  expect(intoFuture(work)).toBeInstanceOf(Call);
  expect(intoFuture(work).name).toBe("work");
});

test("futures are named after their class, generator objects are anonymous", () => {
  class Special {
    next(): never {
      throw new Error("not here");
    }
    [Symbol.iterator](): this {
      return this;
    }
  }
  expect(intoFuture(new Special()).name).toBe("Special");
  expect(intoFuture(pending()).name).toBe("Never");
  expect(intoFuture((function* work(): Async<void> {})()).name).toBe("anonymous");
});

test("a promise is refused with the two ways out", () => {
  expect(() => intoFuture(Promise.resolve(1) as never)).toThrow(
    expect.objectContaining({
      code: "ERR_INVALID_ARG",
      message:
        "an object of class Promise cannot be run as a future: a promise is already running: " +
        "wrap it in fromPromise(promise), or give the async function itself",
    }),
  );
});

test("anything else is refused, and named", () => {
  for (const [value, text] of [
    [undefined, "undefined"],
    [null, "null"],
    [5, "5"],
    ["text", '"text"'],
    [{}, "an object of class Object"],
    [[], "an object of class Array"],
    [Object.create(null), "an object of class Object"],
  ]) {
    expect(() => intoFuture(value as never)).toThrow(
      `${text} cannot be run as a future: give it a future, a generator object, ` +
        "a generator function or an async function",
    );
  }
});

test("isFuture knows what can be polled, isGeneratorFunction what is lazy", () => {
  function* g(): Async<void> {}
  expect([isFuture(g()), isFuture(ready(1)), isFuture(g), isFuture(null)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect([isGeneratorFunction(g), isGeneratorFunction(() => g())]).toEqual([true, false]);
});
