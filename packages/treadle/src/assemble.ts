/** Puts a runtime together: the one place where all parts meet. */

import type { Driver, Park } from "@treadle/core";
import { type IoSource, type MetricsSource, RuntimeMetrics } from "@treadle/metrics";
import {
  AtomicsPark,
  CurrentThread,
  type Hooks,
  type SchedulerSink,
  type WorkerSink,
  type WorkSource,
} from "@treadle/scheduler";
import { type Config, DEFAULT_GLOBAL_QUEUE_INTERVAL } from "./config.ts";
import { Handle, handleSlot } from "./handle.ts";
import { LazyPool } from "./lazy-pool.ts";
import { RuntimeCounters } from "./runtime-counters.ts";
import { ioModule, timeModule } from "./subsystems.ts";
import { SwitchPark } from "./switch-park.ts";
import { lineSlot } from "./when-room.ts";

/** The parts of one runtime. */
export interface Assembled {
  readonly scheduler: CurrentThread;
  readonly handle: Handle;
  /** The number of the thread's reactor, 0 while it has none. */
  reactor(): number;
  /** Settles when its threads run; left out where it has none of its own. */
  readonly ready?: () => Promise<void>;
}

/** What the scheduler of a thread shares with those of the other threads of a multi-thread runtime. */
export interface Across {
  /** The runtime's number, the same on all its threads. */
  readonly id: number;
  readonly work: WorkSource;
  readonly hooks: Hooks;
  /** Where the thread sleeps while it has no reactor. */
  readonly idlePark: Park;
  /** The thread's park, so made that other threads can wake it. */
  park(inner: Park): Park;
  readonly worker: WorkerSink;
  readonly metrics: SchedulerSink;
  /** What the metrics of the whole runtime are read from. */
  source(scheduler: CurrentThread, io: IoSource | undefined): MetricsSource;
}

/** Builds the parts that `config` asks for. */
export function assemble(config: Config, across?: Across): Assembled {
  const counters = across === undefined ? new RuntimeCounters(config) : null;
  const drivers: Driver[] = [];
  // Timers that are set while the thread sleeps in the event loop must be able to wake it.
  const link: { scheduler: CurrentThread | null } = { scheduler: null };
  const io = config.enableIo ? ioModule() : null;
  if (config.requireIo) io?.binding();
  const idlePark = across?.idlePark ?? new SwitchPark(new AtomicsPark());
  const ioDriver =
    io === null
      ? null
      : new io.IoDriver({
          onReady: () => link.scheduler?.driverReady(),
          idlePark,
          maxEvents: config.maxIoEventsPerTick,
        });
  if (ioDriver !== null) drivers.push(ioDriver);
  const park: Park = across?.park(ioDriver ?? idlePark) ?? new SwitchPark(ioDriver ?? idlePark);
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
    id: across?.id,
    eventInterval: config.eventInterval,
    globalQueueInterval: config.globalQueueInterval ?? DEFAULT_GLOBAL_QUEUE_INTERVAL,
    drivers,
    park,
    worker: across?.worker ?? (counters as RuntimeCounters).worker,
    metrics: across?.metrics ?? (counters as RuntimeCounters).scheduler,
    source: across?.work,
    // A copy, for the Builder may go on to build other runtimes.
    hooks: across?.hooks ?? { ...config.hooks },
    rngSeed: config.rngSeed,
    unhandledFailure: config.unhandledFailure,
    propagateAsyncContext: config.propagateAsyncContext,
  });
  link.scheduler = scheduler;
  if (time !== null && timeDriver !== null) time.timeSlot.put(scheduler, timeDriver);
  if (io !== null && ioDriver !== null) io.ioSlot.put(scheduler, ioDriver);
  const reactor = () => ioDriver?.openId ?? 0;
  let source = (across ?? (counters as RuntimeCounters)).source(scheduler, ioDriver ?? undefined);
  if (counters !== null) {
    const pool = new LazyPool({
      config,
      scheduler,
      counters,
      idlePark: idlePark as SwitchPark,
      park: park as SwitchPark,
      reactor,
      clock: timeDriver?.clock ?? null,
    });
    scheduler.spawnBlocking = pool.spawn;
    lineSlot.put(scheduler, () => pool.line());
    source = { ...source, blocking: pool };
  }
  const metrics = new RuntimeMetrics(source);
  const handle = new Handle(scheduler, config.name, metrics, config.flavor);
  handleSlot.put(scheduler, handle);
  return { scheduler, handle, reactor };
}
