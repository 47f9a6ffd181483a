/** The Builder: options first, then a runtime made of the parts they ask for. */
import type { ResourceLimits } from "node:worker_threads";
import { RuntimeError } from "@treadle/core";
import type { HistogramConfiguration } from "@treadle/metrics";
import type { TaskMeta, UnhandledFailure } from "@treadle/scheduler";
import { assemble } from "./assemble.ts";
import {
  type Config,
  callback,
  defaults,
  duration,
  failurePolicy,
  flag,
  histogram,
  nameOfThreads,
  positiveInteger,
  type RuntimeFlavor,
  runtimeName,
  seed,
  segmentBytes,
  threadLimits,
  workerCount,
} from "./config.ts";
import { notBuilt } from "./errors.ts";
import type { AllFeatures, Features, NoFeatures } from "./features.ts";
import { LocalRuntime } from "./local-runtime.ts";
import { assembleMultiThread } from "./multi-thread.ts";
import { Runtime } from "./runtime.ts";
import { BOOT } from "./thread.ts";

/**
 * Makes runtimes.
 *
 * @remarks All subsystems are off until they are enabled. A Builder can build any number of runtimes. **Errors**: each
 * method checks its argument at once (`ERR_INVALID_ARG`).
 * @example
 * ```ts
 * import { Builder, sleep } from "treadle";
 *
 * const runtime = Builder.newCurrentThread().enableTime().build();
 * runtime.blockOn(function* () {
 *   yield* sleep(1);
 *   return "slept";
 * }); // => "slept"
 * ```
 */
export class Builder<F extends Features = NoFeatures> {
  /** @internal */
  declare readonly features: F;
  private readonly config: Config;

  private constructor(flavor: RuntimeFlavor) {
    this.config = defaults(flavor);
    this.config.boot = BOOT;
  }

  /** A runtime whose tasks all run on the thread that drives it. */
  static newCurrentThread(): Builder {
    return new Builder("current_thread");
  }

  /** A runtime whose tasks run on several threads, stolen from each other when idle. */
  static newMultiThread(): Builder {
    return new Builder("multi_thread");
  }

  /**
   * Enables every subsystem that this version has: time, I/O and signals.
   *
   * @remarks Where there is no native addon, the first use of I/O or signals fails with `ERR_IO_UNAVAILABLE`.
   */
  enableAll(): Builder<F & AllFeatures> {
    this.config.enableIo = true;
    this.config.enableSignal = true;
    return this.enableTime() as unknown as Builder<F & AllFeatures>;
  }

  /** Enables timers: sleep, timeout, interval, DelayQueue. */
  enableTime(): Builder<F & { readonly time: true }> {
    this.config.enableTime = true;
    return this as unknown as Builder<F & { readonly time: true }>;
  }

  /** Enables sockets and any other file descriptor; `build` then needs the native addon of `@treadle/io`. */
  enableIo(): Builder<F & { readonly io: true }> {
    this.config.enableIo = true;
    this.config.requireIo = true;
    return this as unknown as Builder<F & { readonly io: true }>;
  }

  /**
   * Enables `ctrlC` and `signal`.
   *
   * @remarks The runtime then sleeps in the reactor of `@treadle/io`, whose native addon the first listener loads; without an
   * addon that one fails with `ERR_IO_UNAVAILABLE`. Descriptors need `enableIo()` all the same.
   */
  enableSignal(): Builder<F & { readonly signal: true }> {
    this.config.enableSignal = true;
    return this as unknown as Builder<F & { readonly signal: true }>;
  }

  /** Enables files on io_uring. */
  enableIoUring(): Builder<F & { readonly io: true }> {
    this.config.missing.add("io_uring (enableIoUring)");
    return this as unknown as Builder<F & { readonly io: true }>;
  }

  /**
   * Sets the number of worker threads; by default that of the environment variable `TREADLE_WORKER_THREADS`, or else one
   * for each CPU; at most 256. A current-thread runtime has none and ignores it.
   */
  workerThreads(n: number): this {
    this.config.workerThreads = workerCount(n);
    return this;
  }

