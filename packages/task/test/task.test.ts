/** One task: its polls, its abort, its clean-up and its joiners, step by step. */
import { type Async, BUDGET, consumeBudget, cx, fn, pending, ready } from "@treadle/core";
import {
  AbortHandle,
  JoinError,
  join,
  select,
  spawn,
  spawnLocal,
  taskId,
  tryTaskId,
} from "@treadle/task";
import { beforeEach, describe, expect, test } from "vitest";
import { Gate, Hand, labelOf } from "../../../tools/test-hand.ts";
import { TestRuntime } from "./support/runtime.ts";

let rt: TestRuntime;
beforeEach(() => {
  rt = new TestRuntime();
});

const start: typeof spawn = ((...args: Parameters<typeof spawn>) =>
  rt.enter(() => spawn(...args))) as typeof spawn;

const waits = fn(function* waits<T>(gate: Gate<T>): Async<T> {
  return yield* gate;
});

describe("spawn", () => {
  test("runs nothing before it returns, and polls once for each wake", () => {
    const gate = new Gate<number>();
    const handle = start(waits, gate);
    expect([gate.polls, handle.isFinished(), rt.scheduled]).toEqual([0, false, 1]);
    rt.run();
    expect([gate.polls, rt.scheduled]).toEqual([1, 1]);
    gate.open(5);
    rt.run();
    expect([gate.polls, rt.scheduled, rt.steps, handle.isFinished()]).toEqual([2, 2, 2, true]);
    expect(rt.released.map((task) => task.id)).toEqual([handle.id]);
  });

  test("takes a function with arguments, a call, a generator function, an object, a leaf", () => {
    const add = function* add(a: number, b: number): Async<number> {
      return a + b;
    };
    const handles = [
      start(add, 1, 2),
      start(fn(add), 3, 4),
      start(fn(add)(5, 6)),
      start(function* (): Async<number> {
        return 15;
      }),
      start(add(9, 10)),
      start(ready(23)),
      start(() => ready(27)),
      rt.enter(() => spawnLocal(add, 15, 16)),
    ];
    rt.run();
    const sums = handles.map((handle) => (handle.ending() as { value?: number }).value);
    expect(sums).toEqual([3, 7, 11, 15, 19, 23, 27, 31]);
  });

  test("names the task after its function", () => {
    expect([start(waits, new Gate()).name, start(function* () {}).name]).toEqual([
      "waits",
      "anonymous",
    ]);
  });

  test("gives numbers that rise and are never used twice, and that the task can ask for", () => {
    const ids: (number | undefined)[] = [tryTaskId()];
    const a = start(function* (): Async<void> {
      ids.push(taskId(), tryTaskId());
    });
    const b = start(ready(0));
    rt.run();
    expect(ids).toEqual([undefined, a.id, a.id]);
    expect(b.id).toBeGreaterThan(a.id);
    expect(() => taskId()).toThrow(expect.objectContaining({ code: "ERR_NO_TASK" }));
  });

  test("outside a runtime is an error that names it", () => {
    expect(() => spawn(ready(0))).toThrow(
      expect.objectContaining({
        code: "ERR_NO_RUNTIME",
        message: expect.stringMatching(/spawn\(\)/),
      }),
    );
  });

  test("on a runtime that is shut down drops the task unpolled", () => {
    rt.owned.close();
    let ran = 0;
    const handle = start(function* (): Async<void> {
      ran++;
    });
    expect([handle.ending().status, ran, rt.scheduled]).toEqual(["cancelled", 0, 0]);
  });
});

describe("a wake", () => {
  test("ten times before a poll makes one poll", () => {
    const gate = new Gate();
    start(waits, gate);
    rt.run();
    const { waker } = gate;
    for (let i = 0; i < 10; i++) waker?.wake();
    rt.run();
    expect([gate.polls, rt.scheduled]).toEqual([2, 2]);
  });

  test("during its own poll puts the task at the back of the queue, once", () => {
    const log: string[] = [];
    class Self extends Gate {
      protected override poll(): ReturnType<Gate["next"]> {
        log.push("self");
        const answer = super.poll();
        if (this.polls < 3) {
          this.waker?.wake();
          this.waker?.wake();
        }
        return answer;
      }
    }
    start(waits, new Self());
    start(function* (): Async<void> {
      log.push("other");
    });
    rt.run();
    expect(log).toEqual(["self", "other", "self", "self"]);
    expect([rt.scheduled, rt.yielded]).toEqual([4, 2]);
  });

  test("after the end does nothing", () => {
    const gate = new Gate();
    start(waits, gate);
    rt.run();
    const { waker } = gate;
    gate.open();
    rt.run();
    waker?.wake();
    expect([rt.queue.length, rt.scheduled]).toEqual([0, 2]);
  });
});

