import { threadId } from "node:worker_threads";
import {
  type Async,
  Builder,
  consumeBudget,
  fn,
  HistogramConfiguration,
  join,
  LogHistogram,
  PENDING,
  Pending,
  pollFn,
  type Runtime,
  spawn,
  yieldNow,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { currentThread } from "../support/runtimes.ts";

/** Spawns and joins `n` tasks, one after the other. */
const spawnAndJoin = fn(function* spawnAndJoin(n: number): Async<void> {
  for (let i = 0; i < n; i++) yield* spawn(function* () {});
});

describe("the counts of a runtime", () => {
  conforms(
    ["rt_metrics::num_workers", "rt_unstable_metrics::num_workers"],
    "a current-thread runtime has one worker",
    () => {
      using rt = currentThread();
      expect(rt.metrics().numWorkers()).toBe(1);
    },
  );

  conforms("rt_metrics::num_alive_tasks", "a task is alive until it has ended", () => {
    using rt = currentThread();
    const metrics = rt.metrics();
    expect(metrics.numAliveTasks()).toBe(0);
    const inside = rt.blockOn(rt.spawn(pollFn(() => metrics.numAliveTasks())));
    expect([inside, metrics.numAliveTasks()]).toEqual([1, 0]);
  });

  conforms("rt_unstable_metrics::spawned_tasks_count", "spawned tasks are counted for good", () => {
    using rt = currentThread();
    const metrics = rt.metrics();
    expect(metrics.spawnedTasksCount()).toBe(0);
    const inside = rt.blockOn(rt.spawn(pollFn(() => metrics.spawnedTasksCount())));
    expect([inside, metrics.spawnedTasksCount()]).toEqual([1, 1]);
  });

  conforms(
    ["rt_metrics::global_queue_depth_current_thread", "runtime/tests/inject::push_and_pop"],
    "tasks spawned from outside wait in the global queue, and leave it when they run",
    () => {
      using rt = currentThread();
      const metrics = rt.metrics();
      const order: number[] = [];
      for (let i = 0; i < 2; i++) {
        expect(metrics.globalQueueDepth()).toBe(i);
        rt.handle().spawn(function* () {
          order.push(i, metrics.globalQueueDepth());
        });
      }
      expect(metrics.globalQueueDepth()).toBe(2);
      rt.blockOn(yieldNow());
      expect(metrics.globalQueueDepth()).toBe(0);
      expect(order).toEqual([0, 1, 1, 0]);
    },
  );

  conforms(
    "rt_unstable_metrics::remote_schedule_count",
    "a spawn from outside counts as remote, a join by the root does not",
    () => {
      using rt = currentThread();
      const task = rt.handle().spawn(function* () {});
      rt.blockOn(task);
      expect(rt.metrics().remoteScheduleCount()).toBe(1);
    },
  );

  conforms("rt_unstable_metrics::budget_exhaustion_yield", "a spent budget counts once", () => {
    using rt = currentThread();
    let yielded = false;
    rt.blockOn(
      pollFn(() => {
        while (!yielded) {
          if (consumeBudget().next() !== PENDING) continue;
          yielded = true;
          return Pending;
        }
        return undefined;
      }),
    );
    expect(rt.metrics().budgetForcedYieldCount()).toBe(1);
  });

  conforms(
    "rt_unstable_metrics::budget_exhaustion_yield_with_joins",
    "a budget that two joined futures spend in one poll counts once",
    () => {
      using rt = currentThread();
      const spend = () => {
        let yielded = false;
        return pollFn(() => {
          while (!yielded) {
            if (consumeBudget().next() !== PENDING) continue;
            yielded = true;
            return Pending;
          }
          return undefined;
        });
      };
      rt.blockOn(join(spend(), spend()));
      expect(rt.metrics().budgetForcedYieldCount()).toBe(1);
    },
  );
});

describe("the counts of a worker", () => {
  conforms(
    "rt_unstable_metrics::worker_thread_id_current_thread",
    "its thread is the one that drives it",
    () => {
      using rt = currentThread();
      rt.blockOn(yieldNow());
      expect(rt.metrics().workerThreadId(0)).toBe(threadId);
    },
  );

  conforms("rt_metrics::worker_total_busy_duration", "it is busy while it runs tasks", () => {
    const rt = currentThread();
    rt.blockOn(spawnAndJoin(5));
    rt.shutdownBackground();
    expect(rt.metrics().workerTotalBusyDuration(0)).toBeGreaterThan(0);
  });

  conforms("rt_metrics::worker_park_count", "it parks while its only task sleeps", () => {
    const rt = currentThread();
    rt.blockOn(rt.sleep(1));
    rt.shutdownBackground();
    expect(rt.metrics().workerParkCount(0)).toBeGreaterThanOrEqual(1);
  });

  conforms(
    "rt_metrics::worker_park_unpark_count",
    "it has unparked as often as it parked when it is shut down",
    () => {
      const rt = currentThread();
      rt.blockOn(rt.spawn(function* () {}));
      rt.blockOn(rt.sleep(1));
      rt.shutdownBackground();
      const metrics = rt.metrics();
      expect(metrics.workerParkUnparkCount(0)).toBe(2 * metrics.workerParkCount(0));
      expect(metrics.workerParkUnparkCount(0)).toBeGreaterThan(0);
    },
  );

  conforms(
    "rt_unstable_metrics::worker_noop_count",
    "it counts the times that it woke and polled no task",
    () => {
      const rt = currentThread();
      rt.blockOn(function* () {
        for (let i = 0; i < 2; i++) yield* rt.sleep(1);
      });
      rt.shutdownBackground();
      expect(rt.metrics().workerNoopCount(0)).toBeGreaterThan(0);
    },
  );

  conforms(
    "rt_unstable_metrics::worker_poll_count_and_time",
    "each poll is counted, and none is timed unless it was asked for",
    () => {
      const rt = currentThread();
      rt.blockOn(spawnAndJoin(5));
      rt.shutdownBackground();
      const metrics = rt.metrics();
      expect(metrics.workerPollCount(0)).toBe(5);
      expect(metrics.workerMeanPollTime(0)).toBe(0);
      expect(metrics.pollTimeHistogramEnabled()).toBe(false);
      for (let i = 0; i < 10; i++) expect(metrics.pollTimeHistogramBucketCount(0, i)).toBe(0);
    },
  );

  conforms(
    "rt_unstable_metrics::worker_local_schedule_count",
    "a spawn from inside counts as local",
    () => {
      const rt = currentThread();
      rt.blockOn(spawnAndJoin(1));
      rt.shutdownBackground();
      const metrics = rt.metrics();
      expect(metrics.workerLocalScheduleCount(0)).toBe(1);
      expect(metrics.remoteScheduleCount()).toBe(0);
    },
  );

  conforms(
    [
      "rt_unstable_metrics::worker_local_queue_depth",
      "runtime/tests/queue::fits_256_one_at_a_time",
      "runtime/tests/queue::fits_256_all_at_once",
    ],
    "its queue holds every task that is spawned inside, however many, and none overflows",
    () => {
      using rt = currentThread();
      const metrics = rt.metrics();
      const ran: number[] = [];
      const depth = rt.blockOn(function* () {
        for (let i = 0; i < 1_000; i++) {
          spawn(function* () {
            ran.push(i);
          });
        }
        const depth = metrics.workerLocalQueueDepth(0);
        for (let i = 0; i < 20; i++) yield* yieldNow();
        return depth;
      });
      expect(depth).toBe(1_000);
      expect(ran).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
      expect(metrics.workerOverflowCount(0)).toBe(0);
      expect(metrics.globalQueueDepth()).toBe(0);
    },
  );
});

describe("the histogram of poll times", () => {
  /** Polls that the histogram has counted. */
  const counted = (rt: Runtime<object>) => {
    const metrics = rt.metrics();
    let sum = 0;
    for (let i = 0; i < metrics.pollTimeHistogramNumBuckets(); i++) {
      sum += metrics.pollTimeHistogramBucketCount(0, i);
    }
    return sum;
  };
  const measuring = (configuration: HistogramConfiguration) =>
    Builder.newCurrentThread()
      .enableMetricsPollTimeHistogram()
      .metricsPollTimeHistogramConfiguration(configuration)
      .build();

  conforms(
    "rt_unstable_metrics::worker_poll_count_histogram",
    "counts every poll in one of its buckets",
    () => {
      const rt = measuring(HistogramConfiguration.linear(50, 3));
      rt.blockOn(spawnAndJoin(5));
      rt.shutdownBackground();
      expect(rt.metrics().pollTimeHistogramEnabled()).toBe(true);
      expect(rt.metrics().pollTimeHistogramNumBuckets()).toBe(3);
      expect(counted(rt)).toBe(5);
    },
  );

  conforms(
    "rt_unstable_metrics::worker_poll_count_histogram_range",
    "with linear buckets has equal ranges, the last one open",
    () => {
      using rt = measuring(HistogramConfiguration.linear(0.05, 3));
      const ranges = [0, 1, 2].map((i) => rt.metrics().pollTimeHistogramBucketRange(i));
      expect(ranges.slice(0, 2)).toEqual([
        { start: 0, end: 0.05 },
        { start: 0.05, end: 0.1 },
      ]);
      expect(ranges[2]?.start).toBe(0.1);
      expect(ranges[2]?.end).toBe(Number.POSITIVE_INFINITY);
    },
  );

  conforms(
    "rt_unstable_metrics::worker_poll_count_histogram_disabled_without_explicit_enable",
    "is off unless it is enabled, also when it was configured",
    () => {
      using rt = Builder.newCurrentThread()
        .metricsPollTimeHistogramConfiguration(HistogramConfiguration.linear(50, 3))
        .build();
      expect(rt.metrics().pollTimeHistogramEnabled()).toBe(false);
    },
  );

  conforms(
    "rt_unstable_metrics::log_histogram",
    "with logarithmic buckets counts every poll, from 0 to open end",
    () => {
      const log = LogHistogram.builder().maxValue(60_000).minValue(0.0001).maxError(0.25).build();
      const rt = measuring(HistogramConfiguration.log(log));
      const metrics = rt.metrics();
      expect(metrics.pollTimeHistogramNumBuckets()).toBe(119);
      rt.blockOn(spawnAndJoin(50));
      rt.shutdownBackground();
      const nanos = (i: number) => {
        const { start, end } = metrics.pollTimeHistogramBucketRange(i);
        return [Math.round(start * 1e6), Math.round(end * 1e6)];
      };
      expect([nanos(0), nanos(1)]).toEqual([
        [0, 96],
        [96, 112],
      ]);
      expect(metrics.pollTimeHistogramBucketRange(118).end).toBe(Number.POSITIVE_INFINITY);
      expect(counted(rt)).toBe(50);
    },
  );

  conforms(
    "rt_unstable_metrics::minimal_log_histogram",
    "with no precision bits doubles from bucket to bucket",
    () => {
      const log = LogHistogram.builder().maxValue(4).minValue(0.02).precisionExact(0).build();
      using rt = measuring(HistogramConfiguration.log(log));
      const metrics = rt.metrics();
      expect(metrics.pollTimeHistogramNumBuckets()).toBe(10);
      for (let i = 1; i < 9; i++) {
        const { start, end } = metrics.pollTimeHistogramBucketRange(i);
        expect(Math.round((end - start) * 1e6)).toBe(2 ** (i - 1) * 16_384);
      }
    },
  );

  conforms(
    "rt_unstable_metrics::log_histogram_default_configuration",
    "with logarithmic buckets has 119 by default",
    () => {
      using rt = measuring(HistogramConfiguration.log(LogHistogram.default()));
      expect(rt.metrics().pollTimeHistogramNumBuckets()).toBe(119);
    },
  );
});
