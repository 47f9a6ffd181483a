import { cx, type Waker } from "@treadle/core";
import {
  type Async,
  Builder,
  fn,
  mpsc,
  Notify,
  oneshot,
  pending,
  type RuntimeError,
  spawn,
  timeout,
  yieldNow,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Counted, currentThread, Stuck, thrownBy, turns } from "../support/runtimes.ts";

describe("a current-thread runtime", () => {
  conforms(
    "rt_basic::spawned_task_does_not_progress_without_block_on",
    "a spawned task makes no progress before the runtime is driven",
    async () => {
      using rt = currentThread();
      const [tx, rx] = oneshot<string>();
      rt.spawn(function* () {
        tx.send("hello");
      });
      expect(rx.isEmpty).toBe(true);
      // Microtasks do not drive a runtime; the event loop and blockOn do.
      for (let i = 0; i < 10; i++) await null;
      expect(rx.isEmpty).toBe(true);
      expect(rt.blockOn(rx)).toBe("hello");
    },
  );

  conforms(
    "rt_basic::no_extra_poll",
    "a task is polled once per wake and never without one",
    () => {
      using rt = currentThread();
      const [tx, rx] = mpsc.unbounded<number>();
      const count = { polls: 0 };
      rt.spawn(function* () {
        while ((yield* new Counted(rx.recv(), count)) !== undefined);
      });
      rt.blockOn(yieldNow());
      expect(count.polls).toBe(1);
      tx.send(1);
      rt.blockOn(yieldNow());
      expect(count.polls).toBe(1 + 2);
      rt.blockOn(yieldNow());
      expect(count.polls).toBe(1 + 2);
      tx.close();
      rt.blockOn(yieldNow());
      expect(count.polls).toBe(1 + 2 + 1);
    },
  );

  conforms(
    "rt_basic::acquire_mutex_in_drop",
    "clean-up at shutdown may wake tasks that are being cancelled themselves",
    () => {
      const rt = currentThread();
      const [tx1, rx1] = oneshot<number>();
      const [tx2, rx2] = oneshot<number>();
      const log: string[] = [];
      rt.spawn(function* () {
        try {
          yield* rx2;
          log.push("first went on");
        } finally {
          log.push("first");
        }
      });
      rt.spawn(function* () {
        try {
          yield* rx1;
          log.push("second went on");
        } finally {
          tx2.send(2);
          log.push("second");
        }
      });
      rt.spawn(function* () {
        try {
          yield* pending();
        } finally {
          tx1.send(1);
          log.push("third");
        }
      });
      rt.blockOn(yieldNow());
      rt.shutdownBackground();
      expect(log.sort()).toEqual(["first", "second", "third"]);
      expect(rt.metrics().numAliveTasks()).toBe(0);
    },
  );

  conforms(
    "rt_basic::drop_tasks_in_context",
    "a task dropped by shutdown still finds its runtime",
    () => {
      const rt = currentThread();
      let found: unknown;
      rt.spawn(new Stuck(() => (found = cx.runtime)));
      rt.blockOn(yieldNow());
      const { runtime } = cx;
      expect(runtime).toBe(null);
      rt.shutdownBackground();
      expect(found).toMatchObject({ id: rt.handle().id });
      expect(cx.runtime).toBe(null);
    },
  );

  conforms(
    "rt_basic::wake_in_drop_after_panic",
    "tasks may wake each other while they are dropped after the root has failed",
    () => {
      const rt = currentThread();
      const [tx1, rx1] = oneshot<number>();
      const [tx2, rx2] = oneshot<number>();
      let drops = 0;
      const cross = fn(function* cross(tx: typeof tx1, rx: typeof rx1): Async<void> {
        try {
          yield* rx;
        } finally {
          drops++;
          tx.send(1);
        }
      });
      const a = rt.spawn(cross, tx2, rx1);
      const b = rt.spawn(cross, tx1, rx2);
      const boom = new Error("boom");
      const failing = fn(function* failing(): Async<void> {
        yield* yieldNow();
        throw boom;
      });
      expect(thrownBy(() => rt.blockOn(failing()))).toBe(boom);
      rt.shutdownBackground();
      expect(drops).toBe(2);
      expect([a.isFinished(), b.isFinished()]).toEqual([true, true]);
    },
  );

  conforms(
    "rt_basic::spawn_two",
    "spawning inside the runtime counts as local, never as remote",
    () => {
      const rt = currentThread();
      const out = rt.blockOn(function* () {
        const [tx, rx] = oneshot<string>();
        spawn(function* () {
          spawn(function* () {
            tx.send("ZOMG");
          });
        });
        return yield* rx;
      });
      expect(out).toBe("ZOMG");
      const metrics = rt.metrics();
      rt.shutdownBackground();
      expect(metrics.remoteScheduleCount()).toBe(0);
      expect(metrics.workerLocalScheduleCount(0)).toBe(2);
    },
  );

  conforms(
    "rt_basic::spawn_remote",
    "a wake from outside the runtime counts as remote and wakes a sleeping runtime",
    async () => {
      const rt = currentThread();
      const out = await rt.run(function* () {
        const [tx, rx] = oneshot<string>();
        const handle = spawn(function* () {
          setTimeout(() => tx.send("ZOMG"), 1);
          return yield* rx;
        });
        return yield* handle;
      });
      expect(out).toBe("ZOMG");
      const metrics = rt.metrics();
      rt.shutdownBackground();
      expect(metrics.remoteScheduleCount()).toBe(1);
      expect(metrics.workerLocalScheduleCount(0)).toBe(1);
    },
  );

  conforms(
    "rt_basic::timeout_panics_when_no_time_handle",
    "a timeout on a runtime without timers throws an error that names the flag",
    () => {
      using rt = Builder.newCurrentThread().build();
      const [_tx, rx] = oneshot<void>();
      const error = thrownBy(() =>
        rt.blockOn(function* () {
          yield* timeout(20, rx);
        }),
      );
      expect(error.message).toContain("context was found, but timers are disabled");
      expect(error.message).toContain("enableTime");
      expect(error.code).toBe("ERR_TIME_DISABLED");
    },
  );

  conforms(
    "rt_basic::default_runtime_name_should_be_none",
    "a runtime has no name by itself",
    () => {
      using rt = Builder.newCurrentThread().build();
      expect(rt.handle().name).toBe(undefined);
    },
  );

  conforms("rt_basic::different_runtime_names", "each runtime has the name it was given", () => {
    using one = Builder.newCurrentThread().name("test-runtime-1").build();
    using two = Builder.newCurrentThread().name("test-runtime-2").build();
    expect([one.handle().name, two.handle().name]).toEqual(["test-runtime-1", "test-runtime-2"]);
  });

  conforms(
    "rt_basic::before_park_yields",
    "a yield in the before-park hook keeps the thread from sleeping",
    () => {
      const notify = new Notify();
      const waker: Waker = { wake: () => notify.notifyOne() };
      let woken = 0;
      using rt = Builder.newCurrentThread()
        .enableAll()
        .onThreadPark(() => {
          if (woken++ > 0) return;
          const before = cx.waker;
          cx.waker = waker;
          yieldNow().next();
          cx.waker = before;
        })
        .build();
      rt.blockOn(notify.notified());
      expect(woken).toBe(1);
    },
  );
});

