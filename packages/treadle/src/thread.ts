/**
 * Where the threads of a runtime begin: the module that a new thread imports.
 *
 * It leaves its start function behind a global symbol, so that it is found wherever a bundler has put this code.
 */
import { FastRand } from "@treadle/core";
import { attachTaskIds, Fabric, START, WorkerMember, writeDirectly } from "@treadle/scheduler";
import { Role, SharedMemory } from "@treadle/task/shared";
import { assemble } from "./assemble.ts";
import { SharedCounters } from "./multi-thread-metrics.ts";
import { ioModule, loadSubsystems } from "./subsystems.ts";
import { configOf, type ThreadPlan } from "./thread-plan.ts";

/** This module, as a thread can import it: the build of it where this is a source. */
export const BOOT: string = import.meta.url.endsWith(".ts")
  ? new URL("../dist/thread.js", import.meta.url).href
  : import.meta.url;

async function start(plan: ThreadPlan): Promise<void> {
  const config = configOf(plan.config);
  await loadSubsystems(config.enableTime, config.enableIo);
  attachTaskIds(plan.taskIds);
  const shared = SharedMemory.attach(plan.shared);
  const counters = SharedCounters.attach(plan.metrics, plan.index - 1);
  const member = new WorkerMember({
    fabric: new Fabric(shared, plan.index, Role.WORKER),
    port: plan.port,
    counters: counters.worker,
    rand: FastRand.fromEntropy(),
    globalQueueInterval: config.globalQueueInterval,
    disableLifoSlot: config.disableLifoSlot,
    reactor: () => assembled.reactor(),
    onEnd: () => process.exit(0),
  });
  const { participant } = member;
  const assembled = assemble(config, {
    id: plan.runtime,
    work: participant,
    idlePark: participant.idlePark,
    park: (inner) => participant.park(inner),
    worker: counters.worker,
    metrics: counters.scheduler,
    source: (scheduler, io) => counters.source(scheduler, io, shared),
  });
  if (config.enableIo) shared.parks.wakeNative = (id) => ioModule().unparkReactor(id);
  writeDirectly((ms) => participant.idlePark.park(ms));
  counters.claimThread();
  member.begin(assembled.scheduler);
}

(globalThis as { [START]?: typeof start })[START] ??= start;
