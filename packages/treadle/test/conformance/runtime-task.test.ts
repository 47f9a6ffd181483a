import { type Driver, intoFuture } from "@treadle/core";
import { AtomicsPark, CurrentThread, type WorkerSink } from "@treadle/scheduler";
import { JoinHandle, OwnedTasks, type Schedule, spawnOn } from "@treadle/task";
import {
  type Async,
  Builder,
  fn,
  type Outcome,
  oneshot,
  Pending,
  pollFn,
  type Runtime,
  spawn,
  type Waker,
  yieldNow,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Counted, currentThread, Stuck } from "../support/runtimes.ts";

const polls = (rt: Runtime<object>) => rt.metrics().workerPollCount(0);

const yieldForEver = fn(function* yieldForEver(end: () => void): Async<void> {
  try {
    for (;;) yield* yieldNow();
  } finally {
    end();
  }
});

describe("a task", () => {
  conforms("runtime/tests/task::schedule", "that yields once is polled twice", () => {
    const rt = currentThread();
    rt.blockOn(rt.spawn(yieldNow()));
    rt.shutdownBackground();
    expect(polls(rt)).toBe(2);
  });

  conforms(
    ["runtime/tests/task::create_shutdown1", "runtime/tests/task::create_shutdown2"],
    "that was never polled is dropped by a shutdown, whether its handle is kept or detached",
    () => {
      for (const detached of [true, false]) {
        const rt = currentThread();
        const stuck = new Stuck();
        const handle = rt.spawn(stuck);
        if (detached) handle.detach();
        expect(stuck.drops).toBe(0);
        rt.shutdownBackground();
        expect([stuck.polls, stuck.drops, handle.isFinished()]).toEqual([0, 1, true]);
      }
    },
  );

  conforms("runtime/tests/task::shutdown", "that always yields is dropped by a shutdown", () => {
    const rt = currentThread();
    let ends = 0;
    rt.spawn(yieldForEver(() => ends++));
    rt.blockOn(yieldNow());
    expect(ends).toBe(0);
    rt.shutdownBackground();
    expect([ends, rt.metrics().numAliveTasks()]).toEqual([1, 0]);
  });

  conforms(
    "runtime/tests/task::shutdown_immediately",
    "that never ran runs nothing of its own when it is dropped",
    () => {
      const rt = currentThread();
      let ends = 0;
      const handle = rt.spawn(yieldForEver(() => ends++));
      rt.shutdownBackground();
      expect([ends, handle.isFinished(), rt.metrics().numAliveTasks()]).toEqual([0, true, 0]);
    },
  );

  conforms(
    "runtime/tests/task::spawn_niche_in_task",
    "woken twice by one poll of another is polled once for both",
    () => {
      const rt = currentThread();
      const state = { version: 1, wakers: [] as Waker[], seen: [] as number[] };
      const set = (version: number) => {
        state.version = version;
        for (const waker of state.wakers.splice(0)) waker.wake();
      };
      let observed = 1;
      const changed = () =>
        pollFn<void>(() => {
          state.seen.push(state.version);
          if (state.version === 0) return;
          if (observed < state.version) {
            observed = state.version;
            return;
          }
          state.wakers.push(stuckWaker.waker as Waker);
          return Pending;
        });
      const stuckWaker = new Stuck();
      const subscriber = rt.spawn(function* () {
        stuckWaker.next();
        yield* changed();
        yield* changed();
      });
      rt.spawn(function* () {
        set(2);
        set(0);
      });
      rt.blockOn(subscriber);
      expect(state.seen).toEqual([1, 0, 0]);
      rt.shutdownBackground();
      expect(polls(rt)).toBe(3);
    },
  );

  conforms(
    "runtime/tests/task::spawn_during_shutdown",
    "spawned by the clean-up of another during shutdown is refused: cancelled, never polled",
    () => {
      const rt = currentThread();
      const spawned: JoinHandle<unknown>[] = [];
      let ran = false;
      rt.spawn(
        yieldForEver(() => {
          const refused = spawn(function* () {
            ran = true;
          });
          spawned.push(refused);
        }),
      );
      rt.blockOn(yieldNow());
      rt.shutdownBackground();
      expect([spawned[0]?.isFinished(), ran, rt.metrics().numAliveTasks()]).toEqual([
        true,
        false,
        0,
      ]);
    },
  );
});

type Task_ = "fine" | "throws" | "clean-up throws" | "both throw";
type Abort = "never" | "at once" | "after first poll" | "after the end" | "after it was joined";
type Detach = "at once" | "after first poll" | "after the end" | "after it was joined";

