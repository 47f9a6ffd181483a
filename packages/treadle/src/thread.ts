/**
 * Where the threads of a runtime begin: the module that a new thread imports.
 *
 * It leaves its start function behind a global symbol, so that it is found wherever a bundler has put this code.
 */
import { FastRand } from "@treadle/core";
import {
  attachTaskIds,
  Fabric,
  type Participant,
  START,
  WorkerMember,
  writeDirectly,
} from "@treadle/scheduler";
import { Role, SharedMemory } from "@treadle/task/shared";
import { type Assembled, assemble } from "./assemble.ts";
import { BlockingMember } from "./blocking-member.ts";
import type { Config } from "./config.ts";
import { attachHandOff, JobAccess, poolSource } from "./job-access.ts";
import { SharedCounters } from "./multi-thread-metrics.ts";
import { ioModule, loadSubsystems } from "./subsystems.ts";
import { loadHooks, type ThreadHooks } from "./thread-hooks.ts";
import { configOf, type ThreadPlan } from "./thread-plan.ts";

/** This module, as a thread can import it: the build of it where this is a source. */
export const BOOT: string = import.meta.url.endsWith(".ts")
  ? new URL("../dist/thread.js", import.meta.url).href
  : import.meta.url;

async function start(plan: ThreadPlan): Promise<void> {
  const config = configOf(plan.config);
  await loadSubsystems(config.enableTime, config.enableIo, config.enableSignal);
  const hooks = await loadHooks(plan.hooks);
  if (hooks.unhandledFailure !== undefined) config.unhandledFailure = hooks.unhandledFailure;
  attachTaskIds(plan.taskIds);
  const shared = SharedMemory.attach(plan.shared);
  if (config.enableIo) shared.parks.wakeNative = (id) => ioModule().unparkReactor(id);
  if (plan.isBlocking) startBlocking(plan, config, shared, hooks);
  else startWorker(plan, config, shared, hooks);
}

function startWorker(
  plan: ThreadPlan,
  config: Config,
  shared: SharedMemory,
  hooks: ThreadHooks,
): void {
  const counters = SharedCounters.attach(plan.metrics, plan.index - 1);
  const fabric = new Fabric(shared, plan.index, Role.WORKER);
  const member = new WorkerMember({
    fabric,
    port: plan.port,
    counters: counters.worker,
    rand: FastRand.forThread(plan.config.rngSeed, plan.index),
    globalQueueInterval: config.globalQueueInterval,
    disableLifoSlot: config.disableLifoSlot,
    reactor: () => assembled.reactor(),
    onEnd: () => {
      hooks.onThreadStop?.();
      process.exit(0);
    },
  });
  const { participant } = member;
  const assembled = join(plan, config, shared, counters, participant, hooks);
  const access = new JobAccess(participant, attachHandOff(fabric, plan.pool), {});
  access.serve(assembled.scheduler);
  counters.claimThread();
  hooks.onThreadStart?.();
  member.begin(assembled.scheduler);
}

function startBlocking(
  plan: ThreadPlan,
  config: Config,
  shared: SharedMemory,
  hooks: ThreadHooks,
): void {
  const counters = SharedCounters.attach(plan.metrics, undefined);
  const member = new BlockingMember({
    plan,
    config,
    shared,
    counters,
    reactor: () => assembled.reactor(),
    onEnd: () => {
      hooks.onThreadStop?.();
      process.exit(0);
    },
  });
  const assembled = join(plan, config, shared, counters, member.participant, hooks);
  member.access.serve(assembled.scheduler);
  hooks.onThreadStart?.();
  member.begin(assembled.scheduler);
}

/** The scheduler of this thread, as part of the runtime. */
function join(
  plan: ThreadPlan,
  config: Config,
  shared: SharedMemory,
  counters: SharedCounters,
  participant: Participant,
  hooks: ThreadHooks,
): Assembled {
  const blocking = poolSource(attachHandOff(participant.fabric, plan.pool), shared);
  writeDirectly((ms) => participant.idlePark.park(ms));
  return assemble(config, {
    hooks,
    id: plan.runtime,
    work: participant,
    idlePark: participant.idlePark,
    park: (inner) => participant.park(inner),
    worker: counters.worker,
    metrics: counters.scheduler,
    source: ({ io }) => ({
      ...counters.source(io, shared, () => participant.aliveTasks()),
      blocking,
    }),
  });
}

(globalThis as { [START]?: typeof start })[START] ??= start;
