/** Puts a runtime together: the one place where all parts meet. */

import type { Driver, Park } from "@treadle/core";
import type { IoDriver } from "@treadle/io";
import { type IoSource, type MetricsSource, RuntimeMetrics } from "@treadle/metrics";
import {
  CurrentThread,
  type Hooks,
  type SchedulerSink,
  type WorkerSink,
  type WorkSource,
} from "@treadle/scheduler";
import type { SignalDriver } from "@treadle/signal";
import type { Clock } from "@treadle/time";
import { Alone } from "./alone.ts";
import { type Config, DEFAULT_GLOBAL_QUEUE_INTERVAL } from "./config.ts";
import { Handle, handleSlot } from "./handle.ts";
import { ioModule, signalModule, timeModule } from "./subsystems.ts";
import { callablePolicy } from "./thread-hooks.ts";

/** The parts of one runtime. */
export interface Assembled {
  readonly scheduler: CurrentThread;
  readonly handle: Handle;
  /** The number of the thread's reactor, 0 while it has none. */
  reactor(): number;
  /** Settles when its threads run; left out where it has none of its own. */
  readonly ready?: () => Promise<void>;
}

/** What the thread of a runtime stands among: other threads, or none as long as nothing blocks. */
export interface Surroundings {
  /** The runtime's number where it has other threads; one of its own otherwise. */
  readonly id: number | undefined;
  /** What the thread shares with others. */
  readonly work: WorkSource | undefined;
  readonly hooks: Hooks;
  /** Where the thread sleeps while it has no reactor. */
  readonly idlePark: Park;
  /** The thread's park, so made that other threads can wake it. */
  park(inner: Park): Park;
  readonly worker: WorkerSink;
  readonly metrics: SchedulerSink;
  /** What the metrics of the whole runtime are read from. */
  source(parts: ThreadParts): MetricsSource;
}

/** The parts of one thread. */
export interface ThreadParts {
  readonly scheduler: CurrentThread;
  readonly io: IoSource | undefined;
  /** Absent where there is no time. */
  readonly clock: Clock | undefined;
  /** The number of the thread's reactor, 0 while it has none. */
  reactor(): number;
}

/** Builds the parts that `config` asks for. */
export function assemble(config: Config, around: Surroundings = new Alone(config)): Assembled {
  const drivers: Driver[] = [];
  // Timers that are set while the thread sleeps in the event loop must be able to wake it.
  const link: { scheduler: CurrentThread | null } = { scheduler: null };
  const io = config.enableIo || config.enableSignal ? ioModule() : null;
  if (config.requireIo) io?.binding();
  const ioDriver =
    io === null
      ? null
      : new io.IoDriver({
          onReady: () => link.scheduler?.driverReady(),
          idlePark: around.idlePark,
          maxEvents: config.maxIoEventsPerTick,
        });
  if (ioDriver !== null) drivers.push(ioDriver);
  const signalDriver = signalDriverOn(config, ioDriver);
  if (signalDriver !== null) drivers.push(signalDriver);
  const time = config.enableTime ? timeModule() : null;
  const timeDriver =
    time === null
      ? null
      : new time.TimeDriver({
          clock: new time.Clock({ startPaused: config.startPaused }),
          currentThread: config.flavor === "current_thread",
          unpark: () => link.scheduler?.unpark(),
        });
  if (timeDriver !== null) drivers.push(timeDriver);
  const scheduler = new CurrentThread({
    id: around.id,
    eventInterval: config.eventInterval,
    globalQueueInterval: config.globalQueueInterval ?? DEFAULT_GLOBAL_QUEUE_INTERVAL,
    drivers,
    park: around.park(ioDriver ?? around.idlePark),
    worker: around.worker,
    metrics: around.metrics,
    source: around.work,
    hooks: around.hooks,
    rngSeed: config.rngSeed,
    unhandledFailure: callablePolicy(config.unhandledFailure),
    propagateAsyncContext: config.propagateAsyncContext,
  });
  link.scheduler = scheduler;
  if (time !== null && timeDriver !== null) {
    time.timeSlot.put(scheduler, timeDriver);
    timeDriver.runtime = scheduler;
  }
  putReactor(config, scheduler, ioDriver, signalDriver);
  const reactor = () => ioDriver?.openId ?? 0;
  const metrics = new RuntimeMetrics(
    around.source({ scheduler, io: ioDriver ?? undefined, clock: timeDriver?.clock, reactor }),
  );
  const handle = new Handle(scheduler, config.name, metrics, config.flavor);
  handleSlot.put(scheduler, handle);
  return { scheduler, handle, reactor };
}

/** What tells this runtime of signals; the hub wakes it through its reactor. */
function signalDriverOn(config: Config, reactor: IoDriver | null): SignalDriver | null {
  if (!config.enableSignal || reactor === null) return null;
  return new (signalModule().SignalDriver)(reactor);
}

/** Makes those found that are enabled: signals alone have a reactor to sleep in, and enable no I/O. */
function putReactor(
  config: Config,
  scheduler: CurrentThread,
  io: IoDriver | null,
  signal: SignalDriver | null,
): void {
  if (config.enableIo && io !== null) ioModule().ioSlot.put(scheduler, io);
  if (signal !== null) signalModule().signalSlot.put(scheduler, signal);
}
