/** A group of tasks, joined in the order in which they end. */
import { type Async, fn, pending, ready } from "@treadle/core";
import { JoinSet, spawn } from "@treadle/task";
import { beforeEach, describe, expect, test } from "vitest";
import { Gate, Hand, labelOf } from "../../../tools/test-hand.ts";
import { TestRuntime } from "./support/runtime.ts";

let rt: TestRuntime;
let set: JoinSet<number>;
beforeEach(() => {
  rt = new TestRuntime();
  set = new JoinSet();
});

/** Starts one task for each gate. */
function fill(n: number): Gate<number>[] {
  const gates = Array.from({ length: n }, () => new Gate<number>());
  for (const gate of gates) rt.enter(() => set.spawn(gate));
  rt.run();
  return gates;
}

describe("joinNext", () => {
  test("gives the outcomes in the order in which the tasks end, then undefined", () => {
    const gates = fill(3);
    const values: unknown[] = [];
    const task = rt.spawn(
      fn(function* drain(): Async<void> {
        for (;;) {
          const outcome = yield* set.joinNext();
          values.push(outcome?.status === "ok" ? outcome.value : outcome);
          if (outcome === undefined) return;
        }
      })(),
    );
    rt.run();
    for (const at of [1, 2, 0]) {
      gates[at]?.open(at);
      rt.run();
    }
    expect([task.status, values, set.size]).toEqual(["ok", [1, 2, 0, undefined], 0]);
    expect(task.polls).toBe(4);
  });

  test("of an empty set is ready with undefined", () => {
    const hand = new Hand(set.joinNext());
    expect([hand.poll(), hand.value, set.isEmpty()]).toEqual(["ok", undefined, true]);
  });

  test("gives failed and cancelled tasks as outcomes", () => {
    const [fails] = fill(1) as [Gate<number>];
    const aborter = rt.enter(() => set.spawn(pending()));
    rt.run();
    fails.fail(new Error("own"));
    aborter.abort();
    rt.run();
    expect([set.tryJoinNext()?.status, set.tryJoinNext()?.status, set.tryJoinNext()]).toEqual([
      "failed",
      "cancelled",
      undefined,
    ]);
  });

  test("loses no outcome when it is dropped, woken or not", () => {
    const gates = fill(2);
    const first = new Hand(set.joinNext());
    first.poll();
    gates[0]?.open(0);
    rt.run();
    expect(first.wakes).toBe(1);
    first.drop();
    const second = new Hand(set.joinNext());
    expect([second.poll(), second.value]).toEqual(["ok", { status: "ok", value: 0 }]);
    const third = new Hand(set.joinNext());
    third.poll();
    third.drop();
    gates[1]?.open(1);
    rt.run();
    expect([third.wakes, set.tryJoinNext()]).toEqual([0, { status: "ok", value: 1 }]);
  });

  test("is ready when the set is emptied while it waits", () => {
    fill(2);
    const hand = new Hand(set.joinNext());
    hand.poll();
    set.detachAll();
    expect(hand.wakes).toBe(1);
    expect([hand.poll(), hand.value]).toEqual(["ok", undefined]);
  });

  test("in two places at once gives each outcome to one, and forgets nobody", () => {
    const gates = fill(2);
    const hands = [new Hand(set.joinNext()), new Hand(set.joinNext())];
    for (const hand of hands) hand.poll();
    gates[0]?.open(0);
    gates[1]?.open(1);
    rt.run();
    for (let i = 0; i < 2; i++)
      for (const hand of hands) if (hand.status === "pending") hand.poll();
    expect(hands.map((hand) => hand.status)).toEqual(["ok", "ok"]);
    expect(set.size).toBe(0);
  });

  test("uses one unit of the budget when it is ready, none while it waits", () => {
    const [gate] = fill(1) as [Gate<number>];
    const hand = new Hand(set.joinNext());
    expect([hand.poll(3), hand.left]).toEqual(["pending", 3]);
    gate.open(1);
    rt.run();
    expect([hand.poll(3), hand.left]).toEqual(["ok", 2]);
  });
});

test("tryJoinNext answers undefined while none has ended", () => {
  fill(1);
  expect([set.tryJoinNext(), set.size]).toEqual([undefined, 1]);
});

test("the outcomes of very many tasks are taken in time that grows as their number does", () => {
  const handle = rt.enter(() => spawn(ready(1)));
  rt.run();
  const count = 200_000;
  for (let i = 0; i < count; i++) set.insert(handle);
  const begin = performance.now();
  let taken = 0;
  while (set.tryJoinNext() !== undefined) taken++;
  expect(taken).toBe(count);
  // Some 30 ms; where each takes time for all that wait behind it, tens of seconds.
  expect(performance.now() - begin).toBeLessThan(3000);
});

test("size counts tasks until they are joined", () => {
  const gates = fill(2);
  gates[0]?.open(0);
  rt.run();
  expect(set.size).toBe(2);
  set.tryJoinNext();
  expect(set.size).toBe(1);
});

