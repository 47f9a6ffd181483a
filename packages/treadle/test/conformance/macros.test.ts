import {
  type Async,
  Builder,
  consumeBudget,
  fn,
  hasBudgetRemaining,
  type JoinHandle,
  join,
  mpsc,
  oneshot,
  PENDING,
  pending,
  pollFn,
  ready,
  Semaphore,
  select,
  spawn,
  yieldNow,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Counted, currentThread, Stuck, thrownBy } from "../support/runtimes.ts";

const give = fn(function* give<T>(value: T): Async<T> {
  return value;
}) as <T>(value: T) => Async<T>;

describe("select", () => {
  conforms(
    [
      "macros_select::sync_one_lit_expr_comma",
      "macros_select::sync_one_lit_expr_no_comma",
      "macros_select::sync_one_lit_expr_block",
      "macros_select::sync_one_await",
      "macros_select::sync_one_ident",
      "macros_select::select_into_future",
    ],
    "of one ready branch gives its value, whatever kind of future it is",
    async () => {
      using rt = currentThread();
      const own = give(1);
      for (const foo of [ready(1), own, () => give(1), () => ready(1)]) {
        expect(rt.blockOn(select({ foo }))).toEqual({ key: "foo", value: 1 });
      }
      expect(await rt.run(select({ foo: async () => 1 }))).toEqual({ key: "foo", value: 1 });
    },
  );

  conforms(
    ["macros_select::nested_one", "macros_select::nested"],
    "may stand in a branch of another",
    () => {
      using rt = currentThread();
      const inner = function* (): Async<number> {
        const { value: x } = yield* select({ x: ready(1) });
        const { value: y } = yield* select({ y: ready(2) });
        return x + y;
      };
      expect(rt.blockOn(select({ inner }))).toEqual({ key: "inner", value: 3 });
    },
  );

  conforms("macros_select::sync_two", "polls no further branch once one is ready", () => {
    for (let seed = 0; seed < 16; seed++) {
      using rt = Builder.newCurrentThread().rngSeed(seed).build();
      const count = { polls: 0 };
      const foo = new Counted(ready(1), count);
      const bar = new Counted(ready(2), count);
      const { value } = rt.blockOn(select({ foo, bar }));
      expect([1, 2]).toContain(value);
      expect(count.polls).toBe(1);
    }
  });

  conforms(
    ["macros_select::one_ready", "macros_select::never_branch_no_warnings"],
    "drops the branches that are not ready",
    () => {
      using rt = currentThread();
      const [tx1, rx1] = oneshot<number>();
      const stuck = new Stuck();
      tx1.send(1);
      expect(rt.blockOn(select({ rx1, stuck }))).toEqual({ key: "rx1", value: 1 });
      expect(stuck.drops).toBe(1);
    },
  );

  conforms("macros_select::many_branches", "takes many branches", () => {
    using rt = currentThread();
    const branches = Object.fromEntries(
      Array.from({ length: 64 }, (_, i) => [`branch ${i}`, i === 40 ? ready(i) : pending()]),
    );
    expect(rt.blockOn(select(branches))).toEqual({ key: "branch 40", value: 40 });
  });

  conforms(
    ["macros_select::no_branch_else_only", "macros_select::no_branch_else_only_biased"],
    "without branches throws at once instead of waiting for ever",
    () => {
      for (const biased of [true, false]) {
        expect(thrownBy(() => select({}, { biased })).code).toBe("ERR_INVALID_ARG");
      }
    },
  );

  conforms(
    "macros_select::select_streams",
    "loses no message of the receivers that it drops",
    () => {
      using rt = currentThread();
      const messages = rt.blockOn(function* () {
        const [tx1, rx1] = mpsc.unbounded<number>();
        const [tx2, rx2] = mpsc.unbounded<number>();
        spawn(function* () {
          tx2.send(1);
          yield* yieldNow();
          tx1.send(2);
          yield* yieldNow();
          tx2.send(3);
          yield* yieldNow();
          tx1.close();
          tx2.close();
        });
        const messages: number[] = [];
        const open = new Map([
          ["one", rx1],
          ["two", rx2],
        ]);
        while (open.size > 0) {
          const waits = [...open].map(([key, rx]) => [key, rx.recv()] as const);
          const { key, value } = yield* select(Object.fromEntries(waits));
          if (value === undefined) open.delete(key);
          else messages.push(value);
        }
        return messages;
      });
      expect(messages.sort()).toEqual([1, 2, 3]);
    },
  );

  conforms(
    [
      "macros_select::move_uncompleted_futures",
      "macros_select::join_with_select",
      "macros_select::disable_with_if",
    ],
    "on the handles of tasks loses no task: those that lost are waited for afterwards",
    () => {
      using rt = currentThread();
      const order = rt.blockOn(function* () {
        const [tx1, rx1] = oneshot<number>();
        const [tx2, rx2] = oneshot<number>();
        const left: Record<string, JoinHandle<number>> = { a: spawn(rx1), b: spawn(rx2) };
        spawn(function* () {
          tx2.send(456);
          yield* yieldNow();
          yield* yieldNow();
          tx1.send(123);
        });
        const order: unknown[] = [];
        while (Object.keys(left).length > 0) {
          const { key, value } = yield* select(left);
          delete left[key];
          order.push(key, value);
        }
        return order;
      });
      expect(order).toEqual(["b", 456, "a", 123]);
    },
  );

  conforms(
    ["macros_select::biased_one_not_ready", "macros_select::biased_eventually_ready"],
    "polls its branches in the order they are written when it is biased",
    () => {
      for (let seed = 0; seed < 8; seed++) {
        using rt = Builder.newCurrentThread().rngSeed(seed).build();
        const late = { polls: 0 };
        const { key, value } = rt.blockOn(
          select(
            { never: pending(), two: ready(2), three: new Counted(ready(3), late) },
            { biased: true },
          ),
        );
        expect([key, value, late.polls]).toEqual(["two", 2, 0]);
      }
    },
  );

  conforms(
    "macros_select::unstable::deterministic_select_current_thread",
    "chooses among ready branches by the runtime's seed",
    () => {
      const draw = () => {
        using rt = Builder.newCurrentThread().rngSeed(7).build();
        const one = () =>
          select(Object.fromEntries(Array.from({ length: 10 }, (_, i) => [String(i), ready(i)])));
        return Array.from({ length: 20 }, () => rt.blockOn(one()).value);
      };
      const first = draw();
      expect(draw()).toEqual(first);
      expect(new Set(first).size).toBeGreaterThan(3);
    },
  );

  conforms(
    "macros_select::select_is_budget_aware",
    "is not ready once the budget is spent, although one of its branches would be",
    () => {
      using rt = currentThread();
      const seen = rt.blockOn(
        pollFn(() => {
          const once = () =>
            select({ unit: consumeBudget(), now: ready(0) }, { biased: true }).next() !== PENDING;
          let n = 0;
          while (n < 1_000 && once()) n++;
          return [n, hasBudgetRemaining()];
        }),
      );
      expect(seen).toEqual([128, false]);
      expect(rt.metrics().budgetForcedYieldCount()).toBe(1);
    },
  );
});

