/** The table at the end: what was done, and what the runtime did for it. */
import type { RuntimeMetrics } from "treadle";
import { bytes, count, duration, things } from "./format.ts";
import type { Tally } from "./tally.ts";

/** The table, a line per subject, without a newline at its end. */
export function summary(tally: Tally, metrics: RuntimeMetrics): string {
  const ms = tally.elapsed();
  const perSecond = (n: number): number => (n / ms) * 1000;
  const rows: readonly (readonly [string, readonly string[]])[] = [
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
    ["tasks", [...tasks(metrics)]],
    ["worker", [...worker(metrics, ms)]],
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

function tasks(metrics: RuntimeMetrics): string[] {
  return [
    `${count(metrics.spawnedTasksCount())} spawned`,
    `${count(metrics.workerPollCount(0))} polls`,
    things(metrics.budgetForcedYieldCount(), "forced yield"),
    `${count(metrics.remoteScheduleCount())} woken from outside`,
  ];
}

function worker(metrics: RuntimeMetrics, ms: number): string[] {
  const busy = metrics.workerTotalBusyDuration(0);
  const polls = metrics.workerPollCount(0);
  return [
    `${duration(busy)} busy (${Math.round((busy / ms) * 100)} %)`,
    things(metrics.workerParkCount(0), "park"),
    `${((busy / Math.max(polls, 1)) * 1000).toFixed(1)} µs a poll`,
  ];
}
