import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HandOff } from "../src/index.ts";

const COUNT = 70;

function make(): HandOff {
  return new HandOff(new Int32Array(new SharedArrayBuffer(HandOff.size(COUNT) * 4)), 0, COUNT);
}

/** One step on both; they must agree. */
function apply(handOff: HandOff, idle: Set<number>, op: string, index: number): void {
  if (op === "announce") {
    handOff.announce(index);
    idle.add(index);
  } else if (op === "withdraw") {
    expect(handOff.withdraw(index)).toBe(idle.delete(index));
  } else {
    const lowest = idle.size === 0 ? -1 : Math.min(...idle);
    expect(handOff.claim()).toBe(lowest);
    idle.delete(lowest);
  }
}

describe("the bits of threads", () => {
  test("are a set from which the lowest is claimed", () => {
    const step = fc.record({
      op: fc.constantFrom("announce", "withdraw", "claim"),
      index: fc.nat(COUNT - 1),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const handOff = make();
        const idle = new Set<number>();
        for (const { op, index } of steps) {
          apply(handOff, idle, op, index);
          expect(handOff.idleCount).toBe(idle.size);
          expect(handOff.isIdle(index)).toBe(idle.has(index));
        }
      }),
    );
  });

  test("of different sorts do not touch each other", () => {
    const handOff = make();
    handOff.announce(33);
    handOff.begin(33);
    handOff.wantRoom(33);
    expect(handOff.takeWanting()).toBe(33);
    expect(handOff.takeWanting()).toBe(-1);
    expect([handOff.isIdle(33), handOff.hasBegun(33)]).toEqual([true, true]);
    handOff.forget(33);
    expect([handOff.isIdle(33), handOff.hasBegun(33), handOff.idleCount]).toEqual([
      false,
      false,
      0,
    ]);
  });
});

test("what home says is seen", () => {
  const handOff = make();
  handOff.setLimits(2, 5);
  expect([handOff.mayGrow, handOff.limit, handOff.threads, handOff.held]).toEqual([true, 5, 0, 0]);
  handOff.setCrowded(true);
  expect(handOff.mayGrow).toBe(false);
  handOff.setCrowded(false);
  expect(handOff.mayGrow).toBe(true);
  handOff.setThreads(2);
  handOff.setHeld(3);
  expect([handOff.mayGrow, handOff.threads, handOff.held]).toEqual([false, 2, 3]);
});
