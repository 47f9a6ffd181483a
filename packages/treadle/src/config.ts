/** The Builder's options: their defaults, and the checks of what they are set to. */
import { availableParallelism } from "node:os";
import type { ResourceLimits } from "node:worker_threads";
import { defaultMaxBlockingThreads } from "@treadle/blocking";
import { FastRand, invalidArg, RuntimeError } from "@treadle/core";
import { HistogramConfiguration } from "@treadle/metrics";
import type { Hooks, UnhandledFailure } from "@treadle/scheduler";

/** Which scheduler. */
export type RuntimeFlavor = "current_thread" | "multi_thread";

/** Everything that a Builder collects. */
export interface Config {
  /** The module that its threads begin with. */
  boot: string;
  readonly flavor: RuntimeFlavor;
  enableTime: boolean;
  enableIo: boolean;
  /** Whether the runtime is not built without the native addon; else the first use of I/O fails. */
  requireIo: boolean;
  /** Needs the reactor to sleep in, whether or not I/O is enabled. */
  enableSignal: boolean;
  /** Subsystems asked for that this version does not have. */
  readonly missing: Set<string>;
  name: string | undefined;
  threadName: string | (() => string);
  workerThreads: number | undefined;
  /** Undefined: by memory and CPUs. */
  maxBlockingThreads: number | undefined;
  /** How many jobs may wait for a thread; 0: any number. */
  maxBlockingQueue: number;
  threadKeepAlive: number;
  resourceLimits: ResourceLimits | undefined;
  /** Memory that all threads share, in bytes. */
  segmentLimit: number;
  maxIoEventsPerTick: number;
  disableLifoSlot: boolean;
  globalQueueInterval: number | undefined;
  eventInterval: number;
  rngSeed: number | bigint | Uint8Array | undefined;
  startPaused: boolean;
  unhandledFailure: UnhandledFailure;
  propagateAsyncContext: boolean;
  pollTimeHistogram: boolean;
  pollTimeHistogramConfiguration: HistogramConfiguration | undefined;
  readonly hooks: { -readonly [K in keyof Hooks]: Hooks[K] };
  onThreadStart: (() => void) | undefined;
  onThreadStop: (() => void) | undefined;
}

/** Polls between two looks at the drivers. */
export const DEFAULT_EVENT_INTERVAL = 61;
/** Ticks between two looks at the inject queue first, on one thread. */
export const DEFAULT_GLOBAL_QUEUE_INTERVAL = 31;
/** Address space for what threads share; the system gives memory only to what is used of it. */
export const DEFAULT_SEGMENT_LIMIT: number = 2 ** 28;
/** The most workers that a runtime may have. */
export const MAX_WORKERS = 256;
const MIN_SEGMENT_LIMIT = 2 ** 20;
const MAX_SEGMENT_LIMIT = 2 ** 31;

/** A configuration with nothing enabled. */
export function defaults(flavor: RuntimeFlavor): Config {
  return {
    boot: "",
    flavor,
    enableTime: false,
    enableIo: false,
    requireIo: false,
    enableSignal: false,
    missing: new Set(),
    name: undefined,
    threadName: "treadle-worker",
    workerThreads: undefined,
    maxBlockingThreads: undefined,
    maxBlockingQueue: 0,
    threadKeepAlive: 10_000,
    resourceLimits: undefined,
    segmentLimit: DEFAULT_SEGMENT_LIMIT,
    maxIoEventsPerTick: 1024,
    disableLifoSlot: false,
    globalQueueInterval: undefined,
    eventInterval: DEFAULT_EVENT_INTERVAL,
    rngSeed: undefined,
    startPaused: false,
    unhandledFailure: "report",
    propagateAsyncContext: false,
    pollTimeHistogram: false,
    pollTimeHistogramConfiguration: undefined,
    hooks: {
      onThreadPark: undefined,
      onThreadUnpark: undefined,
      onTaskSpawn: undefined,
      onBeforeTaskPoll: undefined,
      onAfterTaskPoll: undefined,
      onTaskTerminate: undefined,
    },
    onThreadStart: undefined,
    onThreadStop: undefined,
  };
}

/** Width of the buckets of the poll-time histogram by default. */
export const DEFAULT_BUCKET_MS = 0.1;
/** How many buckets the poll-time histogram has by default. */
export const DEFAULT_BUCKETS = 10;

/** How many threads the blocking pool may have: as set, else by memory and CPUs. */
export function maxBlockingThreads(config: Config): number {
  return config.maxBlockingThreads ?? defaultMaxBlockingThreads();
}

/** The name of the next thread that the runtime starts. */
export function nameOfThread({ threadName }: Config): string {
  if (typeof threadName === "string") return threadName;
  const name: unknown = threadName();
  if (typeof name === "string") return name;
  throw invalidArg("the function given to threadName()", name, "must return a string");
}