  /**
   * Sets how many threads may run blocking work at once; by default as many as fit into a quarter of the memory, see
   * `defaultMaxBlockingThreads` of `@treadle/blocking`, at most 512.
   */
  maxBlockingThreads(n: number): this {
    const zero = "Max blocking threads cannot be set to 0";
    this.config.maxBlockingThreads = positiveInteger("maxBlockingThreads", n, zero);
    return this;
  }

  /**
   * Sets how many jobs may wait for a blocking thread; by default any number. Beyond it `spawnBlocking` throws
   * `ERR_BLOCKING_QUEUE_FULL`, and `spawnBlockingWhenRoom` waits.
   */
  maxBlockingQueue(n: number): this {
    const zero = "Max blocking queue cannot be set to 0";
    this.config.maxBlockingQueue = positiveInteger("maxBlockingQueue", n, zero);
    return this;
  }

  /** Sets how long an idle blocking thread lives, in ms; 10 000 by default. */
  threadKeepAlive(ms: number): this {
    this.config.threadKeepAlive = duration("threadKeepAlive", ms);
    return this;
  }

  /** Sets the memory limits of the threads that the runtime starts; a current-thread runtime starts none. */
  resourceLimits(limits: ResourceLimits): this {
    this.config.resourceLimits = threadLimits(limits);
    return this;
  }

  /**
   * Sets how much memory the threads may share for tasks on their way and their arguments and results, in bytes; 256 MiB by
   * default. The system gives memory only to what is used of it. When it is full, `spawn` fails with `ERR_SEGMENT_FULL`.
   */
  segmentLimit(bytes: number): this {
    this.config.segmentLimit = segmentBytes(bytes);
    return this;
  }

  /** Sets the name of the threads that the runtime starts, or a function that names each. */
  threadName(name: string | (() => string)): this {
    this.config.threadName = nameOfThreads(name);
    return this;
  }

  /** Sets the runtime's own name, see `Handle.name`. */
  name(name: string): this {
    this.config.name = runtimeName(name);
    return this;
  }

  /**
   * Sets what runs on each thread that the runtime starts, before anything else.
   *
   * @remarks It runs on those threads, so it must be a {@link sendable} function there; so must the other hooks for threads.
   * A hook for tasks may be any function: it then sees what home spawns and polls; a sendable one sees all.
   */
  onThreadStart(f: () => void): this {
    this.config.onThreadStart = callback("onThreadStart", f);
    return this;
  }

  /** Sets what runs on each thread that the runtime started, before it ends. */
  onThreadStop(f: () => void): this {
    this.config.onThreadStop = callback("onThreadStop", f);
    return this;
  }

  /** Sets what runs before a thread goes to sleep; it may spawn, and the thread then stays awake. */
  onThreadPark(f: () => void): this {
    this.config.hooks.onThreadPark = callback("onThreadPark", f);
    return this;
  }

  /** Sets what runs after a thread has slept. */
  onThreadUnpark(f: () => void): this {
    this.config.hooks.onThreadUnpark = callback("onThreadUnpark", f);
    return this;
  }

  /** Sets what runs when a task was spawned, before it is scheduled. */
  onTaskSpawn(f: (meta: TaskMeta) => void): this {
    this.config.hooks.onTaskSpawn = callback("onTaskSpawn", f);
    return this;
  }

  /** Sets what runs before each poll of a task. */
  onBeforeTaskPoll(f: (meta: TaskMeta) => void): this {
    this.config.hooks.onBeforeTaskPoll = callback("onBeforeTaskPoll", f);
    return this;
  }

  /** Sets what runs after each poll of a task. */
  onAfterTaskPoll(f: (meta: TaskMeta) => void): this {
    this.config.hooks.onAfterTaskPoll = callback("onAfterTaskPoll", f);
    return this;
  }

  /** Sets what runs when a task has ended, however it did. */
  onTaskTerminate(f: (meta: TaskMeta) => void): this {
    this.config.hooks.onTaskTerminate = callback("onTaskTerminate", f);
    return this;
  }

  /** Sets every how many ticks the inject queue is looked at first; 31 on one thread. */
  globalQueueInterval(n: number): this {
    const zero = "globalQueueInterval must be greater than 0";
    this.config.globalQueueInterval = positiveInteger("globalQueueInterval", n, zero);
    return this;
  }

