/** Clean-up that waits, in a whole runtime: it sleeps, spawns, is aborted again, outlives its scope, and fails. */
import {
  type AllFeatures,
  type Async,
  Builder,
  fn,
  Instant,
  JoinSet,
  pending,
  type Runtime,
  scope,
  select,
  shield,
  sleep,
  spawn,
  timeout,
} from "treadle";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let rt: Runtime<AllFeatures>;
let log: string[];
let reported: unknown[];

beforeEach(() => {
  log = [];
  reported = [];
  rt = Builder.newCurrentThread()
    .enableAll()
    .startPaused(true)
    .unhandledFailure((error) => reported.push(error))
    .build();
});
afterEach(() => rt.shutdownBackground());

/** Waits for ever; when it is dropped, takes `ms` to clean up, and fails if it is to. */
const guarded = fn(function* (name: string, ms: number, error?: Error): Async<void> {
  try {
    yield* pending();
  } finally {
    log.push(`${name} enters`);
    yield* sleep(ms);
    log.push(`${name} leaves`);
    // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
    if (error !== undefined) throw error;
  }
});

describe("a task that is aborted", () => {
  test("sleeps in its clean-up, and its joiner goes on after that", () => {
    const status = rt.blockOn(function* () {
      const handle = spawn(guarded, "task", 5_000);
      yield* sleep(10);
      handle.abort();
      yield* sleep(4_999);
      log.push(`finished: ${handle.isFinished()}`);
      return (yield* handle.outcome()).status;
    });
    expect([status, log]).toEqual(["cancelled", ["task enters", "finished: false", "task leaves"]]);
  });

  test("is not torn by further aborts", () => {
    const status = rt.blockOn(function* () {
      const handle = spawn(guarded, "task", 5_000);
      yield* sleep(10);
      for (let i = 0; i < 10; i++) {
        handle.abort();
        yield* sleep(100);
      }
      return (yield* handle.outcome()).status;
    });
    expect([status, log]).toEqual(["cancelled", ["task enters", "task leaves"]]);
  });

  test("spawns in its clean-up, waits for that, and runs it under a timeout", () => {
    const status = rt.blockOn(function* () {
      const handle = spawn(function* (): Async<void> {
        try {
          yield* pending();
        } finally {
          const saved = spawn(function* (): Async<string> {
            yield* sleep(100);
            return "saved";
          });
          log.push(yield* timeout(1_000, saved));
        }
      });
      yield* sleep(10);
      handle.abort();
      return (yield* handle.outcome()).status;
    });
    expect([status, log]).toEqual(["cancelled", ["saved"]]);
  });

  test("is joined as failed when its clean-up fails: the first error, the others suppressed", () => {
    const errors = [new Error("inner"), new Error("outer")] as const;
    const outcome = rt.blockOn(function* () {
      const handle = spawn(
        fn(function* (): Async<void> {
          try {
            yield* guarded("inner", 10, errors[0]);
          } finally {
            yield* sleep(10);
            // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
            throw errors[1];
          }
        }),
      );
      yield* sleep(10);
      handle.abort();
      return yield* handle.outcome();
    });
    expect(outcome).toEqual({ status: "failed", error: errors[0], suppressed: [errors[1]] });
    expect(reported).toEqual([]);
  });

  test("has the clean-up of all its branches run side by side", () => {
    const ms = rt.blockOn(function* () {
      const handle = spawn(function* (): Async<void> {
        yield* select({ a: guarded("a", 300), b: guarded("b", 200), c: shield(sleep(250)) });
      });
      yield* sleep(10);
      const before = Instant.now();
      handle.abort();
      yield* handle.outcome();
      return before.elapsed();
    });
    expect(log).toEqual(expect.arrayContaining(["a leaves", "b leaves"]));
    expect(ms).toBe(300);
  });
});

