/** A block that does not end before the tasks it has spawned. */
import { type Async, fn, pending, ready } from "@treadle/core";
import { type Scope, scope } from "@treadle/task";
import { beforeEach, describe, expect, test } from "vitest";
import type { TestTask } from "../../../tools/test-executor.ts";
import { Gate, Hand, labelOf } from "../../../tools/test-hand.ts";
import { TestRuntime } from "./support/runtime.ts";

let rt: TestRuntime;
beforeEach(() => {
  rt = new TestRuntime();
});

/** Runs a scope until it waits. */
function run<T>(body: (s: Scope) => Async<T>): TestTask<T> {
  const task = rt.spawn(scope(body));
  rt.run();
  return task;
}

/** Waits for ever, then for `cleanup`, then throws, if it is to. */
const guarded = fn(function* guarded(cleanup: Gate, log: string[], error?: Error): Async<void> {
  try {
    yield* pending();
  } finally {
    log.push("enter");
    yield* cleanup;
    log.push("leave");
    // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
    if (error !== undefined) throw error;
  }
});

describe("a scope", () => {
  test("gives the value of its body", () => {
    const task = run(function* (): Async<number> {
      return yield* ready(5);
    });
    expect([task.status, task.value, task.polls]).toEqual(["ok", 5, 1]);
  });

  test("does not end before its tasks have", () => {
    const gates = [new Gate<number>(), new Gate<number>()] as const;
    const task = run(function* (s): Async<string> {
      for (const gate of gates) s.spawn(gate);
      return "body";
    });
    expect(task.status).toBe("pending");
    gates[1].open(1);
    rt.run();
    expect(task.status).toBe("pending");
    gates[0].open(0);
    rt.run();
    expect([task.status, task.value]).toEqual(["ok", "body"]);
  });

  test("lets its body await its tasks", () => {
    const gate = new Gate<number>();
    const task = run(function* (s): Async<number> {
      const handle = s.spawn(gate);
      return (yield* handle) * 2;
    });
    gate.open(4);
    rt.run();
    expect([task.status, task.value]).toEqual(["ok", 8]);
  });

  test("lets its tasks spawn into it, also after the body has ended", () => {
    const gate = new Gate();
    const inner = new Gate();
    const task = run(function* (s): Async<void> {
      s.spawn(function* (): Async<void> {
        yield* gate;
        s.spawn(inner);
      });
    });
    gate.open();
    rt.run();
    expect([task.status, inner.polls]).toEqual(["pending", 1]);
    inner.open();
    rt.run();
    expect(task.status).toBe("ok");
  });

  test("spawns functions with arguments", () => {
    const task = run(function* (s): Async<number> {
      return yield* s.spawn(
        function* (a: number, b: number): Async<number> {
          return a - b;
        },
        9,
        4,
      );
    });
    expect(task.value).toBe(5);
  });

  test("counts an aborted task as ended, not as failed", () => {
    const task = run(function* (s): Async<string> {
      const handle = s.spawn(pending());
      handle.abort();
      return "body";
    });
    rt.run();
    expect([task.status, task.value]).toEqual(["ok", "body"]);
  });

  test("takes no task after its end", () => {
    let kept!: Scope;
    run(function* (s): Async<void> {
      kept = s;
    });
    expect(() => rt.enter(() => kept.spawn(ready(0)))).toThrow(
      expect.objectContaining({ code: "ERR_SCOPE_CLOSED" }),
    );
  });
});

describe("a failure", () => {
  test("of a task cancels the body and the other tasks, awaits all clean-up, and is thrown", () => {
    const log: string[] = [];
    const error = new Error("first");
    const [fails, own, other] = [new Gate(), new Gate(), new Gate()];
    const task = run(function* (s): Async<void> {
      s.spawn(fails);
      s.spawn(guarded, other, log);
      yield* guarded(own, log);
    });
    fails.fail(error);
    rt.run();
    expect([task.status, log]).toEqual(["pending", ["enter", "enter"]]);
    own.open();
    rt.run();
    expect(task.status).toBe("pending");
    other.open();
    rt.run();
    expect([task.status, task.error]).toEqual(["failed", error]);
    expect(log).toHaveLength(4);
    expect([rt.failures, task.sink.errors]).toEqual([[], null]);
  });

  test("of the body cancels the tasks, awaits their clean-up, and is thrown", () => {
    const log: string[] = [];
    const error = new Error("body");
    const [gate, cleanup] = [new Gate(), new Gate()];
    const task = run(function* (s): Async<void> {
      s.spawn(guarded, cleanup, log);
      yield* gate;
      throw error;
    });
    gate.open();
    rt.run();
    expect([task.status, log]).toEqual(["pending", ["enter"]]);
    cleanup.open();
    rt.run();
    expect([task.status, task.error, log]).toEqual(["failed", error, ["enter", "leave"]]);
  });

  test("that the body has seen, by awaiting that task, is thrown once", () => {
    const error = new Error("first");
    const fails = new Gate();
    const task = run(function* (s): Async<void> {
      yield* s.spawn(fails);
    });
    fails.fail(error);
    rt.run();
    expect([task.status, task.error, rt.failures]).toEqual(["failed", error, []]);
  });

  test("that the body has caught fails the scope all the same", () => {
    const fails = new Gate();
    const caught: string[] = [];
    const task = run(function* (s): Async<string> {
      try {
        yield* s.spawn(fails);
      } catch (error) {
        caught.push(labelOf(error));
      }
      return "went on";
    });
    fails.fail(new Error("first"));
    rt.run();
    expect([task.status, labelOf(task.error), caught]).toEqual(["failed", "first", ["first"]]);
  });

  test("further ones are reported", () => {
    const gates = [new Gate(), new Gate()] as const;
    const cleanup = new Gate();
    cleanup.open();
    const task = run(function* (s): Async<void> {
      for (const gate of gates) s.spawn(gate);
      s.spawn(guarded, cleanup, [], new Error("clean-up"));
    });
    gates[0].fail(new Error("first"));
    gates[1].fail(new Error("second"));
    rt.run();
    expect([task.status, labelOf(task.error)]).toEqual(["failed", "first"]);
    expect(rt.failures.map(labelOf)).toEqual(["second", "clean-up"]);
  });

  test("closes the scope to new tasks", () => {
    const seen: string[] = [];
    const fails = new Gate();
    run(function* (s): Async<void> {
      s.spawn(fails);
      try {
        yield* pending();
      } finally {
        try {
          s.spawn(ready(0));
        } catch (error) {
          seen.push(labelOf(error));
        }
      }
    });
    fails.fail(new Error("first"));
    rt.run();
    expect(seen).toEqual(["ERR_SCOPE_CLOSED"]);
  });
});

