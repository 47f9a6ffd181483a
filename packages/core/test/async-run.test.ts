/** Async functions, and functions that make a future, run as futures. */
import {
  type Async,
  type AsyncTaskContext,
  callOf,
  fn,
  fromPromise,
  intoFuture,
  type Pending,
  pending,
  ready,
} from "@treadle/core";
import { describe, expect, test, vi } from "vitest";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { Gate, Hand, labelOf } from "../../../tools/test-hand.ts";

/** A promise in the test's hand. */
function deferred<T>(): {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((ok, no) => {
    resolve = ok;
    reject = no;
  });
  return { promise, resolve, reject };
}

const turn = (): Promise<void> => new Promise(setImmediate);

describe("a function", () => {
  test("is called at the first poll, once", () => {
    const f = vi.fn(() => new Gate());
    const hand = new Hand(f);
    expect(f).not.toHaveBeenCalled();
    hand.poll();
    hand.poll();
    expect(f).toHaveBeenCalledTimes(1);
  });

  test("is never called when it is dropped before", () => {
    const f = vi.fn(() => ready(1));
    const hand = new Hand(f);
    expect(hand.drop()).toBe("dropped");
    expect(f).not.toHaveBeenCalled();
  });

  test("that throws fails the future", () => {
    const error = new Error("own");
    const hand = new Hand(() => {
      throw error;
    });
    expect([hand.poll(), hand.error]).toEqual(["failed", error]);
  });

  test("that returns nothing runnable is an error that names it", () => {
    const hand = new Hand(function wrong() {
      return 5;
    } as never);
    expect(hand.poll()).toBe("failed");
    expect(labelOf(hand.error)).toBe("ERR_INVALID_ARG");
    expect((hand.error as Error).message).toMatch(/^wrong\(\) returned 5: /);
  });

  test("may make a call, a leaf or a plain generator", () => {
    function* plain(): Generator<Pending, number, void> {
      return yield* ready(3);
    }
    const call = fn(function* call(): Async<number> {
      return yield* ready(1);
    });
    for (const [f, value] of [
      [() => call(), 1],
      [() => ready(2), 2],
      [() => plain(), 3],
      [() => fromPromise({ then: (ok: (n: number) => void) => ok(4) } as never), 4],
    ] as const) {
      const hand = new Hand(f as () => Async<number>);
      expect([hand.poll(), hand.value]).toEqual(["ok", value]);
    }
  });

  test("that makes a plain generator has it dropped exactly, and what it calls natively cut", () => {
    const log: string[] = [];
    const [own, nested] = [new Gate(), new Gate()];
    function* inner(): Generator<Pending, void, void> {
      try {
        yield* pending();
      } finally {
        yield* nested;
        log.push("nested left");
      }
      log.push("never");
    }
    function* outer(): Generator<Pending, void, void> {
      try {
        yield* inner();
        log.push("never");
      } finally {
        yield* own;
        log.push("own left");
      }
    }
    const hand = new Hand(() => outer());
    hand.poll();
    expect(hand.drop()).toBe("pending");
    own.open();
    expect(hand.drop()).toBe("dropped");
    expect([log, hand.complaints]).toEqual([["own left"], ["ERR_CLEANUP_CUT"]]);
  });

  test("gets its arguments instead of a context", () => {
    const f = vi.fn((a: number, b: string) => ready(`${a}${b}`));
    const hand = new Hand(callOf(f, [1, "x"]));
    expect([hand.poll(), hand.value]).toEqual(["ok", "1x"]);
    expect(f.mock.calls).toEqual([[1, "x"]]);
  });

  test("gives the future its name", () => {
    expect(
      intoFuture(function named() {
        return ready(1);
      }).name,
    ).toBe("named");
    expect(
      intoFuture(
        (
          () => () =>
            ready(1)
        )(),
      ).name,
    ).toBe("anonymous");
  });
});

