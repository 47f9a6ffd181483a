import { describe, expect, test } from "vitest";
import { Defer } from "../src/defer.ts";

function wakers(log: string[], ...names: string[]) {
  return names.map((name) => ({ wake: () => void log.push(name) }));
}

describe("the defer list", () => {
  test("wakes everybody once, the last one first", () => {
    const log: string[] = [];
    const defer = new Defer();
    for (const waker of wakers(log, "a", "b", "c")) defer.push(waker);
    defer.wakeAll();
    defer.wakeAll();
    expect(log).toEqual(["c", "b", "a"]);
    expect(defer.isEmpty()).toBe(true);
  });

  test("counts the same waker twice in a row once, and apart twice", () => {
    const log: string[] = [];
    const defer = new Defer();
    const [a, b] = wakers(log, "a", "b") as [{ wake(): void }, { wake(): void }];
    for (const waker of [a, a, b, a]) defer.push(waker);
    defer.wakeAll();
    expect(log).toEqual(["a", "b", "a"]);
  });

  test("takes in what is deferred while it wakes", () => {
    const log: string[] = [];
    const defer = new Defer();
    const [late] = wakers(log, "late") as [{ wake(): void }];
    defer.push({
      wake() {
        log.push("first");
        defer.push(late);
      },
    });
    defer.wakeAll();
    expect(log).toEqual(["first", "late"]);
  });
});
