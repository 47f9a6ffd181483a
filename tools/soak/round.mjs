// One round: a runtime of its own, the loads on it at once, and nothing left of it at the end.
import { existsSync, readdirSync } from "node:fs";
import { CellPool, PayloadHeap } from "@treadle/task/shared";
import { Builder } from "treadle";
import * as channels from "./loads/channels.mjs";
import { die } from "./loads/deaths.mjs";
import * as payloads from "./loads/payloads.mjs";
import * as sockets from "./loads/sockets.mjs";
import * as tasks from "./loads/tasks.mjs";
import * as timers from "./loads/timers.mjs";
import { random } from "./random.mjs";

export const loads = { tasks, timers, channels, payloads, sockets };
/** How long the end of a round may take, in ms. */
const END_MS = 30_000;

/** What the process holds. */
export function held() {
  const count = (folder) => (existsSync(folder) ? readdirSync(folder).length : 0);
  return {
    threads: count("/proc/self/task"),
    descriptors: count("/proc/self/fd"),
    handles: process.getActiveResourcesInfo().length,
  };
}

/** Runs one round; answers what was done by each load, and what was wrong. */
export async function round({ seed, ms, threads, names, deaths }) {
  const next = random(seed);
  const workers = threads ?? 1 + next(4);
  const dying = deaths && next(3) === 0;
  const runtime = build(next, workers, seed);
  const until = Date.now() + ms;
  const report = { workers, dying, done: {}, lost: 0, wrong: [] };
  const running = names.map((name, i) => load(runtime, name, until, seed * 31 + i, report));
  if (dying) running.push(kill(runtime, until, next));
  await Promise.all(running);
  await end(runtime, report);
  return report;
}

function build(next, workers, seed) {
  const builder = Builder.newMultiThread()
    .workerThreads(workers)
    .maxBlockingThreads(1 + next(4))
    .threadKeepAlive(next(2) === 0 ? 50 : 10_000)
    .rngSeed(seed)
    .unhandledFailure("ignore")
    .enableAll();
  if (next(3) === 0) builder.disableLifoSlot();
  if (next(3) === 0) builder.globalQueueInterval(1 + next(61));
  if (next(3) === 0) builder.eventInterval(1 + next(61));
  return builder.build();
}

async function kill(runtime, until, next) {
  while (Date.now() < until - 200) {
    const code = await runtime.spawn(die(200 + next(1500))).then(
      () => "none",
      (error) => error.code,
    );
    if (code !== "ERR_WORKER_LOST") throw new Error(`a worker that exited answered ${code}`);
  }
}

/** Runs a load to its end; when it was on a worker that has died, another one for the rest of the time. */
async function load(runtime, name, until, seed, report) {
  report.done[name] = 0;
  for (let i = 0; Date.now() < until; i++) {
    try {
      const { done, wrong } = await runtime.spawn(loads[name].run(until, seed + 1000 * i));
      report.done[name] += done;
      for (const what of wrong) report.wrong.push(`${name}: ${what}`);
    } catch (error) {
      if (report.dying && error.code === "ERR_WORKER_LOST") report.lost++;
      else report.wrong.push(`${name}: ${error.stack ?? error}`);
    }
  }
  if (report.done[name] === 0 && !report.dying) report.wrong.push(`${name}: it has done nothing`);
}

async function end(runtime, report) {
  if (!(await runtime.shutdownTimeout(END_MS))) report.wrong.push("the runtime did not end");
  const { segment, participants } = runtime.scheduler.source.fabric.shared;
  let cells = 0;
  let blocks = 0;
  for (let index = 0; index < participants.used; index++) {
    cells += CellPool.published(segment, index);
    blocks += PayloadHeap.published(segment, index);
  }
  report.left = { cells, blocks };
  // What a thread that was killed had in hand is not given back one by one; the segment goes as a whole.
  if (!report.dying && (cells !== 0 || blocks !== 0))
    report.wrong.push(`${cells} cells and ${blocks} blocks of memory were left`);
}
