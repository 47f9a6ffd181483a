import { cx, type Poll } from "@treadle/core";
import {
  type Async,
  Barrier,
  Builder,
  consumeBudget,
  fn,
  Instant,
  type JoinHandle,
  join,
  mpsc,
  oneshot,
  PENDING,
  pollFn,
  type Runtime,
  sleep,
  spawn,
  unconstrained,
  type Waker,
  yieldNow,
} from "treadle";
import { describe, expect } from "vitest";
import { child } from "../support/child.ts";
import { conforms } from "../support/conforms.ts";
import {
  currentThread,
  pausedThread,
  requeue,
  Stuck,
  thrownBy,
  turns,
} from "../support/runtimes.ts";

describe("blockOn", () => {
  conforms("rt_common::block_on_sync", "runs a future that never waits", () => {
    using rt = currentThread();
    let win = false;
    rt.blockOn(function* () {
      win = true;
    });
    expect(win).toBe(true);
  });

  conforms("rt_common::spawn_one_bg", "drives a task that it has spawned", () => {
    using rt = currentThread();
    const out = rt.blockOn(function* () {
      const [tx, rx] = oneshot<string>();
      spawn(function* () {
        tx.send("ZOMG");
      });
      return yield* rx;
    });
    expect(out).toBe("ZOMG");
  });

  conforms("rt_common::spawn_one_join", "gets a task's message and its output", () => {
    using rt = currentThread();
    const out = rt.blockOn(function* () {
      const [tx, rx] = oneshot<string>();
      const handle = spawn(function* () {
        tx.send("ZOMG");
        return "DONE";
      });
      return [yield* rx, yield* handle];
    });
    expect(out).toEqual(["ZOMG", "DONE"]);
  });

  conforms("rt_common::spawn_two", "drives tasks that pass a message on", () => {
    using rt = currentThread();
    const out = rt.blockOn(function* () {
      const [tx1, rx1] = oneshot<string>();
      const [tx2, rx2] = oneshot<string>();
      spawn(function* () {
        tx1.send("ZOMG");
      });
      spawn(function* () {
        tx2.send(yield* rx1);
      });
      return yield* rx2;
    });
    expect(out).toBe("ZOMG");
  });

  conforms(
    "rt_common::spawn_one_from_block_on_called_on_handle",
    "of the handle spawns tasks that a later blockOn of the runtime goes on with",
    () => {
      using rt = currentThread();
      const [tx, rx] = oneshot<string>();
      const handles: JoinHandle<string>[] = [];
      rt.handle().blockOn(function* () {
        handles.push(
          spawn(function* () {
            tx.send("ZOMG");
            return "DONE";
          }),
        );
      });
      const out = rt.blockOn(function* () {
        return [yield* rx, yield* handles[0] as JoinHandle<string>];
      });
      expect(out).toEqual(["ZOMG", "DONE"]);
    },
  );

  conforms("rt_common::spawn_await_chain", "joins a task that joins a task", () => {
    using rt = currentThread();
    const out = rt.blockOn(function* () {
      return yield* spawn(function* () {
        return yield* spawn(function* () {
          return "hello";
        });
      });
    });
    expect(out).toBe("hello");
  });

  conforms("rt_common::nested_rt", "inside another runtime throws instead of blocking it", () => {
    using one = currentThread();
    using two = currentThread();
    const error = thrownBy(() =>
      one.blockOn(function* () {
        return two.blockOn(function* () {
          return "hello";
        });
      }),
    );
    expect(error.code).toBe("ERR_NESTED_RUNTIME");
    expect(error.message).toContain("Cannot start a runtime from within a runtime");
    expect(one.blockOn(yieldNow())).toBe(undefined);
    expect(two.blockOn(yieldNow())).toBe(undefined);
  });

  conforms(
    "rt_common::create_rt_in_block_on",
    "may build another runtime, to be used afterwards",
    () => {
      using one = currentThread();
      const made: Runtime[] = [];
      one.blockOn(function* () {
        made.push(currentThread());
      });
      using two = made[0] as Runtime;
      const out = two.blockOn(function* () {
        return "ZOMG";
      });
      expect(out).toBe("ZOMG");
    },
  );

  conforms("rt_common::panic_in_block_on", "throws what its future throws, the same object", () => {
    using rt = currentThread();
    const boom = new Error("boom");
    const failing = fn(function* failing(): Async<void> {
      throw boom;
    });
    expect(thrownBy(() => rt.blockOn(failing()))).toBe(boom);
  });

  conforms("rt_common::sleep_at_root", "sleeps at least as long as it was told", () => {
    using rt = currentThread();
    const start = performance.now();
    rt.blockOn(rt.sleep(5));
    expect(performance.now() - start).toBeGreaterThanOrEqual(5);
  });

  conforms("rt_common::sleep_in_spawn", "wakes a task that sleeps, and not before its time", () => {
    using rt = pausedThread();
    const slept = rt.blockOn(function* () {
      const [tx, rx] = oneshot<number>();
      const start = Instant.now();
      spawn(function* () {
        yield* sleep(50);
        tx.send(start.elapsed());
      });
      return yield* rx;
    });
    expect(slept).toBe(50);
  });
});

