import {
  type Async,
  Barrier,
  Builder,
  fn,
  Handle,
  type JoinHandle,
  mpsc,
  oneshot,
  pollFn,
  ready,
  select,
  spawn,
  yieldNow,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { currentThread, pausedThread, thrownBy } from "../support/runtimes.ts";

describe("enter guards", () => {
  conforms("rt_handle::basic_enter", "nest, the inner runtime being current first", () => {
    using one = currentThread();
    using two = currentThread();
    const outer = one.enter();
    const inner = two.enter();
    expect(Handle.current().id).toBe(two.handle().id);
    inner[Symbol.dispose]();
    expect(Handle.current().id).toBe(one.handle().id);
    outer[Symbol.dispose]();
    expect(Handle.tryCurrent()).toBe(undefined);
  });

  conforms(
    ["rt_handle::interleave_enter_different_rt", "rt_handle::interleave_then_enter"],
    "of two runtimes released in the wrong order throw, and nothing is lost by it",
    () => {
      using one = currentThread();
      using two = currentThread();
      const outer = one.enter();
      const inner = two.enter();
      const error = thrownBy(() => outer[Symbol.dispose]());
      expect(error.code).toBe("ERR_GUARD_ORDER");
      expect(error.message).toContain("dropped out of order");
      expect(Handle.current().id).toBe(two.handle().id);
      inner[Symbol.dispose]();
      outer[Symbol.dispose]();
      expect(Handle.tryCurrent()).toBe(undefined);
      using three = currentThread();
      using _ = three.enter();
      expect(Handle.current().id).toBe(three.handle().id);
    },
  );

  conforms(
    "rt_handle::interleave_enter_same_rt",
    "of one runtime released in the wrong order throw too",
    () => {
      using rt = currentThread();
      const first = rt.enter();
      const second = rt.enter();
      const third = rt.enter();
      expect(thrownBy(() => second[Symbol.dispose]()).code).toBe("ERR_GUARD_ORDER");
      for (const guard of [third, second, first]) guard[Symbol.dispose]();
      expect(Handle.tryCurrent()).toBe(undefined);
    },
  );
});

describe("handles", () => {
  conforms("rt_handle::runtime_id_is_same", "of one runtime have one id", () => {
    using rt = currentThread();
    expect(rt.handle().id).toBe(rt.handle().id);
    expect(rt.blockOn(pollFn(() => Handle.current().id))).toBe(rt.handle().id);
  });

  conforms("rt_handle::runtime_ids_different", "of two runtimes have different ids", () => {
    using one = currentThread();
    using two = currentThread();
    expect(one.handle().id).not.toBe(two.handle().id);
  });

  conforms(
    "rt_handle::drop_tasks_with_reference_cycle",
    "of tasks that hold each other do not keep them from ending",
    () => {
      using rt = currentThread();
      rt.blockOn(function* () {
        const [tx, rx] = mpsc.channel<JoinHandle<void>>(1);
        const barrier = new Barrier(3);
        const a: JoinHandle<void> = spawn(function* (): Async<void> {
          const b = (yield* rx.recv()) as JoinHandle<void>;
          yield* select({ b, now: ready(0) });
          yield* barrier.wait();
        });
        const b = spawn(function* (): Async<void> {
          yield* select({ a, now: ready(0) });
          yield* barrier.wait();
        });
        yield* tx.send(b);
        yield* barrier.wait();
        yield* yieldNow();
        expect([a.isFinished(), b.isFinished()]).toEqual([true, true]);
      });
      expect(rt.metrics().numAliveTasks()).toBe(0);
    },
  );
});

describe("Handle.blockOn", () => {
  conforms("rt_handle_block_on::basic", "runs a future and answers its value", () => {
    using rt = currentThread();
    expect(rt.handle().blockOn(ready(1))).toBe(1);
  });

  conforms(
    "rt_handle_block_on::bounded_mpsc_channel",
    "waits for both ends of a bounded channel",
    () => {
      using rt = currentThread();
      const [tx, rx] = mpsc.channel<number>(1);
      rt.spawn(function* () {
        for (let i = 0; i < 5; i++) yield* tx.send(i);
        tx.close();
      });
      const got = rt.handle().blockOn(function* () {
        const got: number[] = [];
        for (;;) {
          const value = yield* rx.recv();
          if (value === undefined) return got;
          got.push(value);
        }
      });
      expect(got).toEqual([0, 1, 2, 3, 4]);
    },
  );

  conforms(
    "rt_handle_block_on::unbounded_mpsc_channel",
    "receives what was sent to an unbounded channel",
    () => {
      using rt = currentThread();
      const [tx, rx] = mpsc.unbounded<string>();
      tx.send("a");
      expect(rt.handle().blockOn(rx.recv())).toBe("a");
      rt.spawn(function* () {
        tx.send("b");
      });
      expect(rt.handle().blockOn(rx.recv())).toBe("b");
    },
  );

  conforms("rt_handle_block_on::nesting", "inside a runtime throws", () => {
    using rt = currentThread();
    const handle = rt.handle();
    const nested = fn(function* nested(): Async<unknown> {
      return handle.blockOn(ready(1));
    });
    expect(thrownBy(() => handle.blockOn(nested())).code).toBe("ERR_NESTED_RUNTIME");
  });

  conforms("rt_handle_block_on::sleep", "drives the timers", () => {
    using rt = pausedThread();
    expect(rt.handle().blockOn(rt.sleep(100))).toBe(undefined);
  });

  conforms(
    "rt_handle_block_on::spawn_after_runtime_dropped",
    "spawning through the handle of a runtime that is gone gives a cancelled task",
    async () => {
      const rt = currentThread();
      const handle = rt.handle();
      rt.shutdownBackground();
      const task = handle.spawn(function* () {
        return 1;
      });
      await expect(task.then()).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
    },
  );

  conforms(
    "rt_handle_block_on::sleep_before_shutdown_panics",
    "a sleep that was made before the shutdown throws after it",
    () => {
      const rt = currentThread();
      const other = currentThread();
      const slept = rt.sleep(1_000_000);
      rt.shutdownBackground();
      const error = thrownBy(() => other.blockOn(slept));
      expect(error.code).toBe("ERR_TIME_SHUTDOWN");
      expect(error.message).toContain("is being shutdown");
      other.shutdownBackground();
    },
  );

  conforms(
    "rt_handle_block_on::sleep_after_shutdown_panics",
    "a sleep after the shutdown throws, and so does blockOn",
    () => {
      const rt = currentThread();
      const other = currentThread();
      rt.shutdownBackground();
      expect(thrownBy(() => rt.handle().blockOn(ready(1))).code).toBe("ERR_RUNTIME_SHUTDOWN");
      expect(thrownBy(() => other.blockOn(rt.sleep(1_000_000))).code).toBe("ERR_TIME_SHUTDOWN");
      other.shutdownBackground();
    },
  );
});

describe("Handle.current", () => {
  conforms(
    ["rt_panic::current_handle_panic_caller"],
    "outside any runtime throws where it was called",
    () => {
      const error = thrownBy(() => Handle.current());
      expect(error.code).toBe("ERR_NO_RUNTIME");
      expect(error.stack).toContain("rt-handle.test.ts");
    },
  );
});

describe("the Builder", () => {
  const at = (f: () => unknown) => {
    const error = thrownBy(f);
    expect(error.code).toBe("ERR_INVALID_ARG");
    expect(error.stack).toContain("rt-handle.test.ts");
    return error.message;
  };

  conforms("rt_panic::builder_worker_threads_panic_caller", "refuses 0 worker threads", () => {
    expect(at(() => Builder.newMultiThread().workerThreads(0))).toBe(
      "Worker threads cannot be set to 0",
    );
  });

  conforms(
    "rt_panic::builder_max_blocking_threads_panic_caller",
    "refuses 0 blocking threads",
    () => {
      expect(at(() => Builder.newMultiThread().maxBlockingThreads(0))).toBe(
        "Max blocking threads cannot be set to 0",
      );
    },
  );

  conforms(
    "rt_panic::builder_global_queue_interval_panic_caller",
    "refuses a global queue interval of 0",
    () => {
      expect(at(() => Builder.newMultiThread().globalQueueInterval(0))).toBe(
        "globalQueueInterval must be greater than 0",
      );
    },
  );

  conforms(
    "rt_panic::builder_event_interval_interval_panic_caller",
    "refuses an event interval of 0",
    () => {
      expect(at(() => Builder.newMultiThread().eventInterval(0))).toBe(
        "eventInterval must be greater than 0",
      );
    },
  );

  conforms("rt_panic::builder_name_panic_caller", "refuses a blank name", () => {
    expect(at(() => Builder.newMultiThread().name(" "))).toBe("runtime name shouldn't be empty");
  });
});

describe("the error of a shutdown", () => {
  conforms("rt_shutdown_err::test_is_rt_shutdown_err", "is known by its code", async () => {
    const rt = currentThread();
    const [, rx] = oneshot<void>();
    const root = rt.run(rx);
    const caught = expect(root).rejects.toMatchObject({ code: "ERR_RUNTIME_SHUTDOWN" });
    rt.shutdownBackground();
    await caught;
    expect(() => rt.blockOn(ready(1))).toThrow("context was found, but it is being shutdown");
  });

  conforms(
    [
      "rt_shutdown_err::test_is_not_rt_shutdown_err",
      "rt_shutdown_err::test_join_error_panic",
      "rt_shutdown_err::test_join_error_cancelled",
    ],
    "is none of the errors that tasks end with",
    () => {
      using rt = currentThread();
      const failed = rt.spawn(function* (): Async<void> {
        throw new Error("oops");
      });
      const cancelled = rt.spawn(function* (): Async<void> {
        yield* yieldNow();
      });
      cancelled.abort();
      const errors = [failed, cancelled].map((handle) => thrownBy(() => rt.blockOn(handle)));
      expect(errors.map((error) => error.code)).toEqual([undefined, "ERR_TASK_CANCELLED"]);
    },
  );
});
