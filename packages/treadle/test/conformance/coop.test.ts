import { BUDGET, cx } from "@treadle/core";
import {
  consumeBudget,
  hasBudgetRemaining,
  join,
  pollFn,
  pollProceed,
  refundBudget,
  spawn,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { currentThread } from "../support/runtimes.ts";

describe("the budget of a poll", () => {
  conforms(
    "coop_budget::test_has_budget_remaining",
    "is spent by as many operations as it has units",
    () => {
      using rt = currentThread();
      const seen = rt.blockOn(function* () {
        const before = hasBudgetRemaining();
        for (let i = 0; i < 128; i++) yield* consumeBudget();
        return [before, hasBudgetRemaining()];
      });
      expect(seen).toEqual([true, false]);
    },
  );

  conforms(
    "task/coop::budgeting",
    "is 128, loses a unit per operation, and gets it back when the operation has to wait",
    () => {
      using rt = currentThread();
      expect([BUDGET, cx.budget, pollProceed(), cx.budget]).toEqual([128, -1, true, -1]);
      const inside = () => {
        const log = [cx.budget];
        pollProceed();
        log.push(cx.budget);
        refundBudget();
        log.push(cx.budget);
        pollProceed();
        pollProceed();
        log.push(cx.budget);
        return log;
      };
      const expected = [BUDGET, BUDGET - 1, BUDGET, BUDGET - 2];
      expect(rt.blockOn(pollFn(inside))).toEqual(expected);
      expect(rt.blockOn(rt.spawn(pollFn(inside)))).toEqual(expected);
      expect(cx.budget).toBe(-1);
      const spent = rt.blockOn(
        pollFn(() => {
          for (let i = 0; i < BUDGET; i++) pollProceed();
          const refused = !pollProceed();
          return [refused, cx.budget];
        }),
      );
      expect(spent).toEqual([true, 0]);
    },
  );

  conforms(
    "task_local_set::run_until_does_not_get_own_budget",
    "is shared by the futures inside one task, and each task has its own",
    () => {
      using rt = currentThread();
      const count = { root: [0, 0], task: 0 };
      const spend = (add: () => void) =>
        pollFn(() => {
          while (consumeBudget().next().done) add();
          return undefined;
        });
      rt.blockOn(function* () {
        yield* consumeBudget();
        const task = spawn(spend(() => count.task++));
        yield* join(
          spend(() => count.root[0]!++),
          spend(() => count.root[1]!++),
        );
        yield* task;
      });
      expect(count).toEqual({ root: [127, 0], task: 128 });
    },
  );
});