describe("a poll", () => {
  test("has a budget of its own", () => {
    const seen: number[] = [];
    const look = function* look(): Async<void> {
      yield* consumeBudget();
      seen.push(cx.budget);
    };
    start(look);
    start(look);
    rt.run();
    expect(seen).toEqual([BUDGET - 1, BUDGET - 1]);
  });

  test("that uses a bare yield fails the task there, and runs its clean-up", () => {
    const log: string[] = [];
    const handle = start(function* oops(): Async<void> {
      try {
        yield ready(0) as never;
      } catch (error) {
        log.push(labelOf(error));
        throw error;
      } finally {
        log.push("finally");
      }
    });
    rt.run();
    expect(log).toEqual(["ERR_BARE_YIELD", "finally"]);
    expect(handle.ending()).toMatchObject({
      status: "failed",
      error: { message: expect.stringMatching(/^oops\(\) yielded a future/) },
    });
  });

  test("may go on after it has caught the error of a bare yield", () => {
    const gate = new Gate<number>();
    const handle = start(function* oops(): Async<number> {
      try {
        yield undefined as never;
      } catch {
        return yield* gate;
      }
      return 0;
    });
    rt.run();
    gate.open(3);
    rt.run();
    expect(handle.ending()).toEqual({ status: "ok", value: 3 });
  });
});

describe("an abort", () => {
  test("of a task that was never polled drops it unpolled, at the scheduler's turn", () => {
    let ran = 0;
    const handle = start(function* (): Async<void> {
      try {
        ran++;
      } finally {
        ran++;
      }
    });
    handle.abort();
    expect([handle.isFinished(), rt.scheduled]).toEqual([false, 1]);
    rt.run();
    expect([handle.isFinished(), ran, handle.ending().status]).toEqual([true, 0, "cancelled"]);
  });

  test("of a waiting task is carried out by the scheduler, never inline", () => {
    const gate = new Gate();
    const handle = start(waits, gate);
    rt.run();
    handle.abort();
    expect([gate.drops, handle.isFinished(), rt.scheduled]).toEqual([0, false, 2]);
    rt.run();
    expect([gate.drops, gate.polls, handle.ending().status]).toEqual([1, 1, "cancelled"]);
  });

  test("gives the joiner an error with the task's number and code, and no stack trace", () => {
    const handle = start(pending());
    handle.abort();
    rt.run();
    const { error } = handle.ending() as { error: JoinError };
    expect(error).toBeInstanceOf(JoinError);
    expect([error.code, error.id, error.isCancelled(), error.message, error.name]).toEqual([
      "ERR_TASK_CANCELLED",
      handle.id,
      true,
      `task ${handle.id} was cancelled`,
      "JoinError",
    ]);
    expect(error.stack).not.toMatch(/\n\s+at /);
    expect((handle.ending() as { error: JoinError }).error).toBe(error);
  });

  test("in the very poll in which the task ends leaves its output", () => {
    const handle = start(function* (): Async<number> {
      handle.abort();
      return 5;
    });
    rt.run();
    expect(handle.ending()).toEqual({ status: "ok", value: 5 });
  });

  test("in the very poll in which the task fails leaves its failure", () => {
    const error = new Error("own");
    const handle = start(function* (): Async<number> {
      handle.abort();
      throw error;
    });
    rt.run();
    expect(handle.ending()).toEqual({ status: "failed", error });
  });

  test("during a poll that then waits drops the task in the same run", () => {
    const gate = new Gate();
    const handle = start(function* (): Async<void> {
      handle.abort();
      yield* gate;
    });
    rt.run();
    expect([gate.polls, gate.drops, rt.steps, handle.ending().status]).toEqual([
      1,
      1,
      1,
      "cancelled",
    ]);
  });

  test("after the end changes nothing", () => {
    const handle = start(ready(1));
    rt.run();
    handle.abort();
    rt.run();
    expect([handle.ending(), rt.scheduled]).toEqual([{ status: "ok", value: 1 }, 1]);
  });

  test("through an AbortHandle is the same", () => {
    const handle = start(pending());
    const aborter = handle.abortHandle();
    expect(aborter).toBeInstanceOf(AbortHandle);
    expect([aborter.id, aborter.isFinished()]).toEqual([handle.id, false]);
    aborter.abort();
    rt.run();
    expect([aborter.isFinished(), handle.ending().status]).toEqual([true, "cancelled"]);
  });
});

