import { type Async, fn, ready } from "@treadle/core";
import { CancellationToken, Notify } from "@treadle/sync";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { costOf, manual, polled } from "./manual.ts";

describe("CancellationToken", () => {
  conforms(
    ["sync_cancellation_token::cancel_token", "sync_cancellation_token::cancel_token_owned"],
    "cancel wakes every waiter once, and later waits are ready at once",
    () => {
      const token = new CancellationToken();
      const tasks = [polled(token.cancelled()), polled(token.cancelled())];
      expect(token.isCancelled).toBe(false);
      token.cancel();
      token.cancel();
      expect(tasks.map((t) => [t.wakes, t.poll()])).toEqual([
        [1, "ok"],
        [1, "ok"],
      ]);
      expect([token.isCancelled, polled(token.cancelled()).status]).toEqual([true, "ok"]);
    },
  );

  conforms(
    "sync_cancellation_token::cancel_token_owned_drop_test",
    "a dropped wait is not woken",
    () => {
      const token = new CancellationToken();
      const task = polled(token.cancelled());
      task.drop();
      token.cancel();
      expect(task.wakes).toBe(0);
    },
  );

  conforms(
    [
      "sync_cancellation_token::cancel_child_token_through_parent",
      "sync_cancellation_token::cancel_child_token_without_parent",
      "sync_cancellation_token::cancel_only_all_descendants",
    ],
    "cancelling reaches all descendants and nobody else",
    () => {
      const root = new CancellationToken();
      const [a, b] = [root.childToken(), root.childToken()];
      const aa = a.childToken();
      const tasks = [root, a, b, aa].map((t) => polled(t.cancelled()));
      a.cancel();
      expect(tasks.map((t) => t.wakes)).toEqual([0, 1, 0, 1]);
      expect([root, a, b, aa].map((t) => t.isCancelled)).toEqual([false, true, false, true]);
      root.cancel();
      expect(tasks.map((t) => t.wakes)).toEqual([1, 1, 1, 1]);
    },
  );

  conforms(
    "sync_cancellation_token::cancel_grandchild_token_through_parent_if_child_was_dropped",
    "a descendant nobody waits on knows it when it is asked, also when those between are gone",
    () => {
      const root = new CancellationToken();
      const deep = root.childToken().childToken().childToken();
      expect(deep.isCancelled).toBe(false);
      root.cancel();
      expect([deep.isCancelled, deep.childToken().isCancelled]).toEqual([true, true]);
    },
  );

  conforms(
    "sync_cancellation_token::create_child_token_after_parent_was_cancelled",
    "a child made of a cancelled token is cancelled",
    () => {
      const root = new CancellationToken();
      root.cancel();
      expect(root.childToken().isCancelled).toBe(true);
    },
  );

  test("a disposed child no longer hears its parent, nor do its own children", () => {
    const root = new CancellationToken();
    const child = root.childToken();
    const grandchild = child.childToken();
    const task = polled(grandchild.cancelled());
    child[Symbol.dispose]();
    root.cancel();
    expect([child.isCancelled, grandchild.isCancelled, task.wakes]).toEqual([false, false, 0]);
    child.cancel();
    expect([task.wakes, grandchild.isCancelled]).toEqual([1, true]);
  });

  test("a token holds only those children that have somebody to tell", () => {
    const root = new CancellationToken();
    const held = (): boolean =>
      (root as unknown as { children: { isEmpty(): boolean } | null }).children?.isEmpty() ===
      false;
    const child = root.childToken().childToken();
    expect(held()).toBe(false);
    const [a, b] = [polled(child.cancelled()), polled(child.cancelled())];
    expect(held()).toBe(true);
    a.drop();
    expect(held()).toBe(true);
    b.drop();
    expect(held()).toBe(false);
    void child.signal;
    expect(held()).toBe(true);
    child[Symbol.dispose]();
    child.cancel();
    expect([held(), root.isCancelled]).toEqual([false, false]);
  });

  test("a child that was cancelled leaves its parent with nothing", () => {
    const root = new CancellationToken();
    const child = root.childToken();
    polled(child.cancelled());
    child.cancel();
    const children = (root as unknown as { children: { isEmpty(): boolean } }).children;
    expect(children.isEmpty()).toBe(true);
  });

  test("a token between leaves its parent when the last child below it was cancelled", () => {
    const root = new CancellationToken();
    const child = root.childToken().childToken();
    polled(child.cancelled());
    const children = (root as unknown as { children: { isEmpty(): boolean } }).children;
    expect(children.isEmpty()).toBe(false);
    child.cancel();
    expect(children.isEmpty()).toBe(true);
  });

  test("its signal fires once with the reason, and is the same each time", () => {
    const token = new CancellationToken();
    const child = token.childToken();
    const fired = vi.fn();
    child.signal.addEventListener("abort", fired);
    expect(child.signal).toBe(child.signal);
    expect(child.signal.aborted).toBe(false);
    token.cancel("enough");
    expect([fired.mock.calls.length, child.signal.aborted, child.signal.reason]).toEqual([
      1,
      true,
      "enough",
    ]);
    expect(token.signal.reason).toBe("enough");
    const other = new CancellationToken();
    other.cancel();
    expect(other.signal.reason).toMatchObject({ name: "AbortError" });
  });

  test("fromSignal puts one listener on a signal, for any number of tokens and waits", () => {
    const controller = new AbortController();
    const add = vi.spyOn(controller.signal, "addEventListener");
    const tokens = Array.from({ length: 100 }, () =>
      CancellationToken.fromSignal(controller.signal),
    );
    const tasks = tokens.map((token) => polled(token.cancelled()));
    tokens[0]?.cancel();
    expect(tasks.map((t) => t.wakes).reduce((a, b) => a + b)).toBe(1);
    controller.abort("stop");
    expect([add.mock.calls.length, tasks.every((t) => t.wakes === 1)]).toEqual([1, true]);
    expect(tokens[1]?.signal.reason).toBe("stop");
    expect(CancellationToken.fromSignal(AbortSignal.abort()).isCancelled).toBe(true);
    expect(() => CancellationToken.fromSignal({} as AbortSignal)).toThrow(/must be an AbortSignal/);
  });

  test("a guard cancels at the end of its block, unless it was disarmed", () => {
    const [a, b] = [new CancellationToken(), new CancellationToken()];
    {
      using first = a.dropGuard();
      using second = b.dropGuard();
      expect([first.disarm(), first.disarm(), second !== undefined]).toEqual([a, null, true]);
    }
    expect([a.isCancelled, b.isCancelled]).toEqual([false, true]);
  });

  test("100 000 waiters, children and levels are cancelled without recursion", () => {
    const root = new CancellationToken();
    const waits = Array.from({ length: 100_000 }, () => polled(root.cancelled()));
    const children = Array.from({ length: 100_000 }, () => polled(root.childToken().cancelled()));
    let deepest = root;
    for (let i = 0; i < 100_000; i++) deepest = deepest.childToken();
    const deep = polled(deepest.cancelled());
    for (const wait of waits.slice(0, 50_000)) wait.drop();
    root.cancel();
    expect([deep.wakes, deepest.isCancelled]).toEqual([1, true]);
    expect(children.every((t) => t.wakes === 1)).toBe(true);
    expect(waits.filter((t) => t.wakes === 1).length).toBe(50_000);
    let lonely = new CancellationToken();
    const top = lonely;
    for (let i = 0; i < 100_000; i++) lonely = lonely.childToken();
    polled(lonely.cancelled()).drop();
    top.cancel();
    expect(lonely.isCancelled).toBe(true);
  });

  test("what a wake or a listener does to the same tree is safe", () => {
    const root = new CancellationToken();
    const child = root.childToken();
    const other = polled(child.cancelled());
    const first = polled(root.cancelled());
    const seen: boolean[] = [];
    first.wake = () => {
      seen.push(child.isCancelled, root.childToken().isCancelled);
      other.drop();
      child.cancel();
      child[Symbol.dispose]();
    };
    root.signal.addEventListener("abort", () => seen.push(child.isCancelled));
    root.cancel();
    expect([seen, other.wakes]).toEqual([[true, true, true], 0]);
  });

  test("waiting uses no budget", () => {
    const token = new CancellationToken();
    token.cancel();
    expect(costOf(token.cancelled())).toBe(0);
  });
});