describe("clean-up of what is not a task", () => {
  test("is awaited by a timeout before it throws", () => {
    const ms = rt.blockOn(function* () {
      const before = Instant.now();
      try {
        yield* timeout(100, guarded("late", 400));
      } catch (error) {
        log.push((error as { code: string }).code);
      }
      return before.elapsed();
    });
    expect([log, ms]).toEqual([["late enters", "late leaves", "ERR_ELAPSED"], 500]);
  });

  test("goes on when the task is aborted during it, and the two are one drop", () => {
    const status = rt.blockOn(function* () {
      const handle = spawn(function* (): Async<void> {
        try {
          yield* timeout(100, guarded("late", 400));
          log.push("never");
        } finally {
          log.push("task");
        }
      });
      yield* sleep(200);
      handle.abort();
      return (yield* handle.outcome()).status;
    });
    expect([status, log]).toEqual(["cancelled", ["late enters", "late leaves", "task"]]);
  });

  test("of a scope is that of its body and of its tasks together", () => {
    const ms = rt.blockOn(function* () {
      const before = Instant.now();
      try {
        yield* scope(function* (s): Async<void> {
          s.spawn(guarded, "one", 300);
          s.spawn(guarded, "two", 200);
          yield* sleep(50);
          throw new Error("body");
        });
      } catch (error) {
        log.push((error as Error).message);
      }
      return before.elapsed();
    });
    expect(log).toEqual(["one enters", "two enters", "two leaves", "one leaves", "body"]);
    expect(ms).toBe(350);
  });

  test("of an async function is the end of its promise", async () => {
    const outcome = await rt.run(function* () {
      const handle = spawn(async ({ signal }) => {
        try {
          await new Promise((_, no) => signal.addEventListener("abort", () => no(signal.reason)));
        } finally {
          log.push("enters");
          await sleep(30);
          log.push("leaves");
        }
      });
      yield* sleep(10);
      handle.abort();
      return yield* handle.outcome();
    });
    expect([outcome.status, log]).toEqual(["cancelled", ["enters", "leaves"]]);
  });
});

describe("a JoinSet", () => {
  test("is shut down by await using, clean-up included", async () => {
    await rt.run(async () => {
      const set = new JoinSet<void>();
      set.spawn(guarded, "one", 30);
      set.spawn(guarded, "two", 20);
      await sleep(10);
      await set[Symbol.asyncDispose]();
      log.push(`left: ${set.size}`);
      await set[Symbol.asyncDispose]();
    });
    expect(log).toEqual(["one enters", "two enters", "two leaves", "one leaves", "left: 0"]);
  });

  test("is an async iterable of outcomes", async () => {
    await rt.run(async () => {
      const set = new JoinSet<number>();
      for (const n of [30, 10, 20]) {
        set.spawn(function* (): Async<number> {
          yield* sleep(n);
          return n;
        });
      }
      for await (const outcome of set) {
        if (outcome.status === "ok") log.push(`${outcome.value}`);
      }
    });
    expect(log).toEqual(["10", "20", "30"]);
  });
});

describe("the shutdown of the runtime", () => {
  test("runs all clean-up to its end, also what was under way, and reports what it throws", async () => {
    const error = new Error("clean-up");
    rt.blockOn(function* () {
      const early = spawn(guarded, "early", 40);
      spawn(guarded, "late", 20);
      spawn(guarded, "fails", 10, error).detach();
      yield* sleep(1);
      early.abort();
      yield* sleep(1);
    });
    expect(log).toEqual(["early enters"]);
    expect(await rt.shutdownTimeout(60_000)).toBe(true);
    expect(log).toEqual([
      "early enters",
      "late enters",
      "fails enters",
      "fails leaves",
      "late leaves",
      "early leaves",
    ]);
    expect(reported).toEqual([error]);
  });

  test("drops tasks that clean-up spawns then unpolled", async () => {
    const statuses: string[] = [];
    rt.blockOn(function* () {
      spawn(function* (): Async<void> {
        try {
          yield* pending();
        } finally {
          const handle = spawn(guarded, "never", 10);
          statuses.push((yield* handle.outcome()).status);
        }
      });
      yield* sleep(1);
    });
    expect(await rt.shutdownTimeout(60_000)).toBe(true);
    expect([statuses, log]).toEqual([["cancelled"], []]);
  });

  test("gives up in the time that it was given, when clean-up never ends", async () => {
    const task = rt.spawn(
      fn(function* (): Async<void> {
        try {
          yield* pending();
        } finally {
          yield* pending();
        }
      }),
    );
    rt.blockOn(() => sleep(1));
    expect(await rt.shutdownTimeout(20)).toBe(false);
    expect(task.isFinished()).toBe(true);
  });
});
