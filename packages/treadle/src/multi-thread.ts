/** Puts a multi-thread runtime together: its home, which is the thread that builds it, and its workers. */
import { cx, FastRand } from "@treadle/core";
import { Fabric, Home, StartedThread, sharedTaskIds } from "@treadle/scheduler";
import { Role, SharedMemory } from "@treadle/task/shared";
import { type Assembled, assemble } from "./assemble.ts";
import { BlockingHome } from "./blocking-home.ts";
import { type Config, nameOfThread, numberOfWorkers } from "./config.ts";
import { SharedCounters } from "./multi-thread-metrics.ts";
import { ioModule } from "./subsystems.ts";
import { homeHooks, hookKeys } from "./thread-hooks.ts";
import { type PlannedData, threadConfig } from "./thread-plan.ts";

/** Builds the runtime that `config` asks for and starts its threads. */
export function assembleMultiThread(config: Config): Assembled {
  const workers = numberOfWorkers(config);
  const hooks = hookKeys(config);
  const shared = SharedMemory.create({ workers, limitBytes: config.segmentLimit });
  const counters = SharedCounters.create(config, workers);
  const runtime = cx.nextRuntimeId++;
  const data = (index: number): PlannedData => ({
    shared: shared.segment.buffer,
    taskIds: sharedTaskIds(),
    metrics: counters.plan(),
    config: threadConfig(config),
    hooks,
    runtime,
    index,
    isBlocking: index > workers,
    pool: blocking.at,
  });
  const home = new Home({
    fabric: new Fabric(shared, 0, Role.HOME),
    counters: counters.worker,
    rand: FastRand.forThread(config.rngSeed, 0),
    globalQueueInterval: config.globalQueueInterval,
    disableLifoSlot: config.disableLifoSlot,
    reactor: () => assembled.reactor(),
    failed: (error) => assembled.scheduler.shutdownFor(error),
    died: (index) => counters.addDeath(index - 1),
    startThread: (index, onExit) =>
      new StartedThread({
        boot: config.boot,
        name: nameOfThread(config),
        resourceLimits: config.resourceLimits,
        data: data(index),
        onExit,
      }),
  });
  const { participant } = home;
  const blocking = new BlockingHome(config, participant, data, undefined);
  const assembled = assemble(config, {
    hooks: homeHooks(config.hooks),
    id: runtime,
    work: participant,
    idlePark: participant.idlePark,
    park: (inner) => participant.park(inner),
    worker: counters.worker,
    metrics: counters.scheduler,
    source: ({ io }) => ({
      ...counters.source(io, shared, () => participant.aliveTasks()),
      blocking: blocking.source(),
    }),
  });
  if (config.enableIo) shared.parks.wakeNative = (id) => ioModule().unparkReactor(id);
  participant.connect(assembled.scheduler);
  blocking.access.serve(assembled.scheduler);
  home.start(workers);
  assembled.scheduler.listen();
  return { ...assembled, ready: () => home.ready() };
}