describe("runUntilCancelled", () => {
  conforms(
    [
      "sync_cancellation_token::run_until_cancelled_test",
      "sync_cancellation_token::run_until_cancelled_owned_test",
    ],
    "answers the value of what ends first, and waits no longer",
    () => {
      const token = new CancellationToken();
      const go = new Notify();
      const task = polled(
        token.runUntilCancelled(function* (): Async<number> {
          yield* go.notified();
          return 3;
        }),
      );
      go.notifyOne();
      expect([task.wakes, task.poll(), task.value]).toEqual([1, "ok", 3]);
      token.cancel();
      expect(task.wakes).toBe(1);
    },
  );

  test("when both have happened the value wins", () => {
    const token = new CancellationToken();
    const go = new Notify();
    const task = polled(token.runUntilCancelled(go.notified()));
    token.cancel();
    go.notifyOne();
    expect([task.wakes, task.poll(), task.value]).toEqual([2, "ok", undefined]);
    const both = polled(
      token.childToken().runUntilCancelled(function* (): Async<number> {
        return 1;
      }),
    );
    expect(both).toMatchObject({ status: "ok", value: undefined });
  });

  test("cancelling during its own poll lets a value through", () => {
    const token = new CancellationToken();
    const task = polled(
      token.runUntilCancelled(function* (): Async<string> {
        token.cancel();
        return yield* ready("value");
      }),
    );
    expect(task).toMatchObject({ status: "ok", value: "value" });
  });

  test("on a cancelled token nothing of it runs", () => {
    const token = new CancellationToken();
    token.cancel();
    let ran = false;
    const task = polled(
      token.runUntilCancelled(function* (): Async<void> {
        ran = true;
      }),
    );
    expect([task.status, task.value, ran]).toEqual(["ok", undefined, false]);
  });

  test("a cancelled future is dropped with its clean-up before the answer", () => {
    const ex = new TestExecutor();
    const token = new CancellationToken();
    const [never, cleaned] = [new Notify(), new Notify()];
    const log: string[] = [];
    const inner = fn(function* inner(): Async<number> {
      try {
        yield* never.notified();
        log.push("after");
        return 1;
      } finally {
        yield* cleaned.notified();
        log.push("cleaned");
      }
    });
    const task = ex.spawn(token.runUntilCancelled(inner()));
    ex.run();
    token.cancel();
    ex.run();
    expect([task.status, log]).toEqual(["pending", []]);
    cleaned.notifyOne();
    ex.run();
    expect([task.status, task.value, log]).toEqual(["ok", undefined, ["cleaned"]]);
  });

  test("failures come through: of the future, and of its clean-up", () => {
    const token = new CancellationToken();
    const fail = (): never => {
      throw new Error("own");
    };
    expect(polled(token.runUntilCancelled(fail)).error.message).toBe("own");
    const never = new Notify();
    const task = polled(
      token.runUntilCancelled(function* (): Async<void> {
        try {
          yield* never.notified();
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: what a failing clean-up does is the subject.
          throw new Error("clean-up");
        }
      }),
    );
    token.cancel();
    expect([task.poll(), task.error.message]).toEqual(["failed", "clean-up"]);
  });

  test("dropped before or while the clean-up runs it goes on closing, and its errors reach that drop", () => {
    for (const cancelled of [false, true]) {
      const token = new CancellationToken();
      const [never, cleaned] = [new Notify(), new Notify()];
      const task = polled(
        token.runUntilCancelled(function* (): Async<void> {
          try {
            yield* never.notified();
          } finally {
            yield* cleaned.notified();
            // biome-ignore lint/correctness/noUnsafeFinally: what a failing clean-up does is the subject.
            throw new Error("clean-up");
          }
        }),
      );
      if (cancelled) {
        token.cancel();
        expect(task.poll()).toBe("pending");
      }
      expect(task.drop()).toBe(false);
      cleaned.notifyOne();
      expect(task.drop()).toBe(true);
      expect((task.sink.errors as Error[]).map((e) => e.message)).toEqual(["clean-up"]);
      token.cancel();
    }
  });

  test("an error its clean-up has made before the drop reaches the drop too", () => {
    const token = new CancellationToken();
    const [never, cleaned] = [new Notify(), new Notify()];
    const inner = fn(function* inner(): Async<void> {
      try {
        yield* never.notified();
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: what a failing clean-up does is the subject.
        throw new Error("inner");
      }
    });
    const task = polled(
      token.runUntilCancelled(function* (): Async<void> {
        try {
          yield* inner();
        } finally {
          yield* cleaned.notified();
        }
      }),
    );
    token.cancel();
    expect([task.poll(), task.drop()]).toEqual(["pending", false]);
    cleaned.notifyOne();
    expect(task.drop()).toBe(true);
    expect((task.sink.errors as Error[]).map((e) => e.message)).toEqual(["inner"]);
  });

  test("dropped without a poll it leaves no trace", () => {
    const token = new CancellationToken();
    expect(manual(token.runUntilCancelled(new Notify().notified())).drop()).toBe(true);
  });
});

