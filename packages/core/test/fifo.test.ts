import fc from "fast-check";
import { expect, test } from "vitest";
import { Fifo } from "../src/fifo.ts";

test("any sequence of pushes and shifts agrees with an array", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 50 }), (steps) => {
      const fifo = new Fifo<number>();
      const array: number[] = [];
      let next = 0;
      for (const step of steps) {
        for (let i = 0; i < step; i++) {
          fifo.push(next);
          array.push(next++);
        }
        for (let i = 0; i > step && array.length > 0; i--) expect(fifo.shift()).toBe(array.shift());
        expect(fifo.size).toBe(array.length);
      }
    }),
  );
});

test("it works on after a burst whose buffer was let go", () => {
  const fifo = new Fifo<number>();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 10_000; i++) fifo.push(i);
    for (let i = 0; i < 10_000; i++) expect(fifo.shift()).toBe(i);
  }
  fifo.push(1);
  expect([fifo.shift(), fifo.size]).toEqual([1, 0]);
});

test("all values can be taken at once, from the oldest on, and it goes on empty", () => {
  const fifo = new Fifo<number>();
  for (let i = 0; i < 20; i++) fifo.push(i);
  for (let i = 0; i < 5; i++) fifo.shift();
  expect(fifo.takeAll()).toEqual(Array.from({ length: 15 }, (_, i) => i + 5));
  expect(fifo.size).toBe(0);
  fifo.push(1);
  expect(fifo.shift()).toBe(1);
});