  /** Sets after how many polls the drivers are looked at; 61 by default. */
  eventInterval(n: number): this {
    const zero = "eventInterval must be greater than 0";
    this.config.eventInterval = positiveInteger("eventInterval", n, zero);
    return this;
  }

  /** Sets how many I/O events one look at the driver takes; 1024 by default. */
  maxIoEventsPerTick(n: number): this {
    const zero = "maxIoEventsPerTick must be greater than 0";
    this.config.maxIoEventsPerTick = positiveInteger("maxIoEventsPerTick", n, zero);
    return this;
  }

  /** Makes a woken task wait in line even when it could run next on its worker. */
  disableLifoSlot(): this {
    this.config.disableLifoSlot = true;
    return this;
  }

  /** Seeds the random choices (where `select` starts, whom to steal from), so that a run can be repeated. */
  rngSeed(value: number | bigint | Uint8Array): this {
    this.config.rngSeed = seed(value);
    return this;
  }

  /** Makes the clock start paused; current-thread runtimes only. */
  startPaused(paused: boolean): this {
    this.config.startPaused = flag("startPaused", paused);
    return this;
  }

  /**
   * Sets what happens to a failure that nobody can look at any more; "report" by default.
   *
   * @remarks "shutdownRuntime" is for current-thread runtimes only. A function is told of the failures of tasks that home
   * spawned, and the threads that the runtime starts report theirs; a {@link sendable} one is called on the thread that
   * spawned the task, whichever that is.
   */
  unhandledFailure(policy: UnhandledFailure): this {
    if (policy === "shutdownRuntime" && this.config.flavor === "multi_thread") {
      throw new RuntimeError(
        "ERR_INVALID_ARG",
        'unhandledFailure("shutdownRuntime") is only supported in current thread runtime: give it a function that shuts ' +
          "the runtime down, or await what must not fail",
      );
    }
    this.config.unhandledFailure = failurePolicy(policy);
    return this;
  }

  /** Makes each task run in the AsyncLocalStorage context of its spawner; off by default, since it costs each poll. */
  propagateAsyncContext(on = true): this {
    this.config.propagateAsyncContext = flag("propagateAsyncContext", on);
    return this;
  }

  /** Enables the histogram of poll times; costs two clock readings per poll. */
  enableMetricsPollTimeHistogram(): this {
    this.config.pollTimeHistogram = true;
    return this;
  }

  /** Sets the histogram's buckets; linear, 10 of 0.1 ms, by default. */
  metricsPollTimeHistogramConfiguration(configuration: HistogramConfiguration): this {
    this.config.pollTimeHistogramConfiguration = histogram(configuration);
    return this;
  }

  /**
   * Builds the runtime.
   *
   * @throws {@link RuntimeError} `ERR_NOT_BUILT` for a flavor or subsystem that this version does not have;
   * `ERR_IO_UNAVAILABLE` after `enableIo` where there is no native addon for this machine; `ERR_INVALID_ARG` for options
   * that exclude each other.
   */
  build(): Runtime<F> {
    this.check();
    const multi = this.config.flavor === "multi_thread";
    return new Runtime<F>(multi ? assembleMultiThread(this.config) : assemble(this.config));
  }

  /** Builds a runtime that is bound to this thread. */
  buildLocal(): LocalRuntime<F> {
    if (this.config.flavor === "multi_thread") {
      throw new RuntimeError("ERR_INVALID_ARG", "multi_thread is not supported for LocalRuntime");
    }
    this.check();
    return new LocalRuntime<F>(assemble(this.config));
  }

  private check(): void {
    if (this.config.flavor === "multi_thread" && this.config.startPaused) {
      throw new RuntimeError(
        "ERR_INVALID_ARG",
        "startPaused(true) needs the current_thread flavor: a clock can only be paused on one thread",
      );
    }
    for (const what of this.config.missing) throw notBuilt(what, "leave it out");
    if (this.config.startPaused && !this.config.enableTime) {
      throw new RuntimeError("ERR_INVALID_ARG", "startPaused(true) needs enableTime()");
    }
  }
}
