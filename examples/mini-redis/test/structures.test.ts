import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Deque } from "../src/engine/deque.ts";
import { globMatches } from "../src/engine/glob.ts";
import { IndexedSet } from "../src/engine/indexed-set.ts";
import { type Scored, SortedSet } from "../src/engine/sorted-set.ts";

describe("Deque", () => {
  it("is an array that is pushed and popped at both ends", () => {
    const step = fc.tuple(fc.nat(3), fc.nat());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const deque = new Deque<number>();
        const model: number[] = [];
        for (const [kind, value] of steps) {
          if (kind === 0) {
            deque.pushBack(value);
            model.push(value);
          } else if (kind === 1) {
            deque.pushFront(value);
            model.unshift(value);
          } else if (kind === 2) expect(deque.popBack()).toBe(model.pop());
          else expect(deque.popFront()).toBe(model.shift());
          expect(deque.length).toBe(model.length);
        }
        expect(model.map((_, index) => deque.at(index))).toEqual(model);
      }),
    );
  });

  it("shrinks when it empties", () => {
    const deque = new Deque<number>();
    for (let value = 0; value < 10_000; value++) deque.pushBack(value);
    for (let value = 0; value < 10_000; value++) expect(deque.popFront()).toBe(value);
    expect(deque.popFront()).toBeUndefined();
    expect((deque as unknown as { ring: unknown[] }).ring.length).toBe(8);
  });
});

describe("IndexedSet", () => {
  it("is a set whose members have the places below its size", () => {
    const step = fc.tuple(fc.boolean(), fc.constantFrom(..."abcdefgh"));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const set = new IndexedSet();
        const model = new Set<string>();
        for (const [adds, member] of steps) {
          const wasThere = model.has(member);
          if (adds) {
            expect(set.add(member)).toBe(!wasThere);
            model.add(member);
          } else expect(set.delete(member)).toBe(model.delete(member));
        }
        const members = Array.from({ length: set.size }, (_, place) => set.at(place));
        expect(members.sort()).toEqual([...model].sort());
        for (const member of "abcdefgh") expect(set.has(member)).toBe(model.has(member));
      }),
    );
  });
});

describe("SortedSet", () => {
  const inOrder = (model: ReadonlyMap<string, number>): Scored[] =>
    [...model]
      .map(([member, score]) => ({ member, score }))
      .sort((a, b) => a.score - b.score || (a.member < b.member ? -1 : 1));

  function checkAgainst(set: SortedSet, model: ReadonlyMap<string, number>): void {
    const all = inOrder(model);
    expect(set.size).toBe(all.length);
    expect(set.slice(0, set.size - 1)).toEqual(all);
    for (const score of [-1, 0, 2.5, 4, Number.POSITIVE_INFINITY]) {
      expect(set.countBelow(score, false)).toBe(all.filter((one) => one.score < score).length);
      expect(set.countBelow(score, true)).toBe(all.filter((one) => one.score <= score).length);
    }
    const { runs } = set as unknown as { runs: Scored[][] };
    expect(runs.every((run) => run.length > 0 && run.length <= 256)).toBe(true);
  }

  it("is a map sorted by score, then by member", () => {
    const member = fc.constantFrom(..."abcdefghij");
    const step = fc.tuple(fc.nat(2), member, fc.constantFrom(-1, 0, 1, 2.5, 4, Infinity));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const set = new SortedSet();
        const model = new Map<string, number>();
        for (const [kind, name, score] of steps) {
          if (kind === 0) expect(set.delete(name)).toBe(model.delete(name));
          else {
            set.set(name, score);
            model.set(name, score);
          }
          expect(set.score(name)).toBe(model.get(name));
        }
        checkAgainst(set, model);
      }),
    );
  });

  it("stays so with thousands of members that come and go", () => {
    const set = new SortedSet();
    const model = new Map<string, number>();
    let state = 1;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    for (const [rounds, share] of [
      [6000, 8],
      [9000, 1],
      [3000, 9],
    ] as const) {
      for (let round = 0; round < rounds; round++) {
        const member = `m${random(3000)}`;
        const score = random(50);
        if (random(10) < share) {
          set.set(member, score);
          model.set(member, score);
        } else expect(set.delete(member)).toBe(model.delete(member));
      }
      checkAgainst(set, model);
      const all = inOrder(model);
      for (let start = 0; start < all.length; start += 97) {
        expect(set.slice(start, start + 300)).toEqual(all.slice(start, start + 301));
      }
      const { runs } = set as unknown as { runs: Scored[][] };
      expect(runs.length).toBeLessThanOrEqual(Math.ceil(all.length / 64) + 1);
    }
  });
});

describe("globMatches", () => {
  const asRegExp = (pattern: string): RegExp => {
    const parts = pattern.match(/\\.|\[\^?[^\]]*\]|./gs) ?? [];
    const source = parts.map((part) => {
      if (part === "*") return ".*";
      if (part === "?") return ".";
      if (part.startsWith("[")) return part;
      return part.at(-1)?.replace(/[^a-z]/, "\\$&");
    });
    return new RegExp(`^${source.join("")}$`, "s");
  };

  it("agrees with the regular expression of the same meaning", () => {
    const piece = fc.constantFrom(
      "*",
      "?",
      "a",
      "b",
      "c",
      "\\*",
      "\\a",
      "[ab]",
      "[^b]",
      "[a-c]",
      "**",
    );
    const pattern = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "d", "*"), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (glob, subject) => {
        expect(globMatches(glob, subject)).toBe(asRegExp(glob).test(subject));
      }),
      { numRuns: 3000 },
    );
  });

  it("does not take for ever over many stars", () => {
    expect(globMatches(`${"a*".repeat(50)}b`, "a".repeat(20_000))).toBe(false);
  });
});