describe("join", () => {
  conforms(
    [
      "macros_join::sync_one_lit_expr_comma",
      "macros_join::sync_one_lit_expr_no_comma",
      "macros_join::sync_two_lit_expr_comma",
      "macros_join::sync_two_lit_expr_no_comma",
      "macros_join::empty_join",
      "macros_try_join::sync_one_lit_expr_comma",
      "macros_try_join::sync_one_lit_expr_no_comma",
      "macros_try_join::sync_two_lit_expr_comma",
      "macros_try_join::sync_two_lit_expr_no_comma",
      "macros_try_join::empty_try_join",
    ],
    "gives the outputs in the order of its futures, and none for none",
    () => {
      using rt = currentThread();
      expect(rt.blockOn(join())).toEqual([]);
      expect(rt.blockOn(join(give(1)))).toEqual([1]);
      expect(rt.blockOn(join(give(1), give("two")))).toEqual([1, "two"]);
    },
  );

  conforms("macros_join::join_into_future", "takes functions that make futures", async () => {
    using rt = currentThread();
    expect(
      await rt.run(
        join(
          () => ready(1),
          async () => 2,
        ),
      ),
    ).toEqual([1, 2]);
  });

  conforms(
    ["macros_join::two_await", "macros_try_join::two_await"],
    "is polled once for each of its futures that wakes it",
    () => {
      using rt = currentThread();
      const [tx1, rx1] = oneshot<string>();
      const [tx2, rx2] = oneshot<number>();
      const count = { polls: 0 };
      const task = rt.spawn(new Counted(join(rx1, rx2), count));
      rt.blockOn(yieldNow());
      tx2.send(123);
      rt.blockOn(yieldNow());
      rt.blockOn(yieldNow());
      expect([count.polls, task.isFinished()]).toEqual([2, false]);
      tx1.send("hello");
      expect(rt.blockOn(task)).toEqual(["hello", 123]);
      expect(count.polls).toBe(3);
    },
  );

  conforms(
    "macros_try_join::err_abort_early",
    "throws the first failure at once, and drops the others",
    () => {
      using rt = currentThread();
      const [tx1, rx1] = oneshot<string>();
      const [tx2, rx2] = oneshot<number>();
      const stuck = new Stuck();
      const task = rt.spawn(join(rx1, rx2, stuck));
      rt.blockOn(yieldNow());
      tx2.send(123);
      rt.blockOn(yieldNow());
      expect(task.isFinished()).toBe(false);
      tx1.close();
      expect(thrownBy(() => rt.blockOn(task)).code).toBe("ERR_CHANNEL_CLOSED");
      expect(stuck.drops).toBe(1);
    },
  );

  conforms(
    [
      "macros_join::a_different_future_is_polled_first_every_time_poll_fn_is_polled",
      "macros_try_join::a_different_future_is_polled_first_every_time_poll_fn_is_polled",
    ],
    "begins with another of its futures at each poll",
    () => {
      using rt = currentThread();
      const order: number[] = [];
      const note = fn(function* note(x: number): Async<void> {
        for (let i = 0; i < 4; i++) {
          order.push(x);
          yield* yieldNow();
        }
      });
      rt.blockOn(join(note(1), note(2), note(3)));
      expect(order).toEqual([1, 2, 3, 2, 3, 1, 3, 1, 2, 1, 2, 3]);
    },
  );

  conforms(
    [
      "macros_join::join_does_not_allow_tasks_to_starve",
      "macros_try_join::try_join_does_not_allow_tasks_to_starve",
    ],
    "lets each of its futures go on although one always spends the whole budget",
    () => {
      using rt = currentThread();
      const permits = new Semaphore(1);
      const greedy = fn(function* greedy(): Async<number> {
        let exceeded = 0;
        for (; exceeded < 5; exceeded++) {
          for (let i = 0; i < 128; i++) (yield* permits.acquire()).release();
        }
        return exceeded;
      });
      const poor = fn(function* poor(): Async<number> {
        let runs = 0;
        for (; runs < 5; runs++) (yield* permits.acquire()).release();
        return runs;
      });
      expect(rt.blockOn(join(greedy(), poor()))).toEqual([5, 5]);
    },
  );
});
