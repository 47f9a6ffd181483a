/** What a thread of a runtime is given to become part of it; structured-cloneable. */
import type { MetricsMemoryPlan } from "@treadle/metrics";
import type { ThreadData } from "@treadle/scheduler";
import { type Config, defaults } from "./config.ts";
import type { HookKeys } from "./thread-hooks.ts";

/** The options that a thread needs of those that the Builder collected. */
export type ThreadConfig = Pick<
  Config,
  | "flavor"
  | "threadKeepAlive"
  | "enableTime"
  | "enableIo"
  | "enableSignal"
  | "name"
  | "maxIoEventsPerTick"
  | "disableLifoSlot"
  | "globalQueueInterval"
  | "eventInterval"
  | "rngSeed"
> & { readonly unhandledFailure: "report" | "ignore" };

/** What the runtime gives its threads. */
export interface PlannedData {
  /** The segment. */
  readonly shared: SharedArrayBuffer;
  /** Where task ids come from. */
  readonly taskIds: Int32Array;
  readonly metrics: MetricsMemoryPlan;
  readonly config: ThreadConfig;
  readonly hooks: HookKeys;
  /** The runtime's number. */
  readonly runtime: number;
  /** Which participant it is. */
  readonly index: number;
  /** Whether it is a thread of the blocking pool; else a worker. */
  readonly isBlocking: boolean;
  /** Where the words of the blocking pool lie in the segment. */
  readonly pool: number;
}

/** All that a thread is given. */
export type ThreadPlan = PlannedData & ThreadData;

/** The options to hand to a thread. */
export function threadConfig(config: Config): ThreadConfig {
  const { unhandledFailure: policy } = config;
  return {
    flavor: config.flavor,
    threadKeepAlive: config.threadKeepAlive,
    enableTime: config.enableTime,
    enableIo: config.enableIo,
    enableSignal: config.enableSignal,
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
  return Object.assign(defaults(plan.flavor), plan);
}
