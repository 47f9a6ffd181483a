/** Looking how a suspended generator is nested. */
import {
  type Async,
  consumeBudget,
  cooperative,
  cx,
  type Future,
  fn,
  fromPromise,
  type Pending,
  pending,
  pollFn,
  ready,
  unconstrained,
} from "@treadle/core";
import { describe, expect, test } from "vitest";
import { Gate, Hand } from "../../../tools/test-hand.ts";
import { probeDepth, probePosition } from "../src/probe.ts";

type Plain = Generator<Pending, void, void>;

function* nested(levels: number, bottom: Future<unknown>): Plain {
  if (levels > 1) yield* nested(levels - 1, bottom);
  else yield* bottom;
}

/** Polls a generator once, as a task would. */
function suspended<G extends Iterator<unknown, unknown, void>>(g: G): G {
  cx.waker = new Hand(ready(0));
  g.next();
  cx.waker = null;
  return g;
}

describe("the depth", () => {
  test("is the number of natively nested generators above the bottom", () => {
    for (const levels of [1, 2, 3, 10, 100]) {
      expect(probeDepth(suspended(nested(levels, pending())))).toBe(levels);
    }
  });

  test("ends at a call, for its own drop begins there", () => {
    const inner = fn(function* inner(): Async<void> {
      yield* nested(5, pending());
    });
    expect(probeDepth(suspended(nested(2, inner())))).toBe(2);
  });

  test("is zero for a leaf itself", () => {
    expect(probeDepth(pending())).toBe(0);
  });

  test("is seen through every kind of leaf", () => {
    for (const leaf of [
      pending(),
      pollFn(() => 0),
      ready(0),
      consumeBudget(),
      cooperative(pending()),
      unconstrained(pending()),
      fromPromise(new Promise(() => {})),
    ]) {
      expect(probeDepth(leaf)).toBe(0);
    }
  });

  test("is -1 where a foreign future stands at the bottom", () => {
    const foreign = {
      next: () => ({ done: false, value: 0 }),
      [Symbol.iterator]: () => foreign,
    } as unknown as Future<void>;
    expect(probeDepth(suspended(nested(3, foreign)))).toBe(-1);
  });
});

test("a probe runs no code, polls no leaf and leaves the context as it was", () => {
  const gate = new Gate();
  let ran = 0;
  const g = suspended(
    (function* (): Plain {
      try {
        yield* gate;
        ran++;
      } finally {
        ran++;
      }
    })(),
  );
  const before = { ...cx };
  cx.waker = new Hand(ready(0));
  const { waker } = cx;
  probeDepth(g);
  probePosition(g, 1);
  expect(cx.waker).toBe(waker);
  cx.waker = null;
  expect({ ...cx }).toEqual(before);
  expect([gate.polls, gate.drops, ran]).toEqual([1, 0, 0]);
});

describe("the position", () => {
  function* steps(gates: Gate[]): Plain {
    yield* nested(1, gates[0] as Gate);
    yield* nested(1, gates[1] as Gate);
    for (let i = 2; i < gates.length; i++) yield* nested(1, gates[i] as Gate);
  }

  test("tells the yield*s of one function apart, and is equal for one", () => {
    const gates = Array.from({ length: 5 }, () => new Gate());
    const g = suspended(steps(gates));
    const positions: string[] = [];
    for (const gate of gates) {
      positions.push(probePosition(g, 2));
      expect(probePosition(g, 2)).toBe(positions.at(-1));
      gate.open();
      suspended(g);
    }
    expect(positions[0]).toMatch(/probe\.test\.ts:\d+:\d+$/);
    expect(new Set(positions.slice(0, 3)).size).toBe(3);
    expect(new Set(positions.slice(2)).size).toBe(1);
  });

  test("is that of the outermost of many generators", () => {
    const gate = new Gate();
    function* outer(): Plain {
      yield* nested(50, gate);
    }
    const shallow = probePosition(suspended(outer()), 51);
    const deeper = probePosition(suspended(nested(51, gate)), 51);
    expect(shallow).toMatch(/probe\.test\.ts/);
    expect(shallow).not.toBe(deeper);
  });

  test("does not depend on the user's own stack trace settings, and restores them", () => {
    const { prepareStackTrace, stackTraceLimit } = Error;
    const mine = (): string => "mine";
    Error.prepareStackTrace = mine;
    Error.stackTraceLimit = 1;
    try {
      const gates = [new Gate(), new Gate()];
      expect(probePosition(suspended(steps(gates)), 2)).toMatch(/probe\.test\.ts:\d+/);
      expect([Error.prepareStackTrace, Error.stackTraceLimit]).toEqual([mine, 1]);
    } finally {
      if (prepareStackTrace === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
      else Error.prepareStackTrace = prepareStackTrace;
      Error.stackTraceLimit = stackTraceLimit;
    }
  });
});
