/** The one table of what the exporters export: names in OpenTelemetry's form, from which Prometheus' follow. */
import type { RuntimeSnapshot, WorkerSnapshot } from "./snapshot.ts";

/** What every exported metric has. */
interface Described {
  /** Dotted lower-case name. */
  readonly name: string;
  /** A counter never falls; a gauge may. */
  readonly kind: "counter" | "gauge";
  /** `s`, or what is counted, in braces. */
  readonly unit: string;
  /** One sentence. */
  readonly help: string;
}

/** A metric of the runtime as a whole. */
export interface RuntimeInstrument extends Described {
  readonly read: (runtime: RuntimeSnapshot) => number;
}

/** A metric that each worker has, told apart by the attribute `worker`. */
export interface WorkerInstrument extends Described {
  readonly read: (worker: WorkerSnapshot) => number;
}

const NANOS_PER_MS = 1_000_000;
const NANOS_PER_S = 1_000_000_000;

/** The metrics of the runtime as a whole. */
export const RUNTIME_INSTRUMENTS: readonly RuntimeInstrument[] = [
  {
    name: "treadle.workers",
    kind: "gauge",
    unit: "{worker}",
    help: "Worker threads of the runtime.",
    read: (runtime) => runtime.numWorkers,
  },
  {
    name: "treadle.tasks.alive",
    kind: "gauge",
    unit: "{task}",
    help: "Spawned tasks that are not gone yet.",
    read: (runtime) => runtime.numAliveTasks,
  },
  {
    name: "treadle.tasks.spawned",
    kind: "counter",
    unit: "{task}",
    help: "Tasks spawned.",
    read: (runtime) => runtime.spawnedTasksCount,
  },
  {
    name: "treadle.global_queue.depth",
    kind: "gauge",
    unit: "{task}",
    help: "Tasks in the queue that all workers share.",
    read: (runtime) => runtime.globalQueueDepth,
  },
  {
    name: "treadle.remote_schedules",
    kind: "counter",
    unit: "{schedule}",
    help: "Tasks scheduled from outside the workers.",
    read: (runtime) => runtime.remoteScheduleCount,
  },
  {
    name: "treadle.budget_forced_yields",
    kind: "counter",
    unit: "{yield}",
    help: "Times a task had to yield because its budget was used up.",
    read: (runtime) => runtime.budgetForcedYieldCount,
  },
  {
    name: "treadle.blocking.threads",
    kind: "gauge",
    unit: "{thread}",
    help: "Threads of the blocking pool beside the workers' own.",
    read: (runtime) => runtime.numBlockingThreads,
  },
  {
    name: "treadle.blocking.idle_threads",
    kind: "gauge",
    unit: "{thread}",
    help: "Threads of the blocking pool that wait for something to do.",
    read: (runtime) => runtime.numIdleBlockingThreads,
  },
  {
    name: "treadle.blocking.queue_depth",
    kind: "gauge",
    unit: "{call}",
    help: "Blocking calls that wait for a thread.",
    read: (runtime) => runtime.blockingQueueDepth,
  },
  {
    name: "treadle.io.fds_registered",
    kind: "counter",
    unit: "{fd}",
    help: "File descriptors registered with the I/O driver.",
    read: (runtime) => runtime.ioDriverFdRegisteredCount,
  },
  {
    name: "treadle.io.fds_deregistered",
    kind: "counter",
    unit: "{fd}",
    help: "File descriptors deregistered from the I/O driver.",
    read: (runtime) => runtime.ioDriverFdDeregisteredCount,
  },
  {
    name: "treadle.io.ready_events",
    kind: "counter",
    unit: "{event}",
    help: "Readiness events processed by the I/O driver.",
    read: (runtime) => runtime.ioDriverReadyCount,
  },
];