describe("run", () => {
  conforms(
    "rt_common::block_on_async",
    "waits for what comes from outside the runtime",
    async () => {
      using rt = currentThread();
      const out = await rt.run(function* () {
        const [tx, rx] = oneshot<string>();
        setTimeout(() => tx.send("ZOMG"), 1);
        return yield* rx;
      });
      expect(out).toBe("ZOMG");
    },
  );

  /** Waits for `count` tasks that are each woken from outside, in one event loop callback. */
  const collect = fn(function* collect(count: number): Async<number[]> {
    const [done, results] = mpsc.unbounded<number>();
    const senders = Array.from({ length: count }, () => {
      const [tx, rx] = oneshot<number>();
      spawn(function* () {
        done.send(yield* rx);
      });
      return tx;
    });
    setTimeout(() => {
      for (const [i, tx] of senders.entries()) tx.send(i);
    }, 1);
    const out: number[] = [];
    while (out.length < count) out.push((yield* results.recv()) as number);
    return out;
  });
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

  conforms(
    "rt_common::spawn_many_from_block_on",
    "gets every message of many tasks that are woken from outside",
    async () => {
      using rt = currentThread();
      const out = await rt.run(collect(200));
      expect(out.sort((a, b) => a - b)).toEqual(upTo(200));
    },
  );

  conforms(
    "rt_common::spawn_many_from_task",
    "gets every message of many tasks that a task has spawned",
    async () => {
      using rt = currentThread();
      const out = await rt.run(function* () {
        return yield* spawn(collect, 500);
      });
      expect(out.sort((a, b) => a - b)).toEqual(upTo(500));
    },
  );

  /** Always runnable, so that the runtime never sleeps. */
  const busy = fn(function* busy(): Async<void> {
    for (;;) yield* requeue();
  });

  conforms(
    "rt_common::complete_block_on_under_load",
    "ends its future although another task is always ready",
    async () => {
      using rt = currentThread();
      await rt.run(function* () {
        const [tx, rx] = oneshot<void>();
        spawn(busy);
        setTimeout(() => tx.send(), 1);
        yield* rx;
      });
    },
  );

  conforms(
    "rt_common::complete_task_under_load",
    "ends a task although another task is always ready",
    async () => {
      using rt = currentThread();
      await rt.run(function* () {
        const [tx1, rx1] = oneshot<void>();
        const [tx2, rx2] = oneshot<void>();
        spawn(busy);
        setTimeout(() => tx1.send(), 1);
        spawn(function* () {
          yield* rx1;
          tx2.send();
        });
        yield* rx2;
      });
    },
  );

  conforms(
    "rt_common::spawn_from_other_thread_idle",
    "is woken by a task that is spawned from outside while it sleeps",
    async () => {
      using rt = currentThread();
      const [tx, rx] = oneshot<void>();
      const handle = rt.handle();
      setTimeout(() => {
        handle.spawn(function* () {
          tx.send();
        });
      }, 1);
      await rt.run(rx);
    },
  );

  conforms(
    "rt_common::spawn_from_other_thread_under_load",
    "runs a task that is spawned from outside although another is always ready",
    async () => {
      using rt = currentThread();
      const [tx, rx] = oneshot<void>();
      const root = rt.run(function* () {
        spawn(busy);
        yield* rx;
      });
      await turns(2);
      rt.handle().spawn(function* () {
        tx.send();
      });
      await root;
    },
  );
});

