import type { Task } from "@treadle/task";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RunQueue } from "../src/run-queue.ts";

function task(id: number): Task<unknown> {
  return { id } as Task<unknown>;
}

describe("the run queue", () => {
  test("gives tasks back in the order in which they were pushed", () => {
    const queue = new RunQueue();
    const tasks = [1, 2, 3].map(task);
    for (const each of tasks) queue.push(each);
    expect([queue.pop(), queue.pop(), queue.pop(), queue.pop()]).toEqual([...tasks, null]);
  });

  test("shows what is in it, front to back, and keeps it", () => {
    const queue = new RunQueue();
    expect([...queue]).toEqual([]);
    for (let i = 0; i < 70; i++) queue.push(task(i));
    for (let i = 0; i < 60; i++) queue.pop();
    for (let i = 70; i < 130; i++) queue.push(task(i));
    const ids = Array.from({ length: 70 }, (_, i) => 60 + i);
    expect([...queue].map(({ id }) => id)).toEqual(ids);
    expect([queue.length, queue.pop()?.id]).toEqual([70, 60]);
  });

  test("knows when it is empty, before and after use", () => {
    const queue = new RunQueue();
    expect([queue.isEmpty(), queue.length, queue.pop()]).toEqual([true, 0, null]);
    queue.push(task(1));
    expect([queue.isEmpty(), queue.length]).toEqual([false, 1]);
    queue.pop();
    expect([queue.isEmpty(), queue.length]).toEqual([true, 0]);
  });

  test("grows without losing or reordering, wherever its head stands", () => {
    for (let offset = 0; offset < 130; offset++) {
      const queue = new RunQueue();
      for (let i = 0; i < offset; i++) {
        queue.push(task(-1));
        queue.pop();
      }
      for (let i = 0; i < 1000; i++) queue.push(task(i));
      const ids: unknown[] = [];
      for (let next = queue.pop(); next !== null; next = queue.pop()) ids.push(next.id);
      expect(ids).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    }
  });

  test("does what an array does, for any sequence of pushes and pops, and counts them", () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant("push" as const), times: fc.integer({ min: 1, max: 200 }) }),
      fc.record({ op: fc.constant("pop" as const), times: fc.integer({ min: 1, max: 200 }) }),
      fc.record({ op: fc.constant("count" as const), times: fc.constant(1) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new RunQueue();
        const model: Task<unknown>[] = [];
        const counted = { pushed: 0, popped: 0 };
        const made = { pushed: 0, popped: 0 };
        for (const { op, times } of steps) {
          for (let i = 0; i < times; i++) {
            if (op === "push") {
              const each = task(made.pushed++);
              queue.push(each);
              model.push(each);
            } else if (op === "pop") {
              const expected = model.shift() ?? null;
              if (expected !== null) made.popped++;
              expect(queue.pop()).toBe(expected);
            } else {
              counted.pushed += queue.takePushed();
              counted.popped += queue.takePopped();
              expect(counted).toEqual(made);
            }
          }
          expect([queue.length, queue.isEmpty()]).toEqual([model.length, model.length === 0]);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("keeps order and counts through a rebase of its counters", () => {
    const queue = new RunQueue();
    const far = 2 ** 29 + 37;
    // As if so many tasks had gone through it.
    Object.assign(queue, { head: far, tail: far, pushedTaken: far, poppedTaken: far });
    const tasks = [1, 2, 3, 4, 5].map(task);
    for (const each of tasks) queue.push(each);
    expect(queue.pop()).toBe(tasks[0]);
    expect([queue.takePushed(), queue.takePopped()]).toEqual([5, 1]);
    expect((queue as unknown as { head: number }).head).toBeLessThan(64);
    expect([queue.pop(), queue.pop(), queue.length]).toEqual([tasks[1], tasks[2], 2]);
    expect([queue.takePushed(), queue.takePopped()]).toEqual([0, 2]);
    expect([queue.pop(), queue.pop(), queue.pop()]).toEqual([tasks[3], tasks[4], null]);
  });
});
