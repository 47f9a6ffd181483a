import { SetOnce } from "@treadle/sync";
import { expect, test } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { costOf, manual, polled } from "./manual.ts";

conforms(
  [
    "sync_set_once::get_uninit",
    "sync_set_once::set_and_get",
    "sync_set_once::set_twice",
    "sync_set_once::is_none_initializing",
    "sync_set_once::into_inner_int_empty_setonce",
  ],
  "has no value until it is set, and is set once, be it to undefined",
  () => {
    const once = new SetOnce<number | undefined>();
    expect([once.get(), once.isInitialized]).toEqual([undefined, false]);
    once.set(5);
    expect([once.get(), once.isInitialized]).toEqual([5, true]);
    expect(() => once.set(6)).toThrow(expect.objectContaining({ code: "ERR_ALREADY_SET" }));
    expect(once.get()).toBe(5);
    const empty = new SetOnce<undefined>();
    empty.set(undefined);
    expect(empty.isInitialized).toBe(true);
    expect(() => empty.set(undefined)).toThrow(/set once/);
  },
);

conforms(
  ["sync_set_once::set_and_wait", "sync_set_once::is_some_initializing"],
  "wakes all that wait once, and lets nobody wait any more",
  () => {
    const once = new SetOnce<number>();
    const waits = [polled(once.wait()), polled(once.wait())];
    expect(waits.map((wait) => wait.poll())).toEqual(["pending", "pending"]);
    once.set(4);
    expect(waits.map((wait) => [wait.wakes, wait.poll(), wait.value])).toEqual([
      [1, "ok", 4],
      [1, "ok", 4],
    ]);
    expect(polled(once.wait()).value).toBe(4);
  },
);

test("a dropped wait is not woken, and a re-poll by another task wakes that one", () => {
  const once = new SetOnce<number>();
  const [dropped, wait] = [polled(once.wait()), once.wait()];
  const [first, last] = [polled(wait), polled(wait)];
  dropped.drop();
  once.set(1);
  expect([dropped.wakes, first.wakes, last.wakes]).toEqual([0, 0, 1]);
});

test("the value costs a unit of the budget, waiting none", () => {
  const once = new SetOnce<number>();
  expect(costOf(once.wait())).toBe(0);
  once.set(1);
  expect(costOf(once.wait())).toBe(1);
  expect(manual(once.wait()).poll(0)).toBe("pending");
});
