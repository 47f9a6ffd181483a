import fc from "fast-check";
import { expect, test } from "vitest";
import { RegistrationSet } from "../src/registration-set.ts";
import type { ScheduledIo } from "../src/scheduled-io.ts";
import { generationOf, slotOf, tokenOf } from "../src/token.ts";

const owner = { waiting: 0 };

test("a token is a slot and a generation, in 32 bits that survive an Int32Array", () => {
  const words = new Int32Array(1);
  for (const [slot, generation] of [
    [0, 0],
    [5, 127],
    [0xffffff, 255],
    [1, 128],
  ] as const) {
    words[0] = tokenOf(slot, generation);
    expect([slotOf(words[0]), generationOf(words[0])]).toEqual([slot, generation]);
  }
});

test("a slot is used again only after a turn, and then its old token reaches nobody", () => {
  const set = new RegistrationSet();
  const first = set.allocate(owner) as ScheduledIo;
  set.deregister(first);
  const second = set.allocate(owner) as ScheduledIo;
  expect(slotOf(second.token)).toBe(1);
  set.releaseAll();
  const third = set.allocate(owner) as ScheduledIo;
  expect(slotOf(third.token)).toBe(slotOf(first.token));
  expect(set.get(first.token)).toBe(null);
  expect(set.get(third.token)).toBe(third);
  expect(set.size).toBe(2);
});

test("it answers as a map does, whatever is registered, deregistered and released", () => {
  const step = fc.oneof(fc.constant("add" as const), fc.constant("release" as const), fc.nat(50));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const set = new RegistrationSet();
      const live = new Map<number, ScheduledIo>();
      const dead = new Set<number>();
      for (const what of steps) {
        if (what === "release") set.releaseAll();
        else if (what === "add") {
          const io = set.allocate(owner) as ScheduledIo;
          live.set(io.token, io);
          dead.delete(io.token);
        } else {
          const io = [...live.values()][what % Math.max(1, live.size)];
          if (io === undefined) continue;
          live.delete(io.token);
          dead.add(io.token);
          set.deregister(io);
        }
        expect(set.size).toBe(live.size);
        for (const [token, io] of live) if (set.get(token) !== io) return false;
        for (const token of dead) if (set.get(token) !== null) return false;
      }
      return true;
    }),
  );
});
