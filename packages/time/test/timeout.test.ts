import { type Async, consumeBudget, fn, PENDING, pending, pollFn, ready } from "@treadle/core";
import { Elapsed, Instant, sleep, timeout, timeoutAt } from "@treadle/time";
import { describe, expect, test } from "vitest";
import { Hand, Rig } from "./rig.ts";

const ELAPSED = { code: "ERR_ELAPSED", name: "TimeoutError", message: "deadline has elapsed" };

function failIf(fails: boolean): void {
  if (fails) throw new Error("clean-up failed");
}

/** Waits for ever; its clean-up takes `ms` and may fail. */
const cleaning = fn(function* cleaning(ms: number, log: string[], fails?: boolean): Async<void> {
  try {
    yield* pending();
    log.push("resumed");
  } finally {
    log.push("closing");
    yield* sleep(ms);
    log.push("closed");
    failIf(fails === true);
  }
});

describe("timeout", () => {
  test("answers what the future answers, and leaves no timer behind", () => {
    const rig = new Rig();
    const task = rig.spawn(() =>
      timeout(
        100,
        fn(function* slow(): Async<string> {
          yield* sleep(30);
          return "done";
        })(),
      ),
    );
    rig.settle();
    rig.pass(30);
    rig.settle();
    expect([task.value, task.polls, rig.driver.hasPending()]).toEqual(["done", 2, false]);
  });

  test("a ready future wins, even when time is up or was never there", () => {
    const rig = new Rig();
    expect(rig.block(() => timeout(0, ready(1)))).toBe(1);
    expect(rig.block(() => timeoutAt(Instant.now().sub(1000), ready(2)))).toBe(2);
    const both = new Hand(rig, () => timeout(10, sleep(10)));
    both.poll();
    rig.pass(10);
    expect(both.poll()).toEqual({ done: true, value: undefined });
  });

  test("throws Elapsed at the deadline and drops the future", () => {
    const rig = new Rig();
    const task = rig.spawn(() => timeout(300, sleep(1000)));
    rig.settle();
    rig.pass(299);
    rig.settle();
    expect(task.status).toBe("pending");
    rig.pass(1);
    rig.settle();
    expect(task.error).toBeInstanceOf(Elapsed);
    expect(task.error).toMatchObject(ELAPSED);
    expect([task.polls, rig.driver.hasPending()]).toEqual([2, false]);
  });

  test("a deadline that has passed elapses at the first poll", () => {
    const rig = new Rig();
    const task = rig.spawn(() => timeoutAt(Instant.now(), pending()));
    rig.run();
    expect(task.error).toMatchObject(ELAPSED);
    expect(task.polls).toBe(1);
  });

  test("waits for the future's clean-up before it throws", () => {
    const rig = new Rig();
    const log: string[] = [];
    const task = rig.spawn(() => timeout(10, cleaning(20, log)));
    rig.settle();
    rig.pass(10);
    rig.settle();
    expect([task.status, ...log]).toEqual(["pending", "closing"]);
    rig.pass(20);
    rig.settle();
    expect(log).toEqual(["closing", "closed"]);
    expect(task.error).toMatchObject(ELAPSED);
  });

  test("an error of the clean-up is thrown in place of Elapsed", () => {
    const rig = new Rig();
    const task = rig.spawn(() => timeout(10, cleaning(20, [], true)));
    rig.toEnd();
    expect(task.error).toMatchObject({ message: "clean-up failed" });
    expect(rig.failures).toEqual([]);
  });

  test("dropped while it waits: drops the future and its timer", () => {
    const rig = new Rig();
    const log: string[] = [];
    const task = rig.spawn(() => timeout(100, cleaning(20, log)));
    rig.settle();
    task.drop();
    rig.settle();
    expect(log).toEqual(["closing"]);
    rig.pass(20);
    rig.settle();
    expect([task.status, ...log]).toEqual(["dropped", "closing", "closed"]);
    expect(rig.driver.hasPending()).toBe(false);
  });

  test("dropped while the future's clean-up runs: goes on with it, its error goes to the drop", () => {
    const rig = new Rig();
    const log: string[] = [];
    const task = rig.spawn(() => timeout(10, cleaning(20, log, true)));
    rig.settle();
    rig.pass(10);
    rig.settle();
    task.drop();
    rig.settle();
    expect(task.status).toBe("pending");
    rig.pass(20);
    rig.settle();
    expect([task.status, ...log]).toEqual(["dropped", "closing", "closed"]);
    expect(task.sink.errors).toMatchObject([{ message: "clean-up failed" }]);
  });

  test("an error that clean-up had before the timeout was dropped goes to the drop too", () => {
    const rig = new Rig();
    const inner = fn(function* inner(): Async<void> {
      try {
        yield* pending();
      } finally {
        failIf(true);
      }
    });
    const outer = fn(function* outer(): Async<void> {
      try {
        yield* inner();
      } finally {
        yield* sleep(20);
      }
    });
    const task = rig.spawn(() => timeout(10, outer()));
    rig.settle();
    rig.pass(10);
    rig.settle();
    task.drop();
    rig.settle();
    expect(task.sink.errors).toMatchObject([{ message: "clean-up failed" }]);
    rig.toEnd();
    expect([task.status, task.sink.errors?.length]).toEqual(["dropped", 1]);
  });

  test("an error of the future passes through and takes the timer out", () => {
    const rig = new Rig();
    const task = rig.spawn(() =>
      timeout(
        100,
        fn(function* failing(): Async<void> {
          yield* sleep(1);
          throw new Error("own");
        })(),
      ),
    );
    rig.settle();
    rig.pass(1);
    rig.settle();
    expect(task.error).toMatchObject({ message: "own" });
    expect(rig.driver.hasPending()).toBe(false);
  });

  test("a future that spends the whole budget in each poll cannot keep time from running out", () => {
    const rig = new Rig();
    const greedy = fn(function* greedy(): Async<void> {
      for (;;) yield* consumeBudget();
    });
    const task = rig.spawn(() => timeout(5, greedy()));
    const hand = new Hand(rig, () => timeout(5, greedy()));
    expect([hand.poll(10), hand.left]).toEqual([PENDING, 0]);
    for (let turn = 0; turn < 5; turn++) {
      expect(task.status).toBe("pending");
      rig.enter(() => rig.queue.shift()?.step());
      rig.pass(1);
    }
    rig.run();
    expect(task.error).toMatchObject(ELAPSED);
  });

  test("with Infinity and very large numbers time never runs out", () => {
    for (const ms of [Infinity, Number.MAX_SAFE_INTEGER]) {
      const rig = new Rig();
      let open = false;
      const hand = new Hand(rig, () =>
        timeout(
          ms,
          pollFn(() => (open ? "in" : (PENDING.value as never))),
        ),
      );
      hand.poll();
      rig.pass(10 * 365 * 86_400_000);
      expect([hand.wakes, hand.poll()]).toEqual([0, PENDING]);
      open = true;
      expect(hand.poll()).toEqual({ done: true, value: "in" });
      expect(rig.driver.hasPending()).toBe(false);
    }
  });

  test("when the driver is shut down, the future is closed before the error is thrown", () => {
    const rig = new Rig();
    const log: string[] = [];
    const closing = fn(function* closing(): Async<void> {
      try {
        yield* pending();
      } finally {
        log.push("closed");
      }
    });
    const task = rig.spawn(() => timeout(10, closing()));
    rig.run();
    rig.driver.shutdown();
    rig.run();
    expect(log).toEqual(["closed"]);
    expect(task.error).toMatchObject({ code: "ERR_TIME_SHUTDOWN" });
  });

  test("refuses wrong arguments and the outside of a runtime", () => {
    const rig = new Rig();
    for (const make of [
      () => timeout(-1, ready(1)),
      () => timeout(Number.NaN, ready(1)),
      () => timeout(1, 5 as never),
      () => timeoutAt(5 as never, ready(1)),
    ]) {
      expect(() => rig.enter(make)).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG" }));
    }
    expect(() => timeout(1, ready(1))).toThrow(/timeout\(\) must be called/);
    expect(() => timeoutAt(Instant.now(), ready(1))).toThrow(/timeoutAt\(\) must be called/);
  });
});
