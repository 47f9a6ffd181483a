import { type ModelError, model, thread } from "@treadle/loom";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

// Small programs in straight lines; every word is touched through `Atomics`, or by plain accesses where `plain` says so.
type Step = { op: "load" | "store" | "add" | "cas"; word: number; value: number };
type Program = Step[][];

const step = fc.record({
  op: fc.constantFrom("load", "store", "add", "cas"),
  word: fc.nat(3),
  value: fc.integer({ min: 1, max: 2 }),
}) as fc.Arbitrary<Step>;
const program = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), {
  minLength: 2,
  maxLength: 3,
});

/** What all threads of the program see in the interleavings with so many preemptions, found by trying all. */
function byHand(threads: Program, bound: number): Set<string> {
  const outcomes = new Set<string>();
  const go = (at: number[], words: number[], seen: string, last: number, used: number): void => {
    if (threads.every((steps, i) => at[i] === steps.length)) outcomes.add(`${seen}|${words}`);
    for (let i = 0; i < threads.length; i += 1) {
      const next = threads[i]![at[i]!];
      if (next === undefined) continue;
      const stopped = last >= 0 && last !== i && at[last]! < threads[last]!.length;
      const cost = used + Number(stopped);
      if (cost > bound) continue;
      const before = words[next.word]!;
      const after = [...words];
      if (next.op === "store") after[next.word] = next.value;
      if (next.op === "add") after[next.word] = before + next.value;
      if (next.op === "cas" && before === 0) after[next.word] = next.value;
      const sorted = seen.split(";");
      sorted[i] += `${next.op === "store" ? next.value : before},`;
      go(
        at.map((n, j) => (j === i ? n + 1 : n)),
        after,
        sorted.join(";"),
        i,
        cost,
      );
    }
  };
  go(
    threads.map(() => 0),
    [0, 0, 0, 0],
    threads.map(() => "").join(";"),
    -1,
    0,
  );
  return outcomes;
}

function byModel(threads: Program, preemptionBound: number, reduction: boolean): Set<string> {
  const outcomes = new Set<string>();
  model(
    () => {
      const words = new Int32Array(new SharedArrayBuffer(16));
      const run = (steps: Step[]): string => {
        let seen = "";
        for (const { op, word, value } of steps) {
          if (op === "load") seen += `${Atomics.load(words, word)},`;
          if (op === "store") seen += `${Atomics.store(words, word, value)},`;
          if (op === "add") seen += `${Atomics.add(words, word, value)},`;
          if (op === "cas") seen += `${Atomics.compareExchange(words, word, 0, value)},`;
        }
        return seen;
      };
      const running = threads.map((steps) => thread.spawn(() => run(steps)));
      const seen = running.map((one) => one.join()).join(";");
      outcomes.add(`${seen}|${[0, 1, 2, 3].map((i) => Atomics.load(words, i))}`);
    },
    { preemptionBound, reduction },
  );
  return outcomes;
}

describe("a random program", { timeout: 120_000 }, () => {
  for (const bound of [0, 1, 2, Number.POSITIVE_INFINITY]) {
    it(`shows with at most ${bound} preemptions what all its interleavings by hand show`, () => {
      fc.assert(
        fc.property(program, (threads) => {
          expect([...byModel(threads, bound, true)].sort()).toEqual(
            [...byHand(threads, bound)].sort(),
          );
        }),
        { numRuns: 150 },
      );
    });
  }

  it("shows the same with and without reduction", () => {
    fc.assert(
      fc.property(program, fc.nat(2), (threads, bound) => {
        expect([...byModel(threads, bound, true)].sort()).toEqual(
          [...byModel(threads, bound, false)].sort(),
        );
      }),
      { numRuns: 100 },
    );
  });
});

describe("a random program with plain accesses and waits", { timeout: 120_000 }, () => {
  const mixed = fc.array(
    fc.array(
      fc.record({
        op: fc.constantFrom("load", "store", "add", "read", "write", "wait", "notify"),
        word: fc.nat(1),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    { minLength: 2, maxLength: 3 },
  );

  const verdict = (threads: { op: string; word: number }[][], reduction: boolean): string => {
    const outcomes = new Set<string>();
    try {
      model(
        () => {
          const words = new Int32Array(new SharedArrayBuffer(16));
          const plain = new Int32Array(new SharedArrayBuffer(16));
          const run = (steps: { op: string; word: number }[]): string => {
            let seen = "";
            for (const { op, word } of steps) {
              if (op === "load") seen += Atomics.load(words, word);
              if (op === "store") Atomics.store(words, word, 1);
              if (op === "add") seen += Atomics.add(words, word, 1);
              if (op === "read" && seen !== "0") seen += plain[word];
              if (op === "write" && seen !== "0") plain[word] = 1;
              if (op === "wait") seen += Atomics.wait(words, word, 0, 5);
              if (op === "notify") seen += Atomics.notify(words, word, 1);
            }
            return seen;
          };
          const running = threads.map((steps) => thread.spawn(() => run(steps)));
          outcomes.add(running.map((one) => one.join()).join(";"));
        },
        { preemptionBound: 2, reduction },
      );
    } catch (error) {
      return (error as ModelError).code;
    }
    return [...outcomes].sort().join("|");
  };

  it("is judged the same with and without reduction", () => {
    fc.assert(
      fc.property(mixed, (threads) => {
        expect(verdict(threads, true)).toBe(verdict(threads, false));
      }),
      { numRuns: 150 },
    );
  });
});