describe("a failure with unhandledFailure('shutdownRuntime')", () => {
  const failing = fn(function* failing(): Async<void> {
    throw new Error("boom");
  });
  const build = () => Builder.newCurrentThread().unhandledFailure("shutdownRuntime").build();
  const text =
    "a spawned task failed and the runtime is configured to shut down on unhandled failure";

  conforms(
    "rt_basic::shutdown_on_panic",
    "makes the running blockOn throw, with the failure as the cause",
    () => {
      using rt = build();
      const error = thrownBy(() =>
        rt.blockOn(function* () {
          spawn(failing);
          yield* pending();
        }),
      ) as RuntimeError;
      expect(error.message).toBe(text);
      expect(error.cause).toMatchObject({ message: "boom" });
    },
  );

  conforms(
    "rt_basic::spawns_do_nothing",
    "makes later spawns answer cancelled without ever running",
    async () => {
      const rt = build();
      thrownBy(() =>
        rt.blockOn(function* () {
          spawn(failing);
          yield* pending();
        }),
      );
      let ran = false;
      const handle = rt.spawn(function* () {
        ran = true;
      });
      expect(handle.isFinished()).toBe(true);
      await expect(handle.then()).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
      expect(ran).toBe(false);
    },
  );

  conforms(
    "rt_basic::shutdown_all_concurrent_block_on",
    "ends every root future that runs at the time",
    async () => {
      const rt = build();
      const roots = [rt.run(pending()), rt.run(pending())];
      const settled = Promise.allSettled(roots);
      await turns(2);
      rt.spawn(failing);
      for (const result of await settled) {
        expect(result).toMatchObject({ status: "rejected", reason: { message: text } });
      }
    },
  );
});

describe("a seeded runtime", () => {
  const two = () => [cx.rand.nextBelow(100), cx.rand.nextBelow(100)];
  const seed = new TextEncoder().encode("bytes used to generate seed");

  conforms("rt_basic::rng_seed", "repeats the random choices of another with its seed", () => {
    const draw = () =>
      Builder.newCurrentThread()
        .rngSeed(seed)
        .build()
        .blockOn(function* () {
          return two();
        });
    expect(draw()).toEqual(draw());
  });

  conforms(
    "rt_basic::rng_seed_multi_enter",
    "goes on in its own random sequence each time it is entered",
    () => {
      const draw = () => {
        const rt = Builder.newCurrentThread().rngSeed(seed).build();
        const once = () =>
          rt.blockOn(function* () {
            return two();
          });
        const first = once();
        two();
        return [first, once()];
      };
      const [first, second] = draw();
      expect(draw()).toEqual([first, second]);
      expect(first).not.toEqual(second);
    },
  );
});