describe("clean-up", () => {
  /** Waits for ever, then for `cleanup`, then throws, if it is to. */
  const guarded = fn(function* guarded(cleanup: Gate, log: string[], error?: Error): Async<void> {
    try {
      yield* pending();
      log.push("never");
    } finally {
      log.push("enter");
      yield* cleanup;
      log.push("leave");
      // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
      if (error !== undefined) throw error;
    }
  });

  test("that waits is polled like any task, and the handle settles after it", () => {
    const [cleanup, log] = [new Gate(), [] as string[]];
    const handle = start(guarded, cleanup, log);
    rt.run();
    handle.abort();
    rt.run();
    expect([log, handle.isFinished(), rt.owned.size]).toEqual([["enter"], false, 1]);
    cleanup.open();
    rt.run();
    expect([log, handle.ending().status, rt.owned.size]).toEqual([
      ["enter", "leave"],
      "cancelled",
      0,
    ]);
    expect([cleanup.polls, cleanup.drops]).toEqual([2, 0]);
  });

  test("is not torn by a second abort, nor a third in its own poll", () => {
    const [cleanup, log] = [new Gate(), [] as string[]];
    const handle = start(guarded, cleanup, log);
    rt.run();
    handle.abort();
    rt.run();
    handle.abort();
    expect(rt.queue).toHaveLength(0);
    rt.run();
    expect([cleanup.polls, cleanup.drops, log]).toEqual([1, 0, ["enter"]]);
    cleanup.open();
    handle.abort();
    rt.run();
    expect([log, handle.ending().status]).toEqual([["enter", "leave"], "cancelled"]);
  });

  test("may abort its own task, which changes nothing", () => {
    const cleanup = new Gate();
    const handle = start(function* (): Async<void> {
      try {
        yield* pending();
      } finally {
        handle.abort();
        yield* cleanup;
      }
    });
    rt.run();
    handle.abort();
    rt.run();
    cleanup.open();
    rt.run();
    expect([cleanup.polls, handle.ending().status]).toEqual([2, "cancelled"]);
  });

  test("that throws reaches the joiner as a failure: the first error, the others suppressed", () => {
    const errors = [new Error("inner"), new Error("outer")] as const;
    const cleanup = new Gate();
    cleanup.open();
    const log: string[] = [];
    const outer = fn(function* outer(): Async<void> {
      try {
        yield* guarded(cleanup, log, errors[0]);
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
        throw errors[1];
      }
    });
    const handle = start(outer);
    rt.run();
    handle.abort();
    rt.run();
    expect(handle.ending()).toEqual({
      status: "failed",
      error: errors[0],
      suppressed: [errors[1]],
    });
    expect(() => handle.output()).toThrow(errors[0]);
    expect(rt.unobserved.map(({ error }) => error)).toEqual([errors[0]]);
  });

  test("that throws alone leaves nothing suppressed", () => {
    const error = new Error("only");
    const cleanup = new Gate();
    const handle = start(guarded, cleanup, [], error);
    rt.run();
    handle.abort();
    rt.run();
    cleanup.open();
    rt.run();
    expect(handle.ending()).toEqual({ status: "failed", error });
  });

  test("may spawn and await tasks", () => {
    const gate = new Gate<number>();
    const log: unknown[] = [];
    const handle = start(function* (): Async<void> {
      try {
        yield* pending();
      } finally {
        log.push(yield* spawn(waits, gate));
      }
    });
    rt.run();
    handle.abort();
    rt.run();
    expect(handle.isFinished()).toBe(false);
    gate.open(8);
    rt.run();
    expect([log, handle.ending().status]).toEqual([[8], "cancelled"]);
  });

  test("has the task's number and a fresh budget", () => {
    const seen: unknown[] = [];
    const handle = start(function* (): Async<void> {
      try {
        yield* pending();
      } finally {
        seen.push(tryTaskId(), cx.budget);
      }
    });
    rt.run();
    handle.abort();
    rt.run();
    expect(seen).toEqual([handle.id, BUDGET]);
  });

  test("of a plain generator, run as a task, is exact", () => {
    const log: string[] = [];
    const cleanup = new Gate();
    const handle = start(function* (): Async<void> {
      try {
        yield* pending();
      } finally {
        yield* cleanup;
        log.push("leave");
      }
    });
    rt.run();
    handle.abort();
    rt.run();
    cleanup.open();
    rt.run();
    expect([log, handle.ending().status]).toEqual([["leave"], "cancelled"]);
  });
});

