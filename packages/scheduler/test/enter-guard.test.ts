import { cx, type RuntimeContext } from "@treadle/core";
import { describe, expect, test } from "vitest";
import { EnterGuard } from "../src/enter-guard.ts";

const one = { id: 1 } as RuntimeContext;
const two = { id: 2 } as RuntimeContext;

describe("an enter guard", () => {
  test("makes its runtime current, nests, and puts the former one back", () => {
    {
      using _outer = new EnterGuard(one);
      expect(cx.runtime).toBe(one);
      {
        using _inner = new EnterGuard(two);
        expect(cx.runtime).toBe(two);
      }
      expect(cx.runtime).toBe(one);
    }
    expect(cx.runtime).toBe(null);
  });

  test("refuses to be released before one that was made later, and can be released afterwards", () => {
    const outer = new EnterGuard(one);
    const inner = new EnterGuard(two);
    expect(() => outer[Symbol.dispose]()).toThrow(/dropped out of order/);
    expect(cx.runtime).toBe(two);
    inner[Symbol.dispose]();
    outer[Symbol.dispose]();
    expect(cx.runtime).toBe(null);
  });

  test("does nothing when it is released a second time", () => {
    const guard = new EnterGuard(one);
    guard[Symbol.dispose]();
    guard[Symbol.dispose]();
    expect(cx.runtime).toBe(null);
  });
});