test("insert takes a task that runs, or has ended", () => {
  const gate = new Gate<number>();
  const running = rt.enter(() => spawn(gate));
  const ended = rt.enter(() => spawn(ready(1)));
  rt.run();
  set.insert(running);
  set.insert(ended);
  expect([set.size, set.tryJoinNext()]).toEqual([2, { status: "ok", value: 1 }]);
  gate.open(2);
  rt.run();
  expect(set.tryJoinNext()).toEqual({ status: "ok", value: 2 });
});

test("spawn answers a handle that aborts that task alone", () => {
  const gate = new Gate<number>();
  const aborter = rt.enter(() => set.spawn(pending()));
  rt.enter(() => set.spawn(gate));
  rt.run();
  aborter.abort();
  rt.run();
  expect([aborter.isFinished(), gate.drops]).toEqual([true, 0]);
});

test("spawnLocal is as spawn", () => {
  rt.enter(() =>
    set.spawnLocal(function* (a: number): Async<number> {
      return a;
    }, 5),
  );
  rt.run();
  expect(set.tryJoinNext()).toEqual({ status: "ok", value: 5 });
});

test("only calls of sendable functions can be spawned on the blocking pool", () => {
  rt.enter(() => {
    expect(() => set.spawnBlocking((() => 0) as never)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG" }),
    );
  });
});

describe("joinAll", () => {
  test("gives the outputs in the order in which the tasks ended", () => {
    const gates = fill(3);
    const task = rt.spawn(set.joinAll());
    rt.run();
    for (const at of [2, 0, 1]) gates[at]?.open(at);
    rt.run();
    expect([task.status, task.value]).toEqual(["ok", [2, 0, 1]]);
  });

  test("throws the first failure after it has aborted the others and awaited their clean-up", () => {
    const log: string[] = [];
    const cleanup = new Gate();
    const [fails] = fill(1) as [Gate<number>];
    rt.enter(() =>
      set.spawn(function* (): Async<number> {
        try {
          return yield* pending();
        } finally {
          yield* cleanup;
          log.push("cleaned");
        }
      }),
    );
    const task = rt.spawn(set.joinAll());
    rt.run();
    fails.fail(new Error("first"));
    rt.run();
    expect([task.status, cleanup.polls]).toEqual(["pending", 1]);
    cleanup.open();
    rt.run();
    expect([task.status, labelOf(task.error), log, set.size]).toEqual([
      "failed",
      "first",
      ["cleaned"],
      0,
    ]);
  });

  test("throws a JoinError when a task was cancelled", () => {
    const aborter = rt.enter(() => set.spawn(pending()));
    const task = rt.spawn(set.joinAll());
    rt.run();
    aborter.abort();
    rt.run();
    expect([task.status, labelOf(task.error)]).toEqual(["failed", "ERR_TASK_CANCELLED"]);
  });

  test("dropped, leaves the tasks in the set", () => {
    const gates = fill(2);
    const task = rt.spawn(set.joinAll());
    rt.run();
    task.drop();
    rt.run();
    gates[0]?.open(0);
    rt.run();
    expect([task.status, set.size, set.tryJoinNext()]).toEqual([
      "dropped",
      2,
      { status: "ok", value: 0 },
    ]);
  });
});

test("abortAll aborts every task; their outcomes stay to be joined", () => {
  const gates = fill(2);
  gates[0]?.open(0);
  rt.run();
  set.abortAll();
  expect(gates[1]?.drops).toBe(0);
  rt.run();
  expect([gates[1]?.drops, set.size]).toEqual([1, 2]);
  expect([set.tryJoinNext()?.status, set.tryJoinNext()?.status]).toEqual(["ok", "cancelled"]);
});

describe("shutdown", () => {
  test("aborts every task and ends when all clean-up has ended", () => {
    const cleanups = [new Gate(), new Gate()];
    for (const cleanup of cleanups) {
      rt.enter(() =>
        set.spawn(function* (): Async<number> {
          try {
            return yield* pending();
          } finally {
            yield* cleanup;
          }
        }),
      );
    }
    rt.run();
    const task = rt.spawn(set.shutdown());
    rt.run();
    cleanups[1]?.open();
    rt.run();
    expect([task.status, set.size]).toEqual(["pending", 1]);
    cleanups[0]?.open();
    rt.run();
    expect([task.status, set.size]).toEqual(["ok", 0]);
  });

  test("reports a failure that nobody has joined", () => {
    const [fails] = fill(1) as [Gate<number>];
    fails.fail(new Error("own"));
    rt.run();
    const task = rt.spawn(set.shutdown());
    rt.run();
    expect([task.status, rt.failures.map(labelOf)]).toEqual(["ok", ["own"]]);
  });
});

test("detachAll lets the tasks run on, and empties the set", () => {
  const gates = fill(2);
  gates[0]?.open(0);
  rt.run();
  set.detachAll();
  expect([set.size, set.tryJoinNext()]).toEqual([0, undefined]);
  gates[1]?.open(1);
  rt.run();
  expect([gates[1]?.polls, gates[1]?.drops, set.tryJoinNext()]).toEqual([2, 0, undefined]);
});
