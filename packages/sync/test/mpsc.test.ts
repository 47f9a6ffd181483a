import type { Async } from "@treadle/core";
import { mpsc, oneshot } from "@treadle/sync";
import { expect, test } from "vitest";
import { TestExecutor } from "../../../tools/test-executor.ts";

test("a smoke", () => {
  const ex = new TestExecutor();
  const [tx, rx] = mpsc.channel<number>(1);
  const got: unknown[] = [];
  ex.spawn(function* (): Async<void> {
    for (let i = 0; i < 5; i++) yield* tx.send(i);
    tx.close();
  });
  ex.spawn(function* (): Async<void> {
    for (let n = yield* rx.recv(); n !== undefined; n = yield* rx.recv()) got.push(n);
  });
  ex.run();
  expect(got).toEqual([0, 1, 2, 3, 4]);
  const [a, b] = oneshot<number>();
  a.send(3);
  expect(ex.finish(b)).toBe(3);
});
