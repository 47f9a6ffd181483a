import fc from "fast-check";
import { expect, test } from "vitest";
import { OrderedOutput } from "../src/ordered-output.ts";

function line(n: number): string {
  return n % 7 === 3 ? "" : `${n}\n`;
}

test("lines leave in the order of the files, whatever order they come in", () => {
  const orders = fc.integer({ min: 0, max: 200 }).chain((n) => {
    const numbers = Array.from({ length: n }, (_, i) => i);
    return fc.shuffledSubarray(numbers, { minLength: n });
  });
  fc.assert(
    fc.property(orders, (order) => {
      const output = new OrderedOutput();
      const left: string[] = [];
      for (const n of order) {
        output.put(n, line(n));
        left.push(...output.takeReady());
      }
      expect(left).toEqual(order.map((_, n) => line(n)));
    }),
  );
});

test("a line waits for all before it", () => {
  const output = new OrderedOutput();
  output.put(1, "b\n");
  output.put(2, "c\n");
  expect(output.takeReady()).toEqual([]);
  output.put(0, "a\n");
  expect(output.takeReady()).toEqual(["a\n", "b\n", "c\n"]);
});

test("after the end the lines behind gaps follow, in order", () => {
  const some = fc.uniqueArray(fc.integer({ min: 0, max: 16_383 }), { maxLength: 50 });
  fc.assert(
    fc.property(some, (numbers) => {
      const output = new OrderedOutput();
      for (const n of numbers) output.put(n, `${n}\n`);
      output.end();
      expect(output.takeReady()).toEqual([...numbers].sort((a, b) => a - b).map((n) => `${n}\n`));
    }),
    { numRuns: 30 },
  );
});