describe("cancel()", () => {
  test("aborts the tasks; the body goes on and may spawn again", () => {
    const log: string[] = [];
    const [cleanup, gate] = [new Gate(), new Gate()];
    const task = run(function* (s): Async<string> {
      const handle = s.spawn(guarded, cleanup, log);
      yield* gate;
      s.cancel();
      const { status } = yield* handle.outcome();
      yield* s.spawn(ready(0));
      return status;
    });
    gate.open();
    rt.run();
    expect([task.status, log]).toEqual(["pending", ["enter"]]);
    cleanup.open();
    rt.run();
    expect([task.status, task.value]).toEqual(["ok", "cancelled"]);
  });
});

describe("a drop", () => {
  test("cancels the body and the tasks together, and awaits all clean-up", () => {
    const log: string[] = [];
    const [own, other] = [new Gate(), new Gate()];
    const task = run(function* (s): Async<void> {
      s.spawn(guarded, other, log);
      yield* guarded(own, log);
    });
    task.drop();
    rt.run();
    expect([task.status, log]).toEqual(["pending", ["enter", "enter"]]);
    other.open();
    rt.run();
    expect(task.status).toBe("pending");
    own.open();
    rt.run();
    expect([task.status, log.length, task.sink.errors]).toEqual(["dropped", 4, null]);
  });

  test("gives what clean-up throws, of the body and of the tasks, to the drop", () => {
    const cleanup = new Gate();
    cleanup.open();
    const task = run(function* (s): Async<void> {
      s.spawn(guarded, cleanup, [], new Error("task 1"));
      s.spawn(guarded, cleanup, [], new Error("task 2"));
      yield* guarded(cleanup, [], new Error("body"));
    });
    task.drop();
    rt.run();
    expect(task.status).toBe("dropped");
    expect(task.sink.errors?.map(labelOf)).toEqual(["body", "task 1", "task 2"]);
  });

  test("while it fails hands its failure to the drop, once, and goes on", () => {
    const log: string[] = [];
    const [fails, cleanup] = [new Gate(), new Gate()];
    const task = run(function* (s): Async<void> {
      s.spawn(fails);
      yield* guarded(cleanup, log);
    });
    fails.fail(new Error("first"));
    rt.run();
    task.drop();
    rt.run();
    expect([task.status, log]).toEqual(["pending", ["enter"]]);
    cleanup.open();
    rt.run();
    expect([task.status, log]).toEqual(["dropped", ["enter", "leave"]]);
    expect(task.sink.errors?.map(labelOf)).toEqual(["first"]);
  });

  test("unpolled runs nothing", () => {
    let ran = 0;
    const hand = new Hand(
      scope(function* (): Async<void> {
        ran++;
      }),
    );
    expect([hand.drop(), ran]).toEqual(["dropped", 0]);
  });

  test("after its body has ended cancels the tasks that are left", () => {
    const gate = new Gate();
    const task = run(function* (s): Async<void> {
      s.spawn(gate);
    });
    task.drop();
    rt.run();
    expect([task.status, gate.drops]).toEqual(["dropped", 1]);
  });
});

test("scopes nest: the failure of an inner task ends the inner one, and the outer by its throw", () => {
  const fails = new Gate();
  const outerGate = new Gate();
  const task = run(function* (outer): Async<void> {
    outer.spawn(outerGate);
    yield* scope(function* (inner): Async<void> {
      inner.spawn(fails);
    });
  });
  fails.fail(new Error("inner"));
  rt.run();
  expect([task.status, labelOf(task.error), outerGate.drops]).toEqual(["failed", "inner", 1]);
  expect(rt.failures).toEqual([]);
});