describe("a runtime", () => {
  conforms(
    "rt_common::enter_and_spawn",
    "that is entered takes the tasks of the free spawn",
    () => {
      using rt = currentThread();
      let handle: JoinHandle<number>;
      {
        using _ = rt.enter();
        handle = spawn(function* () {
          return 1;
        });
      }
      expect(rt.blockOn(handle)).toBe(1);
    },
  );

  conforms(
    "rt_common::panic_in_task",
    "survives a task that throws, whose clean-up has run by then",
    () => {
      using rt = Builder.newCurrentThread().enableAll().unhandledFailure("ignore").build();
      const [tx, rx] = oneshot<string>();
      rt.spawn(function* () {
        try {
          throw new Error("boom");
        } finally {
          tx.send("cleaned");
        }
      });
      expect(rt.blockOn(rx)).toBe("cleaned");
    },
  );

  conforms(
    "rt_common::outstanding_tasks_dropped",
    "drops the tasks that still wait when it is disposed, each once",
    () => {
      const rt = currentThread();
      const stuck = new Stuck();
      rt.blockOn(function* () {
        spawn(stuck);
      });
      expect(stuck.drops).toBe(0);
      rt[Symbol.dispose]();
      expect(stuck.drops).toBe(1);
      expect(rt.metrics().numAliveTasks()).toBe(0);
    },
  );

  conforms(
    "rt_common::eagerly_drops_futures_on_shutdown",
    "drops a task's future during shutdown, although its handle is still held",
    () => {
      const rt = currentThread();
      const stuck = new Stuck();
      const handles: JoinHandle<void>[] = [];
      rt.blockOn(function* () {
        const [tx, rx] = oneshot<void>();
        handles.push(
          spawn(function* () {
            tx.send();
            yield* stuck;
          }),
        );
        yield* rx;
      });
      expect([stuck.polls, stuck.drops]).toEqual([1, 0]);
      rt.shutdownBackground();
      expect([stuck.polls, stuck.drops]).toEqual([1, 1]);
      expect(handles[0]?.isFinished()).toBe(true);
    },
  );

  conforms(
    "rt_common::wake_while_rt_is_dropping",
    "may have its tasks woken by each other's clean-up while it shuts down",
    () => {
      const rt = currentThread();
      const [tx1, rx1] = oneshot<void>();
      const [tx2, rx2] = oneshot<void>();
      const barrier = new Barrier(3);
      let cleaned = 0;
      const half = fn(function* half(rx: typeof rx1, tx: typeof tx1): Async<void> {
        try {
          yield* join(rx, barrier.wait());
        } finally {
          cleaned++;
          tx.send();
        }
      });
      rt.spawn(half, rx1, tx2);
      rt.spawn(half, rx2, tx1);
      rt.blockOn(barrier.wait());
      expect(cleaned).toBe(0);
      rt.shutdownBackground();
      expect(cleaned).toBe(2);
    },
  );

  conforms(
    "rt_common::shutdown_wakeup_time",
    "with nothing left to clean up is shut down at once, whatever time it is given",
    async () => {
      const rt = currentThread();
      rt.blockOn(rt.sleep(1));
      expect(await rt.shutdownTimeout(10_000_000)).toBe(true);
    },
  );

  conforms(
    "rt_common::shutdown_concurrent_spawn",
    "may be shut down while the tasks' messages are on their way",
    async () => {
      for (let round = 0; round < 5; round++) {
        const rt = currentThread();
        const senders = Array.from({ length: 2_000 }, () => {
          const [tx, rx] = oneshot<void>();
          rt.spawn(rx);
          return tx;
        });
        rt.blockOn(yieldNow());
        for (const tx of senders.slice(0, 1_000)) tx.send();
        rt.shutdownBackground();
        for (const tx of senders.slice(1_000)) tx.send();
        await turns();
        expect(rt.metrics().numAliveTasks()).toBe(0);
      }
    },
  );

  conforms(
    ["rt_common::wake_by_ref_from_thread_local", "rt_common::wake_by_val_from_thread_local"],
    "ignores a waker that fires after its task and its runtime are gone",
    async () => {
      const kept: Waker[] = [];
      const rt = currentThread();
      rt.blockOn(
        rt.spawn(
          pollFn(() => {
            kept.push(cx.waker as Waker);
          }),
        ),
      );
      kept[0]?.wake();
      rt.shutdownBackground();
      kept[0]?.wake();
      await turns();
      expect(rt.metrics().workerPollCount(0)).toBe(1);
    },
  );

  conforms(
    "rt_common::ping_pong_saturation",
    "lets a yielding task through between many that are always ready",
    () => {
      using rt = currentThread();
      const rounds = rt.blockOn(function* () {
        const PAIRS = 100;
        const [spawned, allSpawned] = mpsc.unbounded<void>();
        let running = true;
        let rounds = 0;
        const tasks: JoinHandle<void>[] = [];
        for (let i = 0; i < PAIRS; i++) {
          const [tx1, rx1] = mpsc.unbounded<"ping">();
          const [tx2, rx2] = mpsc.unbounded<"pong">();
          tasks.push(
            spawn(function* () {
              spawned.send();
              while (running) {
                tx1.send("ping");
                expect(yield* rx2.recv()).toBe("pong");
                rounds++;
              }
              tx1.close();
              expect(yield* rx2.recv()).toBe(undefined);
            }),
            spawn(function* () {
              while ((yield* rx1.recv()) !== undefined) tx2.send("pong");
              tx2.close();
            }),
          );
        }
        for (let i = 0; i < PAIRS; i++) yield* allSpawned.recv();
        yield* spawn(function* () {
          for (let i = 0; i < 5; i++) yield* yieldNow();
        });
        running = false;
        for (const task of tasks) yield* task;
        return rounds;
      });
      expect(rounds).toBeGreaterThanOrEqual(100);
    },
  );
});

