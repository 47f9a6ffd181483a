/** The smallest futures. */
import { Pending, pending, pollFn, ready } from "@treadle/core";
import { expect, test } from "vitest";
import { Hand } from "../../../tools/test-hand.ts";

test("pollFn calls its function once for each poll until it returns a value", () => {
  let calls = 0;
  const hand = new Hand(pollFn(() => (++calls < 3 ? Pending : calls)));
  expect([hand.poll(), hand.poll(), calls]).toEqual(["pending", "pending", 2]);
  expect([hand.poll(), hand.value]).toEqual(["ok", 3]);
});

test("pollFn takes undefined and false for values", () => {
  for (const value of [undefined, false, null, 0]) {
    const hand = new Hand(pollFn(() => value));
    expect([hand.poll(), hand.value]).toEqual(["ok", value]);
  }
});

test("pollFn throws what its function throws", () => {
  const error = new Error("own");
  const hand = new Hand(
    pollFn(() => {
      throw error;
    }),
  );
  expect([hand.poll(), hand.error]).toEqual(["failed", error]);
});

test("ready is ready at the first poll, with the very value", () => {
  const value = {};
  const hand = new Hand(ready(value));
  expect(hand.poll()).toBe("ok");
  expect(hand.value).toBe(value);
});

test("pending is never ready and can be dropped", () => {
  const hand = new Hand(pending());
  for (let i = 0; i < 5; i++) expect(hand.poll()).toBe("pending");
  expect(hand.drop()).toBe("dropped");
  expect(hand.wakes).toBe(0);
});

test("none of them can be polled outside a poll", () => {
  for (const future of [ready(1), pending(), pollFn(() => 1)]) {
    expect(() => future.next()).toThrow(expect.objectContaining({ code: "ERR_OUTSIDE_POLL" }));
  }
});