test("random trees agree with a model: who is cancelled, and how often each wait is woken", () => {
  const command = fc.record({
    do: fc.constantFrom("child", "child", "wait", "wait", "drop", "signal", "dispose", "cancel"),
    n: fc.nat(30),
  });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const tokens = [new CancellationToken()];
      const parents: (number | null)[] = [null];
      const cancelled = new Set<number>();
      const waits: { task: ReturnType<typeof manual<void>>; of: number; ready: boolean }[] = [];
      const isCancelled = (id: number | null): boolean =>
        id !== null && (cancelled.has(id) || isCancelled(parents[id] ?? null));
      const steps: Record<string, (id: number, n: number) => void> = {
        child(id) {
          tokens.push((tokens[id] as CancellationToken).childToken());
          parents.push(id);
        },
        wait(id) {
          const ready = isCancelled(id);
          waits.push({
            task: polled((tokens[id] as CancellationToken).cancelled()),
            of: id,
            ready,
          });
        },
        drop(_, n) {
          const wait = waits[n % waits.length];
          if (wait?.task.status === "pending") wait.task.drop();
        },
        signal(id) {
          expect(tokens[id]?.signal.aborted).toBe(isCancelled(id));
        },
        dispose(id) {
          tokens[id]?.[Symbol.dispose]();
          if (!isCancelled(id)) parents[id] = null;
        },
        cancel(id) {
          tokens[id]?.cancel();
          for (let i = 0; i < tokens.length; i++) {
            for (let at: number | null = i; at !== null; at = parents[at] ?? null) {
              if (at === id) cancelled.add(i);
            }
          }
        },
      };
      for (const { do: what, n } of commands) {
        steps[what]?.(n % tokens.length, n);
        tokens.forEach((token, id) => {
          if (n % 3 === 0) expect(token.isCancelled).toBe(isCancelled(id));
        });
        for (const { task, of, ready } of waits) {
          if (task.status === "pending") expect(task.wakes).toBe(isCancelled(of) && !ready ? 1 : 0);
        }
      }
    }),
    { numRuns: 500 },
  );
});
