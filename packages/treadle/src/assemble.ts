/** Puts a runtime together: the one place where all parts meet. */

import type { Driver, Park } from "@treadle/core";
import type { IoDriver } from "@treadle/io";
import { RuntimeMetrics } from "@treadle/metrics";
import { AtomicsPark, CurrentThread } from "@treadle/scheduler";
import type { SignalDriver } from "@treadle/signal";
import { type Config, DEFAULT_GLOBAL_QUEUE_INTERVAL } from "./config.ts";
import { Handle, handleSlot } from "./handle.ts";
import { RuntimeCounters } from "./runtime-counters.ts";
import { ioModule, signalModule, timeModule } from "./subsystems.ts";

/** The parts of one runtime. */
export interface Assembled {
  readonly scheduler: CurrentThread;
  readonly handle: Handle;
}

/** Builds the parts that `config` asks for. */
export function assemble(config: Config): Assembled {
  const counters = new RuntimeCounters(config);
  const drivers: Driver[] = [];
  // Timers that are set while the thread sleeps in the event loop must be able to wake it.
  const link: { scheduler: CurrentThread | null } = { scheduler: null };
  const io = config.enableIo || config.enableSignal ? ioModule() : null;
  if (config.requireIo) io?.binding();
  const idlePark = new AtomicsPark();
  const ioDriver =
    io === null
      ? null
      : new io.IoDriver({
          onReady: () => link.scheduler?.driverReady(),
          idlePark,
          maxEvents: config.maxIoEventsPerTick,
        });
  if (ioDriver !== null) drivers.push(ioDriver);
  const park: Park = ioDriver ?? idlePark;
  const signalDriver = signalDriverOn(config, ioDriver);
  if (signalDriver !== null) drivers.push(signalDriver);
  const time = config.enableTime ? timeModule() : null;
  const timeDriver =
    time === null
      ? null
      : new time.TimeDriver({
          clock: new time.Clock({ startPaused: config.startPaused }),
          unpark: () => link.scheduler?.unpark(),
        });
  if (timeDriver !== null) drivers.push(timeDriver);
  const scheduler = new CurrentThread({
    eventInterval: config.eventInterval,
    globalQueueInterval: config.globalQueueInterval ?? DEFAULT_GLOBAL_QUEUE_INTERVAL,
    drivers,
    park,
    worker: counters.worker,
    metrics: counters.scheduler,
    // A copy, for the Builder may go on to build other runtimes.
    hooks: { ...config.hooks },
    rngSeed: config.rngSeed,
    unhandledFailure: config.unhandledFailure,
    propagateAsyncContext: config.propagateAsyncContext,
  });
  link.scheduler = scheduler;
  if (time !== null && timeDriver !== null) time.timeSlot.put(scheduler, timeDriver);
  putReactor(config, scheduler, ioDriver, signalDriver);
  const metrics = new RuntimeMetrics(counters.source(scheduler, ioDriver ?? undefined));
  const handle = new Handle(scheduler, config.name, metrics);
  handleSlot.put(scheduler, handle);
  return { scheduler, handle };
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