describe("shutdown", () => {
  test("cancels an idle task inline, and one whose clean-up waits goes on in later runs", () => {
    const log: string[] = [];
    const cleanup = new Gate();
    const handle = start(function* (): Async<void> {
      try {
        yield* pending();
      } finally {
        log.push("enter");
        yield* cleanup;
        log.push("leave");
      }
    });
    rt.run();
    rt.enter(() => rt.owned.closeAndShutdownAll());
    expect([log, handle.isFinished()]).toEqual([["enter"], false]);
    cleanup.open();
    rt.run();
    expect([log, handle.ending().status]).toEqual([["enter", "leave"], "cancelled"]);
  });

  test("during clean-up makes one more step of it, and does not begin it anew", () => {
    const log: string[] = [];
    const cleanup = new Gate();
    const handle = start(function* (): Async<void> {
      try {
        yield* pending();
      } finally {
        log.push("enter");
        yield* cleanup;
        log.push("leave");
      }
    });
    rt.run();
    handle.abort();
    rt.run();
    rt.enter(() => rt.owned.closeAndShutdownAll());
    expect([log, cleanup.polls, cleanup.drops]).toEqual([["enter"], 2, 0]);
    cleanup.open();
    rt.run();
    expect([log, handle.ending().status]).toEqual([["enter", "leave"], "cancelled"]);
  });

  test("of a task that is queued drops it once, and its place in the queue is forgotten", () => {
    const gate = new Gate();
    const handle = start(waits, gate);
    rt.run();
    gate.waker?.wake();
    rt.enter(() => rt.owned.closeAndShutdownAll());
    expect([gate.drops, handle.ending().status]).toEqual([1, "cancelled"]);
    rt.run();
    expect([gate.polls, gate.drops, rt.released.length]).toEqual([1, 1, 1]);
  });

  test("that has lost patience gives a task up: it is cancelled, and later wakes do nothing", () => {
    const cleanup = new Gate();
    const handle = start(function* (): Async<void> {
      try {
        yield* pending();
      } finally {
        yield* cleanup;
      }
    });
    rt.run();
    handle.abort();
    rt.run();
    handle.forsake();
    handle.forsake();
    expect([handle.ending().status, rt.released.length]).toEqual(["cancelled", 1]);
    cleanup.open();
    rt.run();
    expect(cleanup.polls).toBe(1);
  });
});