/** One way in which the life of a task can go. */
interface Life {
  readonly local: boolean;
  readonly task: Task_;
  readonly polled: boolean;
  readonly detach: Detach;
  readonly abort: Abort;
  readonly byHandle: boolean;
}

/** What the life must end in. */
function expected({ task, abort, detach }: Life) {
  const started = abort !== "at once";
  const aborted = !started || abort === "after first poll";
  const cleanUpThrows = started && (task === "clean-up throws" || task === "both throw");
  const runThrows = !aborted && task === "throws";
  const error = cleanUpThrows ? "drop" : runThrows ? "run" : undefined;
  const status = error !== undefined ? "failed" : aborted ? "cancelled" : "ok";
  const told = error !== undefined && detach !== "after it was joined" ? [error] : [];
  return { drops: started ? 1 : 0, status, error, told };
}

/** Lives it. */
function live({ local, task, polled, detach, abort, byHandle }: Life) {
  const told: unknown[] = [];
  const builder = Builder.newCurrentThread().unhandledFailure((error) => told.push(error));
  const rt = local ? builder.buildLocal() : builder.build();
  const [gate, opened] = oneshot<void>();
  let drops = 0;
  const cleanUp = () => {
    drops++;
    if (task === "clean-up throws" || task === "both throw") throw "drop";
  };
  const work = fn(function* work(): Async<number> {
    try {
      yield* opened;
      if (task === "throws" || task === "both throw") throw "run";
      return 7;
    } finally {
      cleanUp();
    }
  });
  const handle = local ? rt.spawnLocal(work) : rt.spawn(work);
  const aborter = byHandle ? handle : handle.abortHandle();
  const at = (moment: Abort) => {
    if (moment === abort) aborter.abort();
    if (moment === detach) handle.detach();
  };
  if (polled) {
    // Leaves a waker with the task and takes it away again.
    rt.blockOn(
      pollFn(() => {
        const wait = handle.outcome();
        wait.next();
        wait.return?.();
      }),
    );
  }
  at("at once");
  rt.blockOn(yieldNow());
  at("after first poll");
  rt.blockOn(yieldNow());
  gate.send();
  for (let i = 0; i < 3; i++) rt.blockOn(yieldNow());
  const finished = handle.isFinished();
  at("after the end");
  let outcome: Outcome<number> | undefined;
  if (detach === "after it was joined") outcome = rt.blockOn(handle.outcome());
  at("after it was joined");
  rt.shutdownBackground();
  return { drops, finished, told, outcome, failed: handle.isFailed() };
}

describe("the combinations of a task's life", () => {
  conforms(
    "runtime/tests/task_combinations::test_combinations",
    "all end in what they must: each clean-up once, each failure told once or looked at",
    () => {
      let lives = 0;
      for (const local of [true, false])
        for (const task of ["fine", "throws", "clean-up throws", "both throw"] as const)
          for (const polled of [true, false])
            for (const detach of [
              "at once",
              "after first poll",
              "after the end",
              "after it was joined",
            ] as const)
              for (const abort of [
                "never",
                "at once",
                "after first poll",
                "after the end",
                "after it was joined",
              ] as const)
                for (const byHandle of [true, false]) {
                  const life: Life = { local, task, polled, detach, abort, byHandle };
                  const want = expected(life);
                  const got = live(life);
                  const what = JSON.stringify(life);
                  expect([what, got.finished, got.drops, got.told]).toEqual([
                    what,
                    true,
                    want.drops,
                    want.told,
                  ]);
                  expect([what, got.failed]).toEqual([what, want.status === "failed"]);
                  if (got.outcome !== undefined) {
                    expect([what, got.outcome.status]).toEqual([what, want.status]);
                    if (got.outcome.status === "failed") {
                      expect(got.outcome.error).toBe(want.error);
                    }
                  }
                  lives++;
                }
      expect(lives).toBe(640);
    },
  );
});

describe("a root future", () => {
  /** How often a root that waits for a task is polled while that task yields `yields` times. */
  const rootPolls = (yields: number) => {
    using rt = currentThread();
    const [tx, rx] = oneshot<void>();
    rt.spawn(function* () {
      for (let i = 0; i < yields; i++) yield* yieldNow();
      tx.send();
    });
    const count = { polls: 0 };
    rt.blockOn(new Counted(rx, count));
    return count.polls;
  };

  conforms(
    [
      "runtime/tests/loom_current_thread::block_on_num_polls",
      "runtime/tests/loom_current_thread::assert_no_unnecessary_polls",
    ],
    "is polled only when it was woken, however often the tasks yield",
    () => {
      expect([rootPolls(12), rootPolls(200)]).toEqual([2, 2]);
    },
  );
});