describe("an async function", () => {
  test("becomes its promise", async () => {
    const hand = new Hand(async () => 5);
    expect(hand.poll()).toBe("pending");
    await turn();
    expect(hand.wakes).toBe(1);
    expect([hand.poll(), hand.value]).toEqual(["ok", 5]);
  });

  test("fails with what it throws, before or after an await", async () => {
    for (const f of [
      async () => {
        throw new Error("own");
      },
      async () => {
        await null;
        throw new Error("own");
      },
    ]) {
      const hand = new Hand(f);
      hand.poll();
      await turn();
      expect([hand.poll(), labelOf(hand.error)]).toEqual(["failed", "own"]);
    }
  });

  test("has its signal made only when it looks at it, and always the same", () => {
    let made = 0;
    class Counted extends AbortController {
      constructor() {
        super();
        made++;
      }
    }
    vi.stubGlobal("AbortController", Counted);
    let context!: AsyncTaskContext;
    const hand = new Hand(async (given: AsyncTaskContext) => {
      context = given;
    });
    hand.poll();
    expect(made).toBe(0);
    expect(context.signal).toBe(context.signal);
    expect([made, context.signal.aborted]).toEqual([1, false]);
    vi.unstubAllGlobals();
  });

  test("that never looked at its signal is let go at once by a drop", async () => {
    const { promise, reject } = deferred<void>();
    const hand = new Hand(() => promise);
    hand.poll();
    expect(hand.drop()).toBe("dropped");
    reject(new Error("late"));
    await turn();
    expect([hand.wakes, hand.complaints]).toEqual([0, []]);
  });

  test("that looks at its signal after it was let go finds it fired", () => {
    let context!: AsyncTaskContext;
    const hand = new Hand((given: AsyncTaskContext) => {
      context = given;
      return new Promise<void>(() => {});
    });
    hand.poll();
    expect(hand.drop()).toBe("dropped");
    expect(context.signal.aborted).toBe(true);
  });

  test("that holds its signal is told, and its end is part of the clean-up", async () => {
    const log: string[] = [];
    const cleanup = deferred<void>();
    const hand = new Hand(async ({ signal }) => {
      try {
        await new Promise((_ok, no) => {
          signal.addEventListener("abort", () => no(signal.reason));
        });
        log.push("never");
      } finally {
        log.push("enter");
        await cleanup.promise;
        log.push("leave");
      }
    });
    hand.poll();
    expect(hand.drop()).toBe("pending");
    await turn();
    expect(log).toEqual(["enter"]);
    expect([hand.wakes, hand.drop()]).toEqual([0, "pending"]);
    cleanup.resolve();
    await turn();
    expect(hand.wakes).toBe(1);
    expect(hand.drop()).toBe("dropped");
    expect([log, hand.complaints]).toEqual([["enter", "leave"], []]);
  });

  test("that answers the signal by a value or by any AbortError has not failed", async () => {
    const answers: ((signal: AbortSignal) => Promise<unknown>)[] = [
      () => Promise.resolve("a value"),
      (signal) => Promise.reject(signal.reason),
      () => Promise.reject(new DOMException("stopped", "AbortError")),
      () => Promise.reject(Object.assign(new Error("own"), { name: "AbortError" })),
    ];
    for (const answer of answers) {
      const hand = new Hand(
        ({ signal }: AsyncTaskContext) =>
          new Promise((ok) => {
            signal.addEventListener("abort", () => ok(answer(signal)));
          }),
      );
      hand.poll();
      expect(hand.drop()).toBe("pending");
      await turn();
      expect(hand.drop()).toBe("dropped");
      expect(hand.complaints).toEqual([]);
    }
  });

  test("that fails otherwise while it is stopped has its error in the drop's sink", async () => {
    const hand = new Hand(
      ({ signal }: AsyncTaskContext) =>
        new Promise((_ok, no) => {
          signal.addEventListener("abort", () => no(new Error("broken clean-up")));
        }),
    );
    hand.poll();
    expect(hand.drop()).toBe("pending");
    await turn();
    expect(hand.drop()).toBe("dropped");
    expect(hand.complaints).toEqual(["broken clean-up"]);
  });

  test("that has settled unseen is dropped at once, whatever it holds", async () => {
    const hand = new Hand(async ({ signal }) => signal.aborted);
    hand.poll();
    await turn();
    expect(hand.drop()).toBe("dropped");
  });

  test("finds its runtime and its task after an await", async () => {
    const executor = new TestExecutor();
    const { tryCurrentRuntime, tryCurrentTask } = await import("@treadle/core");
    const seen: unknown[] = [];
    const task = executor.spawn(async () => {
      await null;
      seen.push(tryCurrentRuntime(), tryCurrentTask());
    });
    executor.run();
    await turn();
    executor.run();
    expect(task.status).toBe("ok");
    expect(seen).toEqual([executor, task]);
    expect([tryCurrentRuntime(), tryCurrentTask()]).toEqual([null, null]);
  });
});
