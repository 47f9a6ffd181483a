/** Waiting for any number of futures, polling only those that were woken. */
import { type Async, fn, pending, ready } from "@treadle/core";
import { join, joinAll, tryJoinAll } from "@treadle/task";
import { describe, expect, test } from "vitest";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { Gate, Hand, labelOf } from "../../../tools/test-hand.ts";

const gates = (n: number): Gate<number>[] => Array.from({ length: n }, () => new Gate<number>());

const guarded = fn(function* guarded(gate: Gate<number>, cleanup: Gate): Async<number> {
  try {
    return yield* gate;
  } finally {
    yield* cleanup;
  }
});

for (const all of [joinAll, tryJoinAll]) {
  describe(all.name, () => {
    test("gives the outputs in the order given", () => {
      const three = gates(3);
      const hand = new Hand(all(three));
      hand.poll();
      for (const at of [2, 0, 1]) {
        expect(hand.status).toBe("pending");
        three[at]?.open(at);
        hand.poll();
      }
      expect([hand.status, hand.value]).toEqual(["ok", [0, 1, 2]]);
    });

    test("of nothing is ready with an empty list, also from a generator", () => {
      for (const none of [[], new Set<Gate<number>>(), (function* () {})()]) {
        const hand = new Hand(all<number>(none));
        expect([hand.poll(), hand.value]).toEqual(["ok", []]);
      }
    });

    test("polls only the child that was woken", () => {
      const thousand = gates(1000);
      const hand = new Hand(all(thousand));
      hand.poll();
      for (let i = 0; i < 10; i++) {
        thousand[500]?.waker?.wake();
        expect(hand.poll()).toBe("pending");
      }
      hand.poll();
      expect(thousand[500]?.polls).toBe(11);
      expect(thousand.filter((gate) => gate.polls === 1)).toHaveLength(999);
      expect(hand.wakes).toBe(10);
    });

    test("makes many wakes of one child before a poll one poll", () => {
      const [gate] = gates(1) as [Gate<number>];
      const hand = new Hand(all([gate, pending()]));
      hand.poll();
      const { waker } = gate;
      for (let i = 0; i < 5; i++) waker?.wake();
      hand.poll();
      expect([gate.polls, hand.wakes]).toEqual([2, 1]);
    });

    test("polls a child again that wakes itself, in the next poll", () => {
      let polls = 0;
      class Self extends Gate {
        protected override poll(): ReturnType<Gate["next"]> {
          polls++;
          const answer = super.poll();
          this.waker?.wake();
          return answer;
        }
      }
      const hand = new Hand(all<void>([new Self()]));
      for (let i = 1; i < 4; i++) {
        hand.poll();
        expect([polls, hand.wakes]).toEqual([i, i]);
      }
    });

    test("ignores a wake of a child that has ended", () => {
      const [gate] = gates(1) as [Gate<number>];
      const hand = new Hand(all([gate, pending()]));
      hand.poll();
      const { waker } = gate;
      gate.open(1);
      hand.poll();
      waker?.wake();
      expect(hand.poll()).toBe("pending");
      expect(gate.polls).toBe(2);
    });

    test("wakes whoever polled it last", () => {
      const [gate] = gates(1) as [Gate<number>];
      const inner = all([gate]);
      const first = new Hand(inner);
      const second = new Hand(inner);
      first.poll();
      second.poll();
      gate.open(1);
      expect([first.wakes, second.wakes]).toEqual([0, 1]);
      expect([second.poll(), second.value]).toEqual(["ok", [1]]);
    });

    test("dropped, closes all children together, and steps only those that are woken", () => {
      const cleanups = [new Gate(), new Gate(), new Gate()];
      const hand = new Hand(all(cleanups.map((cleanup) => guarded(new Gate(), cleanup))));
      hand.poll();
      expect(hand.drop()).toBe("pending");
      cleanups[1]?.open();
      expect(hand.drop()).toBe("pending");
      expect(cleanups.map((cleanup) => cleanup.polls)).toEqual([1, 2, 1]);
      cleanups[0]?.open();
      cleanups[2]?.open();
      expect(hand.drop()).toBe("dropped");
      expect(hand.wakes).toBe(3);
    });

    test("dropped, gives the errors of clean-up to the drop", () => {
      const bad = fn(function* bad(n: number): Async<void> {
        try {
          yield* pending();
        } finally {
          yield* ready(0);
          // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
          throw new Error(`clean-up ${n}`);
        }
      });
      const hand = new Hand(all<void>([bad(0), bad(1)]));
      hand.poll();
      expect(hand.drop()).toBe("dropped");
      expect(hand.complaints).toEqual(["clean-up 0", "clean-up 1"]);
    });

    test("dropped unpolled, drops every child unpolled", () => {
      const two = gates(2);
      expect(new Hand(all(two)).drop()).toBe("dropped");
      expect(two.map((gate) => [gate.polls, gate.drops])).toEqual([
        [0, 1],
        [0, 1],
      ]);
    });

    test("leaves the waker of its own task in place for what is polled after it", () => {
      const after = new Gate();
      const hand = new Hand(join(all(gates(2)), after));
      hand.poll();
      expect(after.waker).toBe(hand);
    });
  });
}