describe("a join handle", () => {
  conforms(
    "runtime/tests/loom_current_thread::drop_jh_during_schedule",
    "whose wait was dropped keeps no waker: nobody is woken when the task ends",
    () => {
      using rt = currentThread();
      const [tx, rx] = oneshot<void>();
      const handle = rt.spawn(rx);
      const count = { polls: 0 };
      const joiner = rt.spawn(function* () {
        const wait = handle.outcome();
        yield* new Counted(
          pollFn<void>(() => {
            if (count.polls > 1) return;
            wait.next();
            wait.return?.();
            return Pending;
          }),
          count,
        );
      });
      rt.blockOn(yieldNow());
      tx.send();
      for (let i = 0; i < 3; i++) rt.blockOn(yieldNow());
      expect([handle.isFinished(), count.polls]).toEqual([true, 1]);
      joiner.abort();
    },
  );
});

describe("a yielding task", () => {
  conforms(
    "runtime/tests/loom_current_thread/yield_now::yield_calls_park_before_scheduling_again",
    "is polled again only after the drivers have been, exactly once per yield",
    () => {
      let turns = 0;
      const driver: Driver = {
        beforePark: () => Number.POSITIVE_INFINITY,
        afterPark: () => void turns++,
        hasPending: () => false,
        shutdown() {},
      };
      const nothing = () => {};
      const worker: WorkerSink = {
        pollCount: 0,
        localScheduleCount: 0,
        timesPolls: false,
        startPoll: nothing,
        endPoll: nothing,
        startProcessingScheduledTasks: nothing,
        endProcessingScheduledTasks: () => {},
        intervalEnded: () => {},
        aboutToPark: nothing,
        unparked: nothing,
        submit: nothing,
      };
      const scheduler = new CurrentThread({
        eventInterval: 61,
        globalQueueInterval: 31,
        drivers: [driver],
        park: new AtomicsPark(),
        worker,
        metrics: {
          incSpawnedTasks: nothing,
          incRemoteSchedule: nothing,
          incBudgetForcedYield: nothing,
        },
        hooks: {
          onThreadPark: undefined,
          onThreadUnpark: undefined,
          onTaskSpawn: undefined,
          onBeforeTaskPoll: undefined,
          onAfterTaskPoll: undefined,
          onTaskTerminate: undefined,
        },
        rngSeed: 1,
        unhandledFailure: "ignore",
        propagateAsyncContext: false,
      });
      const seen: number[] = [];
      const task = spawnOn(
        scheduler,
        function* () {
          for (let i = 0; i < 4; i++) {
            seen.push(turns);
            yield* yieldNow();
          }
        },
        [],
      );
      scheduler.blockOn(intoFuture(task));
      expect(seen).toEqual([0, 1, 2, 3]);
    },
  );
});

describe("the list of a runtime's tasks", () => {
  const schedule: Schedule = { schedule() {}, yieldNow() {}, release() {}, failed() {} };
  const make = () => new JoinHandle<unknown>(new Stuck(), { name: "stuck" }, schedule);
  const ids = (tasks: readonly { id: number }[]) => tasks.map((task) => task.id);
  const three = () => {
    const list = new OwnedTasks();
    const tasks = [make(), make(), make()];
    for (const task of tasks) expect(list.bind(task)).toBe(true);
    return { list, tasks };
  };

  conforms(
    ["util/linked_list::push_and_drain", "util/linked_list::push_pop_push_pop"],
    "gives its tasks oldest first, and is empty when all are gone",
    () => {
      const { list, tasks } = three();
      expect(ids(list.toArray())).toEqual(ids(tasks));
      for (const task of tasks) {
        expect(list.toArray()[0]?.id).toBe(task.id);
        expect(list.remove(task)).toBe(true);
      }
      expect([list.size, list.toArray()]).toEqual([0, []]);
      const task = make();
      list.bind(task);
      expect([list.size, list.remove(task), list.size]).toEqual([1, true, 0]);
    },
  );

  conforms(
    "util/linked_list::remove_by_address",
    "gives up any of its tasks, in any order, each once",
    () => {
      const orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
      ];
      for (const order of orders) {
        const { list, tasks } = three();
        const left = new Set(tasks);
        for (const at of order) {
          const task = tasks[at] as JoinHandle<unknown>;
          left.delete(task);
          expect([list.remove(task), list.remove(task)]).toEqual([true, false]);
          expect(ids(list.toArray())).toEqual(ids([...left]));
        }
        expect(list.remove(make())).toBe(false);
        expect(list.size).toBe(0);
      }
    },
  );
});
