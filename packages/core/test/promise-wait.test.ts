/** Waiting for native promises. */
import { cx, fromPromise } from "@treadle/core";
import { afterEach, expect, test, vi } from "vitest";
import { Hand } from "../../../tools/test-hand.ts";

afterEach(() => {
  expect(cx.foreignWaits).toBe(0);
});

test("a promise that is settled already takes one wait, for its reactions run later", async () => {
  const hand = new Hand(fromPromise(Promise.resolve(7)));
  expect(hand.poll()).toBe("pending");
  await Promise.resolve();
  expect(hand.wakes).toBe(1);
  expect([hand.poll(), hand.value]).toEqual(["ok", 7]);
});

test("a promise that settled before the first poll is ready at it", async () => {
  const hand = new Hand(fromPromise(Promise.resolve(7)));
  await Promise.resolve();
  expect([hand.poll(), hand.value, hand.wakes]).toEqual(["ok", 7, 0]);
});

test("a rejection is thrown, the same object", async () => {
  const error = new Error("own");
  const hand = new Hand(fromPromise(Promise.reject(error)));
  expect(hand.poll()).toBe("pending");
  await Promise.resolve();
  expect([hand.poll(), hand.wakes]).toEqual(["failed", 1]);
  expect(hand.error).toBe(error);
});

test("only the waker of the last poll is woken", async () => {
  const wait = fromPromise(Promise.resolve());
  const first = new Hand(wait);
  first.poll();
  const second = new Hand(wait);
  second.poll();
  await Promise.resolve();
  expect([first.wakes, second.wakes]).toEqual([0, 1]);
});

test("it counts as a foreign wait once, from its first poll until it settles", async () => {
  const hand = new Hand(fromPromise(Promise.resolve()));
  expect(cx.foreignWaits).toBe(0);
  hand.poll();
  hand.poll();
  expect(cx.foreignWaits).toBe(1);
  await Promise.resolve();
  expect(cx.foreignWaits).toBe(0);
});

test("dropping it ends the wait: no wake comes, and a late rejection bothers nobody", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  try {
    const { promise, reject } = withReject();
    const hand = new Hand(fromPromise(promise));
    hand.poll();
    expect(cx.foreignWaits).toBe(1);
    expect(hand.drop()).toBe("dropped");
    expect(cx.foreignWaits).toBe(0);
    reject(new Error("late"));
    await new Promise(setImmediate);
    expect(hand.wakes).toBe(0);
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off("unhandledRejection", unhandled);
  }
});

test("dropping it unpolled or settled counts nothing", async () => {
  new Hand(fromPromise(Promise.resolve())).drop();
  const settled = new Hand(fromPromise(Promise.resolve()));
  settled.poll();
  await Promise.resolve();
  settled.drop();
  expect(cx.foreignWaits).toBe(0);
});

test("any object with then() will do", async () => {
  const hand = new Hand(fromPromise({ then: (ok: (n: number) => void) => ok(3) } as never));
  expect([hand.poll(), hand.value]).toEqual(["ok", 3]);
});

function withReject(): { promise: Promise<void>; reject: (error: unknown) => void } {
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((_resolve, no) => {
    reject = no;
  });
  return { promise, reject };
}