describe("a failure", () => {
  test("lets the others of joinAll run to their end; then the first is thrown, further ones reported", () => {
    const executor = new TestExecutor();
    const three = gates(3);
    const task = executor.spawn(joinAll(three));
    executor.run();
    three[1]?.fail(new Error("first"));
    executor.run();
    expect([task.status, three[0]?.drops]).toEqual(["pending", 0]);
    three[0]?.fail(new Error("second"));
    executor.run();
    three[2]?.open(1);
    executor.run();
    expect([task.status, labelOf(task.error)]).toEqual(["failed", "first"]);
    expect(executor.failures.map(labelOf)).toEqual(["second"]);
    expect(three.map((gate) => gate.drops)).toEqual([0, 0, 0]);
  });

  test("drops the others of tryJoinAll in the same poll, and is thrown when they are gone", () => {
    const [fails, waits] = gates(2) as [Gate<number>, Gate<number>];
    const cleanup = new Gate();
    const hand = new Hand(tryJoinAll([waits, fails, guarded(new Gate(), cleanup)]));
    hand.poll();
    fails.fail(new Error("first"));
    expect(hand.poll()).toBe("pending");
    expect([waits.drops, cleanup.polls]).toEqual([1, 1]);
    cleanup.open();
    expect([hand.poll(), labelOf(hand.error)]).toEqual(["failed", "first"]);
  });

  test("of a tryJoinAll that is dropped meanwhile goes to the drop, once", () => {
    const [fails] = gates(1) as [Gate<number>];
    const cleanup = new Gate();
    const hand = new Hand(tryJoinAll([fails, guarded(new Gate(), cleanup)]));
    hand.poll();
    fails.fail(new Error("first"));
    hand.poll();
    expect([hand.drop(), hand.complaints]).toEqual(["pending", ["first"]]);
    cleanup.open();
    expect([hand.drop(), hand.complaints]).toEqual(["dropped", ["first"]]);
  });

  test("followed by clean-up that wakes itself a hundred thousand times does not overflow the stack", () => {
    let left = 100_000;
    class Busy extends Gate {
      protected override poll(): ReturnType<Gate["next"]> {
        if (left-- === 0) this.open();
        const answer = super.poll();
        this.waker?.wake();
        return answer;
      }
    }
    const executor = new TestExecutor();
    const [fails] = gates(1) as [Gate<number>];
    const busy = fn(function* busy(): Async<number> {
      try {
        return yield* pending();
      } finally {
        yield* new Busy();
      }
    });
    const task = executor.spawn(tryJoinAll([fails, busy()]));
    executor.run();
    fails.fail(new Error("first"));
    executor.run();
    expect([task.status, labelOf(task.error)]).toEqual(["failed", "first"]);
  });
});
