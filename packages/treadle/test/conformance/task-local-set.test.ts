/** A LocalSet's tasks are tasks of a LocalRuntime here, since one thread needs no second queue for them. */
import {
  type Async,
  Builder,
  fn,
  joinAll,
  type LocalRuntime,
  mpsc,
  Notify,
  oneshot,
  pending,
  ready,
  select,
  sleep,
  spawn,
  spawnLocal,
  type Waker,
  yieldNow,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Stuck, thrownBy, turns } from "../support/runtimes.ts";

const local = (): LocalRuntime => Builder.newCurrentThread().enableAll().buildLocal();
const paused = (): LocalRuntime =>
  Builder.newCurrentThread().enableAll().startPaused(true).buildLocal();

describe("local tasks", () => {
  conforms(
    [
      "task_local_set::local_current_thread_scheduler",
      "task/local::local_current_thread_scheduler",
      "task_local_set::local_threadpool",
      "task_builder::spawn_local_on_local_runtime",
    ],
    "run inside blockOn",
    () => {
      using rt = local();
      const out = rt.blockOn(function* () {
        return yield* spawnLocal(ready("ran"));
      });
      expect(out).toBe("ran");
    },
  );

  conforms(
    [
      "task_local_set::localset_future_drives_all_local_futs",
      "task_local_set::localset_future_threadpool",
      "task_local_set::nested_spawn_is_local",
      "task_local_set::all_spawns_are_local",
    ],
    "run to their end, those that they spawn too",
    () => {
      using rt = local();
      const log: string[] = [];
      const nest = fn(function* nest(depth: number): Async<void> {
        if (depth < 4) yield* spawnLocal(nest, depth + 1);
        yield* yieldNow();
        log.push(`nested ${depth}`);
      });
      rt.spawnLocal(nest, 1);
      const handles = Array.from({ length: 128 }, (_, i) => rt.spawnLocal(ready(i)));
      expect(rt.blockOn(joinAll(handles))).toEqual(Array.from({ length: 128 }, (_, i) => i));
      rt.blockOn(function* () {
        while (rt.metrics().numAliveTasks() > 0) yield* yieldNow();
      });
      expect(log).toEqual(["nested 4", "nested 3", "nested 2", "nested 1"]);
    },
  );

  conforms(
    ["task_local_set::localset_future_timers", "task_local_set::local_threadpool_timer"],
    "sleep",
    () => {
      using rt = paused();
      const log: string[] = [];
      const nap = fn(function* nap(ms: number): Async<void> {
        yield* sleep(ms);
        log.push(`slept ${ms}`);
      });
      const handles = [rt.spawnLocal(nap, 10), rt.spawnLocal(nap, 5)];
      rt.blockOn(joinAll(handles));
      expect(log).toEqual(["slept 5", "slept 10"]);
    },
  );

  conforms(
    ["task_local_set::enter_guard_spawn", "task_local_set::sleep_with_local_enter_guard"],
    "can be spawned and made to sleep while their runtime is entered",
    () => {
      using rt = paused();
      let join: ReturnType<typeof spawnLocal<boolean>>;
      let slept: ReturnType<typeof spawnLocal<void>>;
      {
        using _ = rt.enter();
        join = spawnLocal(ready(true));
        slept = spawnLocal(sleep(0));
      }
      expect(rt.blockOn(join)).toBe(true);
      expect(rt.blockOn(slept)).toBe(undefined);
    },
  );

  conforms(
    ["task_local_set::join_local_future_elsewhere"],
    "are joined by a task of another runtime on the same thread",
    async () => {
      using rt = local();
      using other = local();
      const [tx, rx] = oneshot<void>();
      const join = rt.spawnLocal(function* (): Async<string> {
        yield* rx;
        return "hello world";
      });
      const out = other.run(function* () {
        tx.send();
        return yield* join;
      });
      expect(await out).toBe("hello world");
    },
  );

  conforms(
    ["task_local_set::drop_cancels_tasks", "task_local_set::drop_cancels_remote_tasks"],
    "are dropped when their runtime is disposed",
    () => {
      const rt = local();
      const [tx, rx] = mpsc.channel<number>(1_024);
      const stuck = new Stuck();
      rt.spawnLocal(stuck);
      const reader = rt.spawnLocal(function* () {
        while ((yield* rx.recv()) !== undefined);
      });
      rt.blockOn(rt.sleep(1));
      expect(stuck.polls).toBe(1);
      tx.close();
      rt[Symbol.dispose]();
      expect([stuck.drops, reader.isFinished()]).toEqual([1, true]);
    },
  );

  conforms(
    "task_local_set::acquire_mutex_in_drop",
    "may wake each other while they are dropped",
    () => {
      const rt = local();
      const [tx1, rx1] = oneshot<void>();
      const [tx2, rx2] = oneshot<void>();
      const log: string[] = [];
      rt.spawnLocal(function* () {
        yield* rx2;
        log.push("unreachable");
      });
      rt.spawnLocal(function* () {
        try {
          yield* rx1;
          log.push("unreachable");
        } finally {
          tx2.send();
        }
      });
      rt.spawnLocal(function* () {
        try {
          yield* pending();
        } finally {
          tx1.send();
        }
      });
      rt.blockOn(yieldNow());
      rt[Symbol.dispose]();
      expect([log, rt.metrics().numAliveTasks()]).toEqual([[], 0]);
    },
  );

  conforms("task_local_set::local_tasks_wake_join_all", "wake a root that joins many", () => {
    using rt = local();
    const handles = Array.from({ length: 128 }, () =>
      rt.spawnLocal(function* () {
        yield* spawnLocal(ready(0));
      }),
    );
    expect(rt.blockOn(joinAll(handles))).toHaveLength(128);
  });

  conforms(
    "task_local_set::local_tasks_are_polled_after_tick",
    "are all polled, although more are woken than one round takes",
    () => {
      using rt = paused();
      const EXPECTED = 500;
      const seen = { received: 0, woken: 0 };
      rt.blockOn(function* () {
        const [tx, rx] = mpsc.unbounded<ReturnType<typeof oneshot<void>>[1]>();
        const feeder = spawn(function* () {
          yield* sleep(10);
          const senders = Array.from({ length: EXPECTED }, () => {
            const [one, other] = oneshot<void>();
            tx.send(other);
            return one;
          });
          tx.close();
          yield* sleep(10);
          for (const sender of senders) sender.send();
          while (seen.woken < EXPECTED) yield* sleep(20);
        });
        for (;;) {
          const receiver = yield* rx.recv();
          if (receiver === undefined) break;
          seen.received++;
          spawnLocal(function* () {
            yield* receiver;
            seen.woken++;
          });
        }
        yield* feeder;
      });
      expect(seen).toEqual({ received: EXPECTED, woken: EXPECTED });
    },
  );

  conforms(
    "task_local_set::spawn_wakes_localset",
    "that are spawned while the root waits are run",
    () => {
      using rt = local();
      const out = rt.blockOn(
        select({
          waits: pending(),
          spawns: function* () {
            return yield* rt.spawnLocal(ready("ran"));
          },
        }),
      );
      expect(out).toEqual({ key: "spawns", value: "ran" });
    },
  );

  conforms(
    "task/local::wakes_to_local_queue",
    "that are woken inside go to the local queue and not to the global one",
    () => {
      using rt = local();
      const notify = new Notify();
      const depths = rt.blockOn(function* () {
        const task = spawnLocal(notify.notified());
        yield* yieldNow();
        notify.notifyOne();
        const metrics = rt.metrics();
        const depths = [metrics.workerLocalQueueDepth(0), metrics.globalQueueDepth()];
        yield* task;
        return depths;
      });
      expect(depths).toEqual([1, 0]);
    },
  );

  conforms(
    [
      "task_local_set::localset_in_thread_local",
      "task_local_set::store_local_set_in_thread_local_with_runtime",
      "runtime/tests/loom_local::wake_during_shutdown",
    ],
    "may be woken when their runtime is gone",
    async () => {
      const rt = local();
      const stuck = new Stuck();
      rt.spawnLocal(stuck);
      rt.blockOn(yieldNow());
      const waker = stuck.waker as Waker;
      waker.wake();
      rt[Symbol.dispose]();
      waker.wake();
      await turns();
      expect([stuck.polls, stuck.drops]).toEqual([1, 1]);
    },
  );

  conforms(
    "task_local_set::shutdown_on_panic",
    "that fail shut their runtime down, if it is built so",
    () => {
      using rt = Builder.newCurrentThread().unhandledFailure("shutdownRuntime").buildLocal();
      const error = thrownBy(() =>
        rt.blockOn(function* () {
          spawnLocal(function* (): Async<void> {
            throw new Error("boom");
          });
          yield* pending();
        }),
      );
      expect(error.message).toContain("configured to shut down on unhandled failure");
    },
  );
});
