import {
  type Async,
  Builder,
  type Future,
  fn,
  Handle,
  JoinSet,
  oneshot,
  PENDING,
  pending,
  type Runtime,
  ready,
  Semaphore,
  sleep,
  spawn,
  watch,
  yieldNow,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { currentThread, pausedThread, Stuck, thrownBy } from "../support/runtimes.ts";

/** The value of a future that is ready at its first poll, else undefined; the future is dropped then. */
function now<T>(future: Future<T>): T | undefined {
  const answer = future.next();
  if (answer !== PENDING) return answer.value as T;
  future.return?.();
  return undefined;
}

/** Joins all tasks of a set and answers their values, sorted. */
const drain = fn(function* drain(set: JoinSet<number>): Async<number[]> {
  const values: number[] = [];
  for (;;) {
    const outcome = yield* set.joinNext();
    if (outcome === undefined) return values.sort((a, b) => a - b);
    if (outcome.status !== "ok") throw outcome.error;
    values.push(outcome.value);
  }
});

const sleepSeconds = fn(function* sleepSeconds(n: number): Async<number> {
  yield* sleep(n * 1_000);
  return n;
});

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("a JoinSet", () => {
  conforms(
    "task_join_set::test_with_sleep",
    "gives each output once, in the order in which its tasks end, and none of detached ones",
    () => {
      using rt = pausedThread();
      rt.blockOn(function* () {
        const set = new JoinSet<number>();
        for (const i of upTo(10)) {
          set.spawn(ready(i));
          expect(set.size).toBe(1 + i);
        }
        set.detachAll();
        expect(set.size).toBe(0);
        expect(yield* set.joinNext()).toBe(undefined);
        for (let round = 0; round < 2; round++) {
          for (const i of upTo(10)) set.spawn(sleepSeconds, 9 - i);
          const order: number[] = [];
          for (;;) {
            const outcome = yield* set.joinNext();
            if (outcome === undefined) break;
            if (outcome.status === "ok") order.push(outcome.value);
          }
          expect(order).toEqual(upTo(10));
        }
      });
    },
  );

  conforms(
    ["task_join_set::alternating", "runtime/tests/loom_join_set::test_join_set"],
    "counts its tasks until they are joined, and can be used again",
    () => {
      using rt = currentThread();
      rt.blockOn(function* () {
        const set = new JoinSet<void>();
        set.spawn(ready(undefined));
        set.spawn(ready(undefined));
        for (let i = 0; i < 16; i++) {
          expect(set.size).toBe(2);
          expect(yield* set.joinNext()).toMatchObject({ status: "ok" });
          expect(set.size).toBe(1);
          set.spawn(ready(undefined));
        }
        yield* set.joinAll();
        expect(set.size).toBe(0);
      });
    },
  );

  conforms("task_join_set::abort_tasks", "aborts single tasks by their handles", () => {
    using rt = pausedThread();
    rt.blockOn(function* () {
      const set = new JoinSet<number>();
      for (const i of upTo(16)) {
        const abort = set.spawn(sleepSeconds, i);
        if (i % 2 !== 0) abort.abort();
      }
      const ended = { ok: [] as number[], cancelled: 0, failed: 0 };
      for (;;) {
        const outcome = yield* set.joinNext();
        if (outcome === undefined) break;
        if (outcome.status === "ok") ended.ok.push(outcome.value);
        else ended[outcome.status]++;
      }
      expect(ended).toEqual({ ok: [0, 2, 4, 6, 8, 10, 12, 14], cancelled: 8, failed: 0 });
    });
  });

  conforms(
    "task_join_set::runtime_gone",
    "answers cancelled for the tasks of a runtime that is gone, on another",
    () => {
      const set = new JoinSet<number>();
      const gone = currentThread();
      {
        using _ = gone.enter();
        set.spawn(ready(1));
      }
      gone.shutdownBackground();
      using rt = currentThread();
      expect(rt.blockOn(set.joinNext())).toMatchObject({ status: "cancelled" });
    },
  );

  conforms(
    ["task_join_set::join_all", "util/idle_notified_set::join_set_test"],
    "joins all of its tasks",
    () => {
      using rt = currentThread();
      const set = new JoinSet<number>();
      {
        using _ = rt.enter();
        for (const i of upTo(5)) set.spawn(ready(i));
      }
      expect(rt.blockOn(set.joinAll())).toEqual(upTo(5));
    },
  );

  conforms(
    "task_join_set::task_panics",
    "throws the first failure from joinAll, and has aborted the others by then",
    () => {
      using rt = pausedThread();
      const boom = new Error("boom");
      rt.blockOn(function* () {
        const set = new JoinSet<void>();
        const [tx, rx] = oneshot<void>();
        set.spawn(function* (): Async<void> {
          try {
            yield* sleep(2_000);
            tx.send();
          } finally {
            tx.close();
          }
        });
        set.spawn(function* (): Async<void> {
          yield* sleep(1_000);
          throw boom;
        });
        expect(set.size).toBe(2);
        const outcome = yield* spawn(set.joinAll()).outcome();
        expect(outcome).toEqual({ status: "failed", error: boom });
        expect(thrownBy(() => rx.tryRecv()).code).toBe("ERR_CHANNEL_CLOSED");
        expect(set.size).toBe(0);
      });
    },
  );

  conforms(
    ["task_join_set::abort_all", "runtime/tests/loom_join_set::abort_all_during_completion"],
    "keeps aborted tasks until they are joined, and the outputs of those that had ended",
    () => {
      using rt = pausedThread();
      rt.blockOn(function* () {
        const set = new JoinSet<number>();
        for (let i = 0; i < 5; i++) set.spawn(pending());
        for (let i = 0; i < 5; i++) set.spawn(sleepSeconds, 1);
        yield* sleep(2_000);
        set.abortAll();
        expect(set.size).toBe(10);
        const ended = { ok: 0, cancelled: 0, failed: 0 };
        for (;;) {
          const outcome = yield* set.joinNext();
          if (outcome === undefined) break;
          ended[outcome.status]++;
        }
        expect(ended).toEqual({ ok: 5, cancelled: 5, failed: 0 });
        expect(set.size).toBe(0);
      });
    },
  );

  conforms("task_join_set::join_set_coop", "takes part in the budget", () => {
    using rt = currentThread();
    rt.blockOn(function* () {
      const TASKS = 1_000;
      const done = new Semaphore(0);
      const set = new JoinSet<true>();
      for (let i = 0; i < TASKS; i++) {
        set.spawn(function* () {
          done.addPermits(1);
          return true as const;
        });
      }
      yield* done.acquire(TASKS);
      let joined = 0;
      let yields = 0;
      while (set.size > 0) {
        if (now(set.joinNext()) !== undefined) joined++;
        else {
          yields++;
          yield* yieldNow();
        }
      }
      expect(joined).toBe(TASKS);
      expect(yields).toBeGreaterThanOrEqual(Math.floor(TASKS / 128) - 1);
    });
  });

  conforms(
    ["task_join_set::try_join_next", "task_join_set::try_join_next_with_id"],
    "gives ended tasks by tryJoinNext without waiting, and free of the budget",
    () => {
      using rt = currentThread();
      rt.blockOn(function* () {
        const TASKS = 1_000;
        const [tx, rx] = watch.channel(0);
        const set = new JoinSet<number>();
        const spawned = new Set<number>();
        for (let i = 0; i < TASKS; i++) {
          const own = rx.clone();
          const handle = set.spawn(function* () {
            yield* own.changed();
            own[Symbol.dispose]();
            return i;
          });
          spawned.add(handle.id);
        }
        rx[Symbol.dispose]();
        expect(set.tryJoinNext()).toBe(undefined);
        yield* yieldNow();
        tx.send(1);
        yield* tx.closed();
        const values = new Set<number>();
        for (;;) {
          const outcome = set.tryJoinNext();
          if (outcome === undefined) break;
          if (outcome.status === "ok") values.add(outcome.value);
        }
        expect([values.size, spawned.size]).toEqual([TASKS, TASKS]);
      });
    },
  );

  conforms(["task_join_set::extend"], "takes in tasks that were spawned elsewhere", () => {
    using rt = currentThread();
    const values = rt.blockOn(function* () {
      const set = new JoinSet<number>();
      for (const i of upTo(5)) set.spawn(ready(i));
      for (const i of upTo(5)) set.insert(spawn(ready(5 + i)));
      return yield* drain(set);
    });
    expect(values).toEqual(upTo(10));
  });

  conforms(
    "task_join_set::test_abort_on_drop",
    "aborts its tasks at the end of an `await using` block",
    async () => {
      using rt = currentThread();
      const stuck = Array.from({ length: 16 }, () => new Stuck());
      await rt.run(async () => {
        await using set = new JoinSet<never>();
        for (const future of stuck) set.spawn(future);
        await yieldNow();
        expect(set.size).toBe(16);
      });
      expect(stuck.map((future) => [future.polls, future.drops])).toEqual(stuck.map(() => [1, 1]));
    },
  );
});

describe("a JoinSet of local tasks", () => {
  const builds: (() => Runtime)[] = [
    currentThread,
    () => Builder.newCurrentThread().enableAll().buildLocal(),
  ];

  conforms(
    [
      "task_join_set::spawn_local::local_runtime::spawn_then_join_next",
      "task_join_set::spawn_local::local_set::spawn_then_join_next",
      "task_join_set::spawn_local_on::local_runtime::spawn_then_join_next",
      "task_join_set::spawn_local_on::local_set::spawn_then_join_next",
    ],
    "joins them all, none before the runtime is driven",
    () => {
      for (const build of builds) {
        using rt = build();
        const set = new JoinSet<number>();
        {
          using _ = rt.enter();
          for (const i of upTo(8)) set.spawnLocal(ready(i));
        }
        expect(set.tryJoinNext()).toBe(undefined);
        expect(rt.blockOn(drain(set))).toEqual(upTo(8));
        expect(set.isEmpty()).toBe(true);
      }
    },
  );

  conforms(
    [
      "task_join_set::spawn_local::local_runtime::spawn_then_shutdown",
      "task_join_set::spawn_local::local_set::spawn_then_shutdown",
      "task_join_set::spawn_local_on::local_set::spawn_then_shutdown",
    ],
    "has dropped them all when its shutdown is done",
    () => {
      for (const build of builds) {
        using rt = build();
        const stuck = Array.from({ length: 8 }, () => new Stuck());
        rt.blockOn(function* () {
          const set = new JoinSet<never>();
          for (const future of stuck) set.spawnLocal(future);
          expect(set.tryJoinNext()).toBe(undefined);
          yield* set.shutdown();
          expect(set.isEmpty()).toBe(true);
        });
        expect(stuck.every((future) => future.drops === 1)).toBe(true);
      }
    },
  );

  conforms(
    [
      "task_join_set::spawn_local::local_runtime::spawn_then_drop",
      "task_join_set::spawn_local::local_set::spawn_then_drop",
      "task_join_set::spawn_local_on::local_set::spawn_then_drop",
    ],
    "drops them at the end of an `await using` block",
    async () => {
      for (const build of builds) {
        using rt = build();
        const stuck = Array.from({ length: 8 }, () => new Stuck());
        await rt.run(async () => {
          await using set = new JoinSet<never>();
          for (const future of stuck) set.spawnLocal(future);
          expect(Handle.current().id).toBe(rt.handle().id);
        });
        expect(stuck.every((future) => future.drops === 1)).toBe(true);
      }
    },
  );
});