describe("a joiner", () => {
  test("is woken once, after the output is there", () => {
    const gate = new Gate<number>();
    const handle = start(waits, gate);
    const hand = new Hand(handle);
    rt.run();
    expect([hand.poll(), hand.poll(), hand.wakes]).toEqual(["pending", "pending", 0]);
    gate.open(6);
    expect(hand.wakes).toBe(0);
    rt.run();
    expect([hand.wakes, hand.poll(), hand.value]).toEqual([1, "ok", 6]);
  });

  test("gets the very error that the task threw", () => {
    const error = { no: "Error" };
    const handle = start(function* (): Async<void> {
      throw error;
    });
    rt.run();
    const hand = new Hand(handle);
    expect([hand.poll(), hand.error]).toEqual(["failed", error]);
    expect(hand.error).toBe(error);
  });

  test("may be one of many, of several tasks, and join any number of times", () => {
    const gate = new Gate<number>();
    const handle = start(waits, gate);
    rt.run();
    const hands = [new Hand(handle), new Hand(handle), new Hand(handle.outcome())];
    for (const hand of hands) hand.poll();
    gate.open(1);
    rt.run();
    expect(hands.map((hand) => [hand.wakes, hand.poll()])).toEqual([
      [1, "ok"],
      [1, "ok"],
      [1, "ok"],
    ]);
    expect(hands.map((hand) => hand.value)).toEqual([1, 1, { status: "ok", value: 1 }]);
    const again = new Hand(handle);
    expect([again.poll(), again.value]).toEqual(["ok", 1]);
  });

  test("that gives up is not woken, and takes nothing from the others", () => {
    const gate = new Gate<number>();
    const handle = start(waits, gate);
    rt.run();
    const hands = [0, 1, 2].map(() => new Hand(handle.outcome()));
    for (const hand of hands) hand.poll();
    for (const at of [0, 2]) expect(hands[at]?.drop()).toBe("dropped");
    gate.open(1);
    rt.run();
    expect(hands[1]?.wakes).toBe(1);
    expect(hands[1]?.poll()).toBe("ok");
  });

  test("that waits twice in one task is woken for the wait that is left", () => {
    const gate = new Gate<number>();
    const handle = start(waits, gate);
    const other = new Gate<string>();
    const joiner = start(join(select({ handle, other }, { biased: true }), handle));
    rt.run();
    other.open("other");
    rt.run();
    gate.open(2);
    rt.run();
    expect(joiner.isFinished()).toBe(true);
    expect(joiner.ending()).toEqual({
      status: "ok",
      value: [{ key: "other", value: "other" }, 2],
    });
  });

  test("that is dropped unpolled takes no wake from another wait of its task", () => {
    for (const wait of ["handle", "outcome"] as const) {
      const gate = new Gate<number>();
      const handle = start(waits, gate);
      const other = new Gate<string>();
      other.open("other");
      const loser = (): never => (wait === "handle" ? handle : handle.outcome()) as never;
      const first = new Gate();
      const joiner = start(function* (): Async<unknown> {
        return yield* join(
          handle,
          fn(function* (): Async<void> {
            yield* first;
            yield* select({ other, loser: loser() }, { biased: true });
          })(),
        );
      });
      rt.run();
      // The second poll begins with the second child; the third again with the handle, before the select.
      first.waker?.wake();
      rt.run();
      first.open();
      rt.run();
      gate.open(2);
      rt.run();
      expect(joiner.ending()).toEqual({ status: "ok", value: [2, undefined] });
    }
  });

  test("that waited once, in an outcome of its own, wakes nobody when it is dropped", () => {
    const handle = start(pending());
    rt.run();
    const hand = new Hand(handle.outcome());
    hand.poll();
    expect([hand.drop(), hand.wakes]).toEqual(["dropped", 0]);
  });

  test("uses one unit of the budget when it joins, none while it waits", () => {
    const gate = new Gate<number>();
    const handle = start(waits, gate);
    rt.run();
    const hand = new Hand(handle);
    expect([hand.poll(5), hand.left]).toEqual(["pending", 5]);
    gate.open(1);
    rt.run();
    expect([hand.poll(0), hand.poll(5), hand.left]).toEqual(["pending", "ok", 4]);
  });

  test("may await the handle as a promise, any number of times", async () => {
    const handle = start(ready(4));
    const fails = start(function* (): Async<void> {
      throw new Error("own");
    });
    const both = Promise.all([handle, handle.then((n) => n * 2)]);
    const failed = fails.then(undefined, labelOf);
    rt.run();
    expect(await both).toEqual([4, 8]);
    expect(await failed).toBe("own");
    expect(await handle).toBe(4);
  });
});

describe("a failure", () => {
  const fails = function* fails(): Async<void> {
    throw new Error("own");
  };

  test("that nobody waits for is told to the scheduler, and whether somebody was woken", () => {
    start(fails);
    const awaited = start(fails);
    new Hand(awaited.outcome()).poll();
    rt.run();
    expect(rt.unobserved.map(({ awaited }) => awaited)).toEqual([false, true]);
  });

  test("that a promise has taken is told to nobody", async () => {
    const handle = start(fails);
    const taken = handle.then(undefined, labelOf);
    rt.run();
    expect([await taken, rt.unobserved]).toEqual(["own", []]);
  });
});

describe("detach", () => {
  test("lets the task run on, and its output go", () => {
    const gate = new Gate<number>();
    const handle = start(waits, gate);
    expect(handle.isDetached()).toBe(false);
    handle.detach();
    handle.detach();
    expect(handle.isDetached()).toBe(true);
    rt.run();
    gate.open(1);
    rt.run();
    expect([handle.isFinished(), gate.polls]).toEqual([true, 2]);
  });
});
