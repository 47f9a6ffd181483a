/** The surroundings of a runtime that has one thread: nobody, until something blocks. */
import type { Park } from "@treadle/core";
import type { MetricsBatch, MetricsSource } from "@treadle/metrics";
import { AtomicsPark, type Hooks, type SchedulerSink } from "@treadle/scheduler";
import type { Surroundings, ThreadParts } from "./assemble.ts";
import type { Config } from "./config.ts";
import { LazyPool } from "./lazy-pool.ts";
import { RuntimeCounters } from "./runtime-counters.ts";
import { SwitchPark } from "./switch-park.ts";

/** What a current-thread runtime has around its thread. */
export class Alone implements Surroundings {
  readonly id = undefined;
  readonly work = undefined;
  readonly hooks: Hooks;
  readonly idlePark: SwitchPark = new SwitchPark(new AtomicsPark());
  readonly metrics: SchedulerSink;
  readonly worker: MetricsBatch;
  private readonly counters: RuntimeCounters;
  private readonly outerPark: SwitchPark = new SwitchPark(this.idlePark);
  private readonly config: Config;

  constructor(config: Config) {
    this.config = config;
    // A copy, for the Builder may go on to build other runtimes.
    this.hooks = { ...config.hooks };
    this.counters = new RuntimeCounters(config);
    this.worker = this.counters.worker;
    this.metrics = this.counters.scheduler;
  }

  park(inner: Park): Park {
    this.outerPark.inner = inner;
    return this.outerPark;
  }

  source(parts: ThreadParts): MetricsSource {
    const { config, counters, idlePark, outerPark } = this;
    const pool = new LazyPool({ ...parts, config, counters, idlePark, park: outerPark });
    pool.serve();
    return { ...counters.source(parts.scheduler, parts.io), blocking: pool };
  }
}
