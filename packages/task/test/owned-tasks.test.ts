/** The list of a scheduler's live tasks. */
import { pending } from "@treadle/core";
import { JoinHandle, OwnedTasks, type Task } from "@treadle/task";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TestRuntime } from "./support/runtime.ts";

const runtime = new TestRuntime();
const task = (): Task<unknown> =>
  new JoinHandle<unknown>(pending(), { name: "task" }, runtime) as Task<unknown>;

/** The numbers of the tasks; a task is an iterator, which must not be compared by its elements. */
const held = (owned: OwnedTasks): number[] => owned.toArray().map(({ id }) => id);

test("is empty at first, and counts what it holds", () => {
  const owned = new OwnedTasks();
  expect([owned.size, held(owned), owned.isClosed()]).toEqual([0, [], false]);
  const [a, b] = [task(), task()];
  expect([owned.bind(a), owned.bind(b), owned.size]).toEqual([true, true, 2]);
  expect([owned.remove(a), owned.size]).toEqual([true, 1]);
  expect(held(owned)).toEqual([b.id]);
});

test("removes a task once", () => {
  const owned = new OwnedTasks();
  const a = task();
  expect(owned.remove(a)).toBe(false);
  owned.bind(a);
  expect([owned.remove(a), owned.remove(a), owned.size]).toEqual([true, false, 0]);
});

test("does not remove the task of another list", () => {
  const [one, two] = [new OwnedTasks(), new OwnedTasks()];
  const [a, b] = [task(), task()];
  one.bind(a);
  two.bind(b);
  expect([two.remove(a), one.size, two.size]).toEqual([false, 1, 1]);
});

test("counts an admitted task, and holds it once it is placed", () => {
  const owned = new OwnedTasks();
  const [a, b, c] = [task(), task(), task()];
  expect([owned.admit(a), owned.admit(b), owned.bind(c)]).toEqual([true, true, true]);
  expect([owned.size, held(owned)]).toEqual([3, [c.id]]);
  owned.place(a);
  owned.place(a);
  owned.place(c);
  expect([owned.size, held(owned)]).toEqual([3, [a.id, c.id]]);
  expect([owned.remove(b), owned.remove(b), owned.remove(a), owned.size]).toEqual([
    true,
    false,
    true,
    1,
  ]);
  owned.place(b);
  expect([owned.size, held(owned)]).toEqual([1, [c.id]]);
  owned.close();
  const late = task();
  expect([owned.admit(late), owned.remove(late), owned.size]).toEqual([false, false, 1]);
});

test("takes no more tasks once it is closed, and leaves them as they were", () => {
  const owned = new OwnedTasks();
  const a = task();
  owned.bind(a);
  owned.close();
  const late = task();
  expect([owned.bind(late), owned.isClosed(), held(owned)]).toEqual([false, true, [a.id]]);
  expect([owned.remove(late), owned.remove(a)]).toEqual([false, true]);
});

test("holds what a set would, oldest first, after any binding and removing", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(20))), (moves) => {
      const owned = new OwnedTasks();
      const model: Task<unknown>[] = [];
      for (const [binds, at] of moves) {
        if (binds) {
          const fresh = task();
          expect(owned.bind(fresh)).toBe(true);
          model.push(fresh);
        } else if (model.length > 0) {
          const [gone] = model.splice(at % model.length, 1) as [Task<unknown>];
          expect(owned.remove(gone)).toBe(true);
        }
        expect(owned.size).toBe(model.length);
      }
      expect(held(owned)).toEqual(model.map(({ id }) => id));
    }),
  );
});

test("its shutdown cancels every task, oldest first, and keeps those whose clean-up waits", () => {
  const rt = new TestRuntime();
  const log: number[] = [];
  const handles = [0, 1, 2].map((n) =>
    rt.spawnGenerator(
      (function* () {
        try {
          yield* pending();
        } finally {
          log.push(n);
          if (n === 1) yield* pending();
        }
      })(),
      { name: `task ${n}` },
    ),
  );
  rt.run();
  rt.enter(() => rt.owned.closeAndShutdownAll());
  expect(log).toEqual([0, 1, 2]);
  expect(handles.map((handle) => handle.isFinished())).toEqual([true, false, true]);
  expect(held(rt.owned)).toEqual([handles[1]?.id]);
});