/** The metrics that each worker has. */
export const WORKER_INSTRUMENTS: readonly WorkerInstrument[] = [
  {
    name: "treadle.worker.deaths",
    kind: "counter",
    unit: "{thread}",
    help: "Threads of the worker that have died and were replaced.",
    read: (worker) => worker.deathCount,
  },
  {
    name: "treadle.worker.busy_time",
    kind: "counter",
    unit: "s",
    help: "Time the worker spent processing, not parked.",
    read: (worker) => secondsOf(worker.totalBusyDuration),
  },
  {
    name: "treadle.worker.polls",
    kind: "counter",
    unit: "{poll}",
    help: "Polls of tasks.",
    read: (worker) => worker.pollCount,
  },
  {
    name: "treadle.worker.mean_poll_time",
    kind: "gauge",
    unit: "s",
    help: "Moving average of the time of a poll; 0 where it is not tracked.",
    read: (worker) => secondsOf(worker.meanPollTime),
  },
  {
    name: "treadle.worker.parks",
    kind: "counter",
    unit: "{park}",
    help: "Times the worker parked.",
    read: (worker) => worker.parkCount,
  },
  {
    name: "treadle.worker.park_unparks",
    kind: "counter",
    unit: "{transition}",
    help: "Times the worker parked or unparked; odd while it is parked.",
    read: (worker) => worker.parkUnparkCount,
  },
  {
    name: "treadle.worker.noops",
    kind: "counter",
    unit: "{park}",
    help: "Times the worker woke, polled nothing and parked again.",
    read: (worker) => worker.noopCount,
  },
  {
    name: "treadle.worker.steals",
    kind: "counter",
    unit: "{task}",
    help: "Tasks the worker stole.",
    read: (worker) => worker.stealCount,
  },
  {
    name: "treadle.worker.steal_operations",
    kind: "counter",
    unit: "{steal}",
    help: "Times the worker stole.",
    read: (worker) => worker.stealOperations,
  },
  {
    name: "treadle.worker.local_schedules",
    kind: "counter",
    unit: "{schedule}",
    help: "Tasks scheduled from inside, on the worker's own queue.",
    read: (worker) => worker.localScheduleCount,
  },
  {
    name: "treadle.worker.overflows",
    kind: "counter",
    unit: "{overflow}",
    help: "Times the worker's own queue was full.",
    read: (worker) => worker.overflowCount,
  },
  {
    name: "treadle.worker.local_queue_depth",
    kind: "gauge",
    unit: "{task}",
    help: "Tasks in the worker's own queue.",
    read: (worker) => worker.localQueueDepth,
  },
];

/** The poll-time histogram, which exists only if polls are measured. */
export const POLL_TIME = {
  name: "treadle.worker.poll_time",
  unit: "s",
  help: "Time of a poll.",
} as const;

/** The name of a metric in Prometheus: underscores, the unit, `_total` for a counter. */
export function prometheusName(of: Pick<Described, "name" | "unit"> & { kind?: string }): string {
  const base = of.name.replaceAll(".", "_") + (of.unit === "s" ? "_seconds" : "");
  return of.kind === "counter" ? `${base}_total` : base;
}

/** A bucket of the poll-time histogram with everything below it. */
export interface CumulativeBucket {
  /** Upper bound in seconds, `+Inf` for the last. */
  readonly le: string;
  /** Polls up to the bound. */
  readonly count: number;
}

/** A worker's poll-time histogram in the cumulative form of the exporters; empty if polls are not measured. */
export function cumulativeBuckets(
  runtime: RuntimeSnapshot,
  worker: WorkerSnapshot,
): CumulativeBucket[] {
  let count = 0;
  return (runtime.pollTimeHistogram ?? []).map((range, bucket) => {
    count += worker.pollTimeCounts?.[bucket] ?? 0;
    return { le: range.end === null ? "+Inf" : String(secondsOf(range.end)), count };
  });
}

/** Milliseconds as seconds by way of whole nanoseconds: two divisions would leave noise in the last digits. */
function secondsOf(ms: number): number {
  return Math.round(ms * NANOS_PER_MS) / NANOS_PER_S;
}

/** Sum of all polls that were measured, in seconds. */
export function pollSeconds(worker: WorkerSnapshot): number {
  return secondsOf(worker.totalPollTime);
}
