/** The table at the end: what was done, and what the runtime did for it. */
import type { RuntimeMetrics } from "treadle";
import { bytes, count, duration, things } from "./format.ts";
import type { Tally } from "./tally.ts";

type Row = readonly [name: string, cells: readonly string[]];

/** The table, a line per subject, without a newline at its end; `hashing` threads did it. */
export function summary(tally: Tally, metrics: RuntimeMetrics, hashing: number): string {
  const ms = tally.elapsed();
  const perSecond = (n: number): number => (n / ms) * 1000;
  const rows: readonly Row[] = [
    ["hashed", [things(tally.hashed, "file"), bytes(tally.hashedBytes)]],
    [
      "time",
      [
        duration(ms),
        `${bytes(perSecond(tally.bytes))}/s`,
        `${count(perSecond(tally.done))} files/s`,
      ],
    ],
    ["failed", kinds(tally.failures, (n, why) => `${count(n)} ${why}`)],
    ["skipped", kinds(tally.skipped, things)],
    [
      "read",
      [`${count(tally.readInPlace)} in place`, `${count(tally.readByPool)} by the thread pool`],
    ],
    ...threads(tally, hashing),
    ["tasks", tasks(metrics)],
    workers(metrics, ms),
  ];
  return rows.map(([name, cells]) => `  ${name.padEnd(9)}${cells.join(", ")}`).join("\n");
}

function kinds(
  counts: ReadonlyMap<string, number>,
  say: (n: number, kind: string) => string,
): string[] {
  if (counts.size === 0) return ["0"];
  return [...counts].map(([kind, n]) => say(n, kind));
}

/** Which part this thread had, where several hash. */
function threads(tally: Tally, threads: number): Row[] {
  if (threads === 1) return [];
  return [["threads", [count(threads), `${things(tally.hashedHere, "file")} hashed by the first`]]];
}

function tasks(metrics: RuntimeMetrics): string[] {
  return [
    `${count(metrics.spawnedTasksCount())} spawned`,
    `${count(sum(metrics, (w) => metrics.workerPollCount(w)))} polls`,
    things(metrics.budgetForcedYieldCount(), "forced yield"),
    `${count(metrics.remoteScheduleCount())} woken from outside`,
  ];
}

/** What the workers did: the only one of a runtime of one thread, or the other threads of several. */
function workers(metrics: RuntimeMetrics, ms: number): Row {
  const number = metrics.numWorkers();
  const busy = sum(metrics, (w) => metrics.workerTotalBusyDuration(w));
  const polls = sum(metrics, (w) => metrics.workerPollCount(w));
  const stolen = sum(metrics, (w) => metrics.workerStealCount(w));
  const cells = [
    `${duration(busy)} busy (${Math.round((busy / ms / number) * 100)} %)`,
    things(
      sum(metrics, (w) => metrics.workerParkCount(w)),
      "park",
    ),
    `${((busy / Math.max(polls, 1)) * 1000).toFixed(1)} µs a poll`,
  ];
  if (number === 1) return ["worker", cells];
  return ["workers", [count(number), ...cells, `${count(stolen)} tasks stolen`]];
}

function sum(metrics: RuntimeMetrics, of: (worker: number) => number): number {
  let total = 0;
  for (let w = 0; w < metrics.numWorkers(); w++) total += of(w);
  return total;
}
