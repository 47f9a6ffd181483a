import {
  type Async,
  Builder,
  fn,
  Handle,
  type JoinHandle,
  joinAll,
  pollFn,
  type RuntimeError,
  scope,
  sleep,
  spawn,
} from "treadle";
import { describe, expect, test } from "vitest";

const oneThread = () => Builder.newCurrentThread().enableTime().build();

function codeOf(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    return (error as RuntimeError).code;
  }
  return "nothing thrown";
}

describe("two runtimes on one thread", () => {
  test("a sleep of one that is polled by a task of the other fires", async () => {
    await using rt = oneThread();
    await using other = oneThread();
    await rt.run(function* () {
      yield* other.sleep(2);
    });
    // Also when the other runtime has been driven before.
    other.blockOn(() => sleep(1));
    await rt.run(function* () {
      yield* other.sleep(2);
    });
  });

  test("a hook spawns on its own runtime, whoever started the run", async () => {
    const ids: number[] = [];
    await using rt = oneThread();
    await using other = Builder.newCurrentThread()
      .enableTime()
      .onThreadPark(() => ids.push(Handle.current().id))
      .build();
    await rt.run(async () => {
      await sleep(1);
      await other.run(() => sleep(2));
    });
    expect(new Set(ids)).toEqual(new Set([other.handle().id]));
  });

  test("a guard that outlived its poll puts nothing back", async () => {
    await using rt = oneThread();
    let guard: Disposable | undefined;
    await rt.run(function* () {
      guard = rt.enter();
    });
    guard?.[Symbol.dispose]();
    expect(Handle.tryCurrent()).toBe(undefined);
  });
});

describe("an async function that awaits a future", () => {
  test("is told of its abort by that future, and runs its finally", async () => {
    await using rt = oneThread();
    const log: string[] = [];
    const task = rt.spawn(async () => {
      try {
        await sleep(3_600_000);
        log.push("never");
      } finally {
        await sleep(1);
        log.push("cleaned up");
      }
    });
    await rt.run(() => sleep(1));
    task.abort();
    const { status } = await rt.run(() => task.outcome());
    expect([status, log]).toEqual(["cancelled", ["cleaned up"]]);
  });

  test("is cancelled by a shutdown without a word", async () => {
    const told: unknown[] = [];
    const rt = Builder.newCurrentThread()
      .enableTime()
      .unhandledFailure((error) => told.push(error))
      .build();
    const task = rt.spawn(async ({ signal }) => {
      await sleep(signal.aborted ? 0 : 3_600_000);
    });
    await rt.run(() => sleep(1));
    expect(await rt.shutdownTimeout(60_000)).toBe(true);
    expect([task.isFinished(), told]).toEqual([true, []]);
  });
});

describe("many at once", () => {
  test("joinAll polls each future as often as it was woken, whatever the budget", () => {
    const rt = Builder.newCurrentThread().enableTime().startPaused(true).build();
    let polls = 0;
    const nap = fn(function* nap(): Async<void> {
      const inner = sleep(5);
      yield* pollFn(() => {
        polls++;
        const answer = inner.next();
        return answer.done ? undefined : (answer.value as never);
      });
    });
    const count = 2_000;
    rt.blockOn(joinAll(Array.from({ length: count }, () => nap())));
    // Two polls each, and one more for each time the budget of 128 was spent in the middle.
    expect(polls).toBeGreaterThanOrEqual(2 * count);
    expect(polls).toBeLessThanOrEqual(2 * count + (2 * count) / 100);
  });

  test("any number of tasks wait for one handle, each woken once", () => {
    const rt = Builder.newCurrentThread().enableTime().startPaused(true).build();
    const count = 5_000;
    let got = 0;
    const waiter = fn(function* waiter(of: JoinHandle<number>): Async<void> {
      const value = yield* of;
      got += value;
    });
    rt.blockOn(function* () {
      const one = spawn(function* () {
        yield* sleep(10);
        return 1;
      });
      const waiters = Array.from({ length: count }, () => spawn(waiter, one));
      yield* joinAll(waiters);
    });
    expect(got).toBe(count);
  });
});

describe("a policy for failures that throws", () => {
  test("does not stop what is queued", async () => {
    const seen: unknown[] = [];
    await using rt = Builder.newCurrentThread()
      .unhandledFailure(() => {
        throw new Error("from the policy");
      })
      .build();
    rt.spawn(function* () {
      throw new Error("unseen");
    }).detach();
    const later = rt.spawn(function* () {
      seen.push("ran");
    });
    await later;
    expect(seen).toEqual(["ran"]);
  });
});

describe("what cannot be run", () => {
  test("is refused with a code", () => {
    expect(codeOf(() => fn(5 as never))).toBe("ERR_INVALID_ARG");
    expect(codeOf(() => pollFn(3 as never))).toBe("ERR_INVALID_ARG");
    expect(codeOf(() => scope(5 as never))).toBe("ERR_INVALID_ARG");
  });
});
