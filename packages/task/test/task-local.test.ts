/** Values that belong to a future. */
import { type Async, fn, pending, pollFn } from "@treadle/core";
import { join, LocalKey, spawn, taskLocal } from "@treadle/task";
import { expect, test } from "vitest";
import { Gate, Hand } from "../../../tools/test-hand.ts";
import { TestRuntime } from "./support/runtime.ts";

const key = taskLocal<string>("request");

const reads = fn(function* reads(gate: Gate, seen: unknown[]): Async<void> {
  seen.push(key.get());
  yield* gate;
  seen.push(key.get());
});

test("is set while the future is polled, and at no other time", () => {
  const gate = new Gate();
  const seen: unknown[] = [];
  const hand = new Hand(key.scope("a", reads(gate, seen)));
  expect(key.tryGet()).toBeUndefined();
  hand.poll();
  expect(key.tryGet()).toBeUndefined();
  gate.open();
  hand.poll();
  expect([seen, key.tryGet()]).toEqual([["a", "a"], undefined]);
});

test("two futures of one task have each their own", () => {
  const gates = [new Gate(), new Gate()] as const;
  const seen: [unknown[], unknown[]] = [[], []];
  const hand = new Hand(
    join(key.scope("a", reads(gates[0], seen[0])), key.scope("b", reads(gates[1], seen[1]))),
  );
  hand.poll();
  gates[1].open();
  hand.poll();
  gates[0].open();
  hand.poll();
  expect(seen).toEqual([
    ["a", "a"],
    ["b", "b"],
  ]);
});

test("the inner of two scopes wins, and the outer is back after it", () => {
  const seen: unknown[] = [];
  const look = pollFn(() => seen.push(key.get()));
  const work = fn(function* work(): Async<void> {
    yield* look;
    yield* key.scope("inner", look);
    yield* look;
  });
  new Hand(key.scope("outer", work())).poll();
  expect(seen).toEqual(["outer", "inner", "outer"]);
});

test("is set during clean-up, also one that waits", () => {
  const seen: unknown[] = [];
  const cleanup = new Gate();
  const work = fn(function* work(): Async<void> {
    try {
      yield* pending();
    } finally {
      seen.push(key.get());
      yield* cleanup;
      seen.push(key.get());
    }
  });
  const hand = new Hand(key.scope("a", work()));
  hand.poll();
  hand.drop();
  expect(key.tryGet()).toBeUndefined();
  cleanup.open();
  expect([hand.drop(), seen, key.tryGet()]).toEqual(["dropped", ["a", "a"], undefined]);
});

test("is put back when the future throws", () => {
  const hand = new Hand(
    key.scope(
      "a",
      pollFn(() => {
        throw new Error("own");
      }),
    ),
  );
  expect([hand.poll(), key.tryGet()]).toEqual(["failed", undefined]);
});

test("is not inherited by tasks that are spawned", () => {
  const runtime = new TestRuntime();
  const seen: unknown[] = [];
  const child = fn(function* child(): Async<void> {
    seen.push(key.tryGet());
  });
  runtime.spawn(
    key.scope(
      "a",
      pollFn(() => void spawn(child)),
    ),
  );
  runtime.run();
  expect(seen).toEqual([undefined]);
});

test("syncScope sets it for one function, and puts the former back, also after an error", () => {
  expect(key.syncScope("a", () => key.syncScope("b", () => key.get()) + key.get())).toBe("ba");
  expect(() =>
    key.syncScope("a", () => {
      throw new Error("own");
    }),
  ).toThrow("own");
  expect(key.tryGet()).toBeUndefined();
});

test("may hold undefined", () => {
  const empty = new LocalKey<undefined>("empty");
  expect(empty.syncScope(undefined, () => empty.get())).toBeUndefined();
  expect(() => empty.get()).toThrow();
});

test("two keys do not see each other", () => {
  const other = taskLocal<number>();
  expect(key.syncScope("a", () => other.tryGet())).toBeUndefined();
  expect(other.name).toBe("taskLocal");
});

test("get() outside every scope is an error that names the key", () => {
  expect(() => key.get()).toThrow(
    expect.objectContaining({
      code: "ERR_TASK_LOCAL_UNSET",
      message:
        "cannot access a task-local storage value without setting it first: request is read outside " +
        "request.scope(value, future)",
    }),
  );
});