describe("yielding", () => {
  /** How often a task yields before a timer that is already due has fired. */
  const yieldsUntilFired = (yieldOnce: () => Async<void>) => {
    using rt = currentThread();
    return rt.blockOn(function* () {
      let fired = false;
      spawn(function* () {
        yield* sleep(1);
        fired = true;
      });
      yield* yieldNow();
      return yield* spawn(function* () {
        const due = performance.now() + 3;
        while (performance.now() < due);
        let rounds = 0;
        for (; !fired; rounds++) yield* fn(yieldOnce)();
        return rounds;
      });
    });
  };

  conforms(
    "rt_common::yield_defers_until_park",
    "lets the drivers be polled before the task goes on",
    () => {
      const rounds = yieldsUntilFired(function* () {
        yield* yieldNow();
      });
      expect(rounds).toBe(1);
    },
  );

  conforms(
    "rt_common::coop_yield_defers_until_park",
    "by a spent budget lets the drivers be polled before the task goes on",
    () => {
      const rounds = yieldsUntilFired(function* () {
        for (let i = 0; i < 128; i++) yield* consumeBudget();
      });
      expect(rounds).toBe(2);
    },
  );
});

describe("the budget", () => {
  /** A channel with 1000 messages in it. */
  const full = () => {
    const [tx, rx] = mpsc.unbounded<number>();
    for (let i = 0; i < 1_000; i++) tx.send(i);
    return rx;
  };

  conforms(
    "rt_common::coop",
    "makes a receiver that is always ready pend after 128 messages",
    () => {
      using rt = currentThread();
      const rx = full();
      const received = rt.blockOn(
        pollFn(() => {
          for (let n = 0; n < 1_000; n++) {
            const answer: Poll<number | undefined> = rx.recv().next();
            if (answer === PENDING) return n;
          }
          return "did not yield";
        }),
      );
      expect(received).toBe(128);
    },
  );

  conforms("rt_common::coop_unconstrained", "does not bind what runs unconstrained", () => {
    using rt = currentThread();
    const rx = full();
    const received = rt.blockOn(
      unconstrained(
        pollFn(() => {
          let n = 0;
          while (n < 1_000 && rx.recv().next().done) n++;
          return n;
        }),
      ),
    );
    expect(received).toBe(1_000);
  });

  conforms("rt_common::coop_consume_budget", "is used up by consumeBudget", () => {
    using rt = currentThread();
    let n = 0;
    const worker = fn(function* worker(): Async<void> {
      for (let i = 0; i < 1_000; i++) {
        n++;
        yield* consumeBudget();
      }
    })();
    const first = rt.blockOn(
      pollFn(() => {
        const answer = worker.next();
        worker.return();
        return answer.done;
      }),
    );
    expect([first, n]).toEqual([false, 129]);
  });
});

describe("shutdown", () => {
  conforms(
    ["rt_common::shutdown_timeout", "rt_common::shutdown_timeout_0"],
    "waits no longer than it was told for what does not end, and names it",
    () => {
      for (const ms of [0, 5]) {
        const { out, err } = child(`
          import { Builder, pending, yieldNow } from "treadle";
          const rt = Builder.newCurrentThread().build();
          const handle = rt.spawn(function* hangs() {
            try { yield* pending(); } finally { yield* pending(); }
          });
          rt.blockOn(yieldNow());
          console.log(await rt.shutdownTimeout(${ms}), handle.isFinished());
          await handle.then(undefined, (error) => console.log(error.code));
          console.log(rt.metrics().numAliveTasks());
        `);
        expect(out).toEqual(["false true", "ERR_TASK_CANCELLED", "0"]);
        expect(err).toBe(
          `treadle: shutdown within ${ms} ms gave up what was still running: hangs (task 1)\n`,
        );
      }
    },
  );
});
