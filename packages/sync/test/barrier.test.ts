import { Barrier } from "@treadle/sync";
import { expect, test } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { costOf, polled } from "./manual.ts";

const leads = (tasks: { value: { isLeader: boolean } | undefined }[]): unknown[] =>
  tasks.map((task) => task.value?.isLeader);

conforms(
  ["sync_barrier::tango", "sync_barrier::lots"],
  "the last to come leads, the others are woken once, and the next round begins anew",
  () => {
    const barrier = new Barrier(3);
    for (let round = 0; round < 3; round++) {
      const tasks = [polled(barrier.wait()), polled(barrier.wait())];
      expect(tasks.map((t) => t.poll())).toEqual(["pending", "pending"]);
      const last = polled(barrier.wait());
      expect(tasks.map((t) => t.wakes)).toEqual([1, 1]);
      for (const task of tasks) task.poll();
      expect(leads([...tasks, last])).toEqual([false, false, true]);
    }
  },
);

conforms(
  ["sync_barrier::zero_does_not_block", "sync_barrier::single"],
  "a barrier for none or one lets everybody through as leader",
  () => {
    for (const n of [0, 1]) {
      const barrier = new Barrier(n);
      expect(leads([polled(barrier.wait()), polled(barrier.wait())])).toEqual([true, true]);
    }
  },
);

test("a dropped wait takes its arrival back, one that has passed does not", () => {
  const barrier = new Barrier(2);
  polled(barrier.wait()).drop();
  const a = polled(barrier.wait());
  expect(a.status).toBe("pending");
  expect(leads([polled(barrier.wait())])).toEqual([true]);
  a.drop();
  const b = polled(barrier.wait());
  expect(b.status).toBe("pending");
  expect(leads([polled(barrier.wait())])).toEqual([true]);
});

test("its number is checked, and passing costs a unit of the budget", () => {
  for (const bad of [-1, 0.5, Number.NaN]) {
    expect(() => new Barrier(bad)).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG" }));
  }
  const barrier = new Barrier(2);
  expect([costOf(barrier.wait()), costOf(barrier.wait())]).toEqual([0, 1]);
});
