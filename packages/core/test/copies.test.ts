/** Two copies of this package in one thread are one. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as one from "@treadle/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Gate, Hand } from "../../../tools/test-hand.ts";

const home = fileURLToPath(new URL("..", import.meta.url));
let folder: string;
let two: typeof one;

beforeAll(async () => {
  mkdirSync(join(home, ".vitest"), { recursive: true });
  folder = mkdtempSync(join(home, ".vitest", "copy-"));
  cpSync(join(home, "src"), folder, { recursive: true });
  two = await import(join(folder, "index.ts"));
});

afterAll(() => rmSync(folder, { recursive: true }));

test("they are two copies", () => {
  expect(two.Call).not.toBe(one.Call);
});

test("they share the context and the answers", () => {
  expect(two.cx).toBe(one.cx);
  expect([two.PENDING === one.PENDING, two.CLOSING === one.CLOSING]).toEqual([true, true]);
  expect(two.Pending).toBe(one.Pending);
});

test("they know each other's lazy functions", () => {
  let ran = 0;
  const made = two.fn(function* work(): one.Async<void> {
    ran++;
  });
  one.intoFuture(made as never);
  expect(ran).toBe(0);
});

test("a slot of one name is one slot", () => {
  expect(new two.Slot("copies").index).toBe(new one.Slot("copies").index);
});

describe("a task of one, with futures of the other", () => {
  test("is polled and dropped exactly, clean-up included", () => {
    for (const [outside, inside] of [
      [one, two],
      [two, one],
    ] as const) {
      const log: string[] = [];
      const [gate, own] = [new Gate(), new Gate()];
      const inner = inside.fn(function* inner(): one.Async<void> {
        try {
          yield* inside.pending();
        } finally {
          yield* gate;
          log.push("inner left");
        }
        log.push("never");
      });
      const outer = outside.fn(function* outer(): one.Async<void> {
        try {
          yield* inner();
          log.push("never");
        } finally {
          yield* own;
          log.push("outer left");
        }
      });
      const hand = new Hand(outer() as one.Call<void>);
      hand.poll();
      expect(hand.drop()).toBe("pending");
      gate.open();
      expect(hand.drop()).toBe("pending");
      own.open();
      expect(hand.drop()).toBe("dropped");
      expect([log, hand.complaints]).toEqual([["inner left", "outer left"], []]);
    }
  });

  test("has plain generators cut that wait in clean-up", () => {
    for (const [outside, inside] of [
      [one, two],
      [two, one],
    ] as const) {
      const log: string[] = [];
      function* plain(): Generator<one.Pending, void, void> {
        try {
          yield* inside.pending();
        } finally {
          yield* inside.pending();
        }
        log.push("never");
      }
      const outer = outside.fn(function* outer(): one.Async<void> {
        yield* plain();
        log.push("never");
      });
      const hand = new Hand(outer() as one.Call<void>);
      hand.poll();
      expect(hand.drop()).toBe("dropped");
      expect([log, hand.complaints]).toEqual([[], ["ERR_CLEANUP_CUT"]]);
    }
  });
});
