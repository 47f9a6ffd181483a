import { type Async, ready } from "@treadle/core";
import { Notify, OnceCell } from "@treadle/sync";
import { expect, test } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { TestExecutor } from "../../../tools/test-executor.ts";

conforms(
  [
    "sync_once_cell::get_or_init",
    "sync_once_cell::set_while_initializing",
    "sync_once_cell::get_uninit",
  ],
  "the first to ask makes the value, and the others wait for it",
  () => {
    const ex = new TestExecutor();
    const cell = new OnceCell<number>();
    const go = new Notify();
    let runs = 0;
    const init = function* (): Async<number> {
      runs++;
      yield* go.notified();
      return runs;
    };
    const tasks = [1, 2, 3].map(() => ex.spawn(cell.getOrInit(init)));
    ex.run();
    expect([runs, cell.get(), cell.isInitialized]).toEqual([1, undefined, false]);
    expect(() => cell.set(9)).toThrow(/just being initialised/);
    go.notifyOne();
    ex.run();
    expect([runs, cell.get(), cell.isInitialized]).toEqual([1, 1, true]);
    expect(tasks.map((t) => [t.value, t.polls])).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(ex.finish(cell.getOrInit(init))).toBe(1);
  },
);

conforms(
  ["sync_once_cell::get_or_init_panic", "sync_once_cell::get_or_try_init"],
  "when the first one fails or is dropped the next one tries",
  () => {
    const ex = new TestExecutor();
    const cell = new OnceCell<number>();
    const never = new Notify();
    const cleaned = new Notify();
    const failing = ex.spawn(
      cell.getOrInit(function* (): Async<number> {
        yield* ready(0);
        throw new Error("first");
      }),
    );
    const dropped = ex.spawn(
      cell.getOrInit(function* (): Async<number> {
        try {
          yield* never.notified();
          return 0;
        } finally {
          yield* cleaned.notified();
        }
      }),
    );
    const third = ex.spawn(cell.getOrInit(ready(3)));
    ex.run();
    expect([failing.status, dropped.status, third.status]).toEqual([
      "failed",
      "pending",
      "pending",
    ]);
    dropped.drop();
    ex.run();
    expect([dropped.status, third.status]).toEqual(["pending", "pending"]);
    cleaned.notifyOne();
    ex.run();
    expect([dropped.status, third.value, cell.get()]).toEqual(["dropped", 3, 3]);
  },
);

conforms(
  ["sync_once_cell::set_twice", "sync_once_cell::set_and_get"],
  "a value can be set once, also one that is undefined",
  () => {
    const cell = new OnceCell<undefined>();
    cell.set(undefined);
    expect([cell.isInitialized, cell.get()]).toEqual([true, undefined]);
    expect(() => cell.set(undefined)).toThrow(expect.objectContaining({ code: "ERR_ALREADY_SET" }));
  },
);

test("a value set while others wait for a failing initialiser is what they get", () => {
  const ex = new TestExecutor();
  const cell = new OnceCell<number>();
  const go = new Notify();
  ex.spawn(
    cell.getOrInit(function* (): Async<number> {
      yield* go.notified();
      throw new Error("no");
    }),
  );
  ex.run();
  go.notifyOne();
  ex.run();
  cell.set(4);
  expect(ex.finish(cell.getOrInit(ready(5)))).toBe(4);
});
