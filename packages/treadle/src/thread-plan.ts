/** What a thread of a runtime is given to become part of it; structured-cloneable. */
import type { MetricsMemoryPlan } from "@treadle/metrics";
import type { SharedPlan, ThreadData } from "@treadle/scheduler";
import { type Config, defaults } from "./config.ts";

/** The names of hooks that run on every thread. */
export interface HookKeys {
  readonly onThreadStart: string | undefined;
  readonly onThreadStop: string | undefined;
  readonly onThreadPark: string | undefined;
  readonly onThreadUnpark: string | undefined;
  readonly onTaskSpawn: string | undefined;
  readonly onBeforeTaskPoll: string | undefined;
  readonly onAfterTaskPoll: string | undefined;
  readonly onTaskTerminate: string | undefined;
}

/** The options that a thread needs of those that the Builder collected. */
export type ThreadConfig = Pick<
  Config,
  | "enableTime"
  | "enableIo"
  | "name"
  | "maxIoEventsPerTick"
  | "disableLifoSlot"
  | "globalQueueInterval"
  | "eventInterval"
  | "rngSeed"
> & { readonly unhandledFailure: "report" | "ignore" };

/** One thread's plan. */
export interface ThreadPlan extends ThreadData {
  readonly shared: SharedPlan;
  readonly metrics: MetricsMemoryPlan;
  readonly config: ThreadConfig;
  readonly hooks: HookKeys;
  /** The runtime's number. */
  readonly runtime: number;
  /** Which participant it is. */
  readonly index: number;
  readonly name: string;
}

/** The options to hand to a thread. */
export function threadConfig(config: Config): ThreadConfig {
  const { unhandledFailure: policy } = config;
  return {
    enableTime: config.enableTime,
    enableIo: config.enableIo,
    name: config.name,
    maxIoEventsPerTick: config.maxIoEventsPerTick,
    disableLifoSlot: config.disableLifoSlot,
    globalQueueInterval: config.globalQueueInterval,
    eventInterval: config.eventInterval,
    rngSeed: config.rngSeed,
    unhandledFailure: policy === "ignore" ? "ignore" : "report",
  };
}

/** A Builder's options again, as a thread sees them. */
export function configOf(plan: ThreadConfig): Config {
  return Object.assign(defaults("multi_thread"), plan);
}
