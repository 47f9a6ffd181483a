/** Puts a multi-thread runtime together: its home, which is the thread that builds it, and its workers. */
import { cx } from "@treadle/core";
import {
  Fabric,
  Participant,
  type SharedPlan,
  StartedThread,
  sharedTaskIds,
} from "@treadle/scheduler";
import { type Assembled, assemble } from "./assemble.ts";
import { type Config, numberOfWorkers } from "./config.ts";
import { SharedCounters } from "./multi-thread-metrics.ts";
import { BOOT } from "./thread.ts";
import { type ThreadPlan, threadConfig } from "./thread-plan.ts";

/** Builds the runtime that `config` asks for and starts its threads. */
export function assembleMultiThread(config: Config): Assembled {
  const workers = numberOfWorkers(config);
  const counters = SharedCounters.create(config, workers);
  const shared: SharedPlan = {
    buffer: new SharedArrayBuffer(config.segmentLimit),
    workers,
    taskIds: sharedTaskIds(),
  };
  const fabric = new Fabric(shared, 0);
  const runtime = cx.nextRuntimeId++;
  const home = new Participant({
    fabric,
    isWorker: false,
    counters: counters.worker,
    globalQueueInterval: config.globalQueueInterval,
    onSignals: () => {},
    onSlice: () => {},
  });
  const assembled = assemble(config, {
    id: runtime,
    work: home,
    idlePark: home.idlePark,
    park: (inner) => inner,
    worker: counters.worker,
    metrics: counters.scheduler,
    source: (scheduler, io) => counters.source(scheduler, io),
  });
  home.connect(assembled.scheduler);
  assembled.scheduler.listen();
  const threads: StartedThread[] = [];
  for (let i = 0; i < workers; i++) {
    const name = typeof config.threadName === "string" ? config.threadName : config.threadName();
    const data: Omit<ThreadPlan, "boot" | "port"> = {
      shared,
      metrics: counters.plan(),
      config: threadConfig(config),
      hooks: undefined as never,
      runtime,
      index: i + 1,
      name,
    };
    threads.push(
      new StartedThread({
        boot: BOOT,
        name,
        resourceLimits: config.resourceLimits,
        data,
        onExit: (code, error) => {
          if (code !== 0) console.error("exit", code, error);
        },
      }),
    );
  }
  return { ...assembled, ready: () => Promise.resolve() };
}