/** Checks a count that must be a whole number above 0; `zero` is the text for 0. */
export function positiveInteger(name: string, value: number, zero: string): number {
  if (value === 0) throw new RuntimeError("ERR_INVALID_ARG", zero);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw invalidArg(name, value, "must be a whole number above 0");
  }
  return value;
}

/** Checks a number of worker threads. */
export function workerCount(value: number): number {
  positiveInteger("workerThreads", value, "Worker threads cannot be set to 0");
  if (value > MAX_WORKERS) {
    throw invalidArg("workerThreads", value, `must be a whole number from 1 to ${MAX_WORKERS}`);
  }
  return value;
}

/** Checks what is on or off; what JavaScript merely takes for true is refused. */
export function flag(name: string, value: boolean): boolean {
  if (typeof value !== "boolean") throw invalidArg(name, value, "must be true or false");
  return value;
}

/** Checks the name of a runtime. */
export function runtimeName(value: string): string {
  if (typeof value !== "string") throw invalidArg("name", value, "must be a string");
  if (value.trim() === "") {
    throw new RuntimeError("ERR_INVALID_ARG", "runtime name shouldn't be empty");
  }
  return value;
}

const LIMITS = [
  "maxYoungGenerationSizeMb",
  "maxOldGenerationSizeMb",
  "codeRangeSizeMb",
  "stackSizeMb",
];

/** Checks the memory limits of threads; Node itself would pass over what it does not understand. */
export function threadLimits(limits: ResourceLimits): ResourceLimits {
  if (typeof limits !== "object" || limits === null) {
    const rule = "must be an object as for a Worker's resourceLimits";
    throw invalidArg("resourceLimits", limits, rule);
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!LIMITS.includes(name)) {
      throw invalidArg("resourceLimits", name, `must have no keys but ${LIMITS.join(", ")}`);
    }
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw invalidArg(`resourceLimits.${name}`, value, "must be a number of megabytes, 0 or more");
    }
  }
  return limits;
}

/** Checks a duration in milliseconds. */
export function duration(name: string, value: number): number {
  if (typeof value !== "number" || Number.isNaN(value) || value < 0) {
    throw invalidArg(name, value, "must be a number of milliseconds, 0 or more");
  }
  return value;
}

/** Checks a seed by trying it. */
export function seed(value: number | bigint | Uint8Array): number | bigint | Uint8Array {
  FastRand.fromSeed(value);
  return value;
}

/** Checks the name of threads. */
export function nameOfThreads(value: string | (() => string)): string | (() => string) {
  if (typeof value === "string" || typeof value === "function") return value;
  throw invalidArg("threadName", value, "must be a string or a function that returns one");
}

/** Checks the buckets of a histogram. */
export function histogram(value: HistogramConfiguration): HistogramConfiguration {
  if (value instanceof HistogramConfiguration) return value;
  const name = "metricsPollTimeHistogramConfiguration";
  throw invalidArg(name, value, "must be a HistogramConfiguration");
}

/** Checks a callback. */
export function callback<F>(name: string, value: F): F {
  if (typeof value !== "function") throw invalidArg(name, value, "must be a function");
  return value;
}

const POLICIES: readonly unknown[] = ["report", "ignore", "shutdownRuntime"];

/** Checks a policy for unhandled failures. */
export function failurePolicy(value: UnhandledFailure): UnhandledFailure {
  if (POLICIES.includes(value) || typeof value === "function") return value;
  throw invalidArg(
    "unhandledFailure",
    value,
    'must be "report", "ignore", "shutdownRuntime" or a function',
  );
}

/** Checks the size of the shared memory. */
export function segmentBytes(value: number): number {
  if (Number.isSafeInteger(value) && value >= MIN_SEGMENT_LIMIT && value <= MAX_SEGMENT_LIMIT) {
    return value;
  }
  const rule = `must be a whole number of bytes from ${MIN_SEGMENT_LIMIT} to ${MAX_SEGMENT_LIMIT}`;
  throw invalidArg("segmentLimit", value, rule);
}

/** The environment variable that says how many workers a runtime has by default. */
const WORKER_THREADS = "TREADLE_WORKER_THREADS";

/** How many workers a multi-thread runtime has: as set, else by the environment, else one for each CPU. */
export function numberOfWorkers(config: Config): number {
  if (config.workerThreads !== undefined) return config.workerThreads;
  const text = process.env[WORKER_THREADS];
  if (text === undefined) return Math.min(availableParallelism(), MAX_WORKERS);
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number === 0) {
    throw new RuntimeError("ERR_INVALID_ARG", `"${WORKER_THREADS}" cannot be set to 0`);
  }
  if (!(number <= MAX_WORKERS)) {
    const rule = `must be a whole number from 1 to ${MAX_WORKERS}`;
    throw invalidArg(`the environment variable "${WORKER_THREADS}"`, text, rule);
  }
  return number;
}
