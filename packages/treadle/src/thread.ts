/**
 * Where the threads of a runtime begin: the module that a new thread imports.
 *
 * It leaves its start function behind a global symbol, so that it is found wherever a bundler has put this code.
 */
import { attachTaskIds, Fabric, Participant, START, writeDirectly } from "@treadle/scheduler";
import { assemble } from "./assemble.ts";
import { SharedCounters } from "./multi-thread-metrics.ts";
import { loadSubsystems } from "./subsystems.ts";
import { configOf, type ThreadPlan } from "./thread-plan.ts";

/** This module, as a thread can import it: the build of it where this is a source. */
export const BOOT: string = import.meta.url.endsWith(".ts")
  ? new URL("../dist/thread.js", import.meta.url).href
  : import.meta.url;

async function start(plan: ThreadPlan): Promise<void> {
  const config = configOf(plan.config);
  await loadSubsystems(config.enableTime, config.enableIo);
  attachTaskIds(plan.shared.taskIds);
  const counters = SharedCounters.attach(plan.metrics, plan.index - 1);
  const fabric = new Fabric(plan.shared, plan.index);
  const part = new Participant({
    fabric,
    isWorker: true,
    counters: counters.worker,
    globalQueueInterval: config.globalQueueInterval,
    onSignals: () => {},
    onSlice: () => {},
  });
  writeDirectly((ms) => part.idlePark.park(ms));
  const { scheduler } = assemble(config, {
    id: plan.runtime,
    work: part,
    idlePark: part.idlePark,
    park: (inner) => inner,
    worker: counters.worker,
    metrics: counters.scheduler,
    source: (self, io) => counters.source(self, io),
  });
  part.connect(scheduler);
  setInterval(() => {}, 2 ** 30);
  scheduler.listen();
}

(globalThis as { [START]?: typeof start })[START] ??= start;
