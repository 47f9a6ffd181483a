/**
 * The blocking pool of a current-thread runtime, made by the first `spawnBlocking`.
 *
 * Until then the runtime has no memory that threads share, and its thread sleeps where nobody else can wake it. Then the
 * thread becomes home to the threads of the pool: it gets a part in a segment of its own, its mail comes through its
 * scheduler's rounds, and it sleeps on a word that they can notify.
 */
import { FastRand } from "@treadle/core";
import type { BlockingSource } from "@treadle/metrics";
import { type CurrentThread, Fabric, Participant, sharedTaskIds } from "@treadle/scheduler";
import type { JoinHandle, SendFuture } from "@treadle/task";
import { Role, SharedMemory } from "@treadle/task/shared";
import type { Clock } from "@treadle/time";
import { BlockingHome } from "./blocking-home.ts";
import { type Config, DEFAULT_GLOBAL_QUEUE_INTERVAL } from "./config.ts";
import type { RuntimeCounters } from "./runtime-counters.ts";
import { ioModule } from "./subsystems.ts";
import type { SwitchPark } from "./switch-park.ts";
import { poolHookKeys, sendableHookKeys } from "./thread-hooks.ts";
import { type PlannedData, threadConfig } from "./thread-plan.ts";
import { lineSlot } from "./when-room.ts";

/** What the pool needs of the runtime that it is made for. */
export interface LazyPoolParts {
  readonly config: Config;
  readonly scheduler: CurrentThread;
  readonly counters: RuntimeCounters;
  /** Where the thread sleeps while it has no reactor. */
  readonly idlePark: SwitchPark;
  /** Where it sleeps. */
  readonly park: SwitchPark;
  readonly reactor: () => number;
  /** The clock, which an idle runtime does not move while jobs run. */
  readonly clock: Clock | undefined;
}

/** A pool that is there when it is needed. */
export class LazyPool implements BlockingSource {
  private readonly parts: LazyPoolParts;
  private home: BlockingHome | null = null;

  constructor(parts: LazyPoolParts) {
    this.parts = { ...parts, config: { ...parts.config } };
  }

  /** Makes the scheduler of its thread spawn jobs. */
  serve(): void {
    const { scheduler } = this.parts;
    scheduler.spawnBlocking = this.spawn;
    lineSlot.put(scheduler, () => this.home?.access.line ?? null);
  }

  /** Spawns a call on the pool. */
  private readonly spawn = <T>(future: SendFuture<T>, mandatory: boolean): JoinHandle<T> => {
    const { scheduler } = this.parts;
    // It is dropped unpolled.
    if (scheduler.isShutdown()) return scheduler.spawnCall(future);
    this.home ??= this.make();
    return this.home.access.spawn(future, mandatory);
  };

  private make(): BlockingHome {
    const { config, scheduler, counters, reactor } = this.parts;
    const hooks = { ...sendableHookKeys(config), ...poolHookKeys(config) };
    const shared = SharedMemory.create({ workers: 0, limitBytes: config.segmentLimit });
    if (config.enableIo) shared.parks.wakeNative = (id) => ioModule().unparkReactor(id);
    const participant = new Participant({
      fabric: new Fabric(shared, 0, Role.HOME),
      crew: NOBODY,
      isWorker: false,
      counters: counters.worker,
      rand: FastRand.fromEntropy(),
      globalQueueInterval: config.globalQueueInterval ?? DEFAULT_GLOBAL_QUEUE_INTERVAL,
      disableLifoSlot: true,
      reactor,
    });
    const home: BlockingHome = new BlockingHome(
      config,
      participant,
      (index): PlannedData => ({
        shared: shared.segment.buffer,
        taskIds: sharedTaskIds(),
        metrics: counters.plan(),
        config: threadConfig(config),
        hooks,
        runtime: scheduler.id,
        index,
        isBlocking: true,
        pool: home.at,
      }),
      this.inhibitor(),
    );
    participant.connect(scheduler);
    this.listen(participant);
    return home;
  }

  /** From now on other threads can wake this one. */
  private listen(participant: Participant): void {
    const { scheduler, idlePark, park } = this.parts;
    idlePark.inner = participant.idlePark;
    park.inner = participant.park(park.inner);
    scheduler.attach(participant);
  }

  private inhibitor(): { began(): void; ended(): void } | undefined {
    const { clock } = this.parts;
    if (clock === undefined) return undefined;
    return {
      began: () => clock.inhibitAutoAdvance(),
      ended: () => clock.allowAutoAdvance(),
    };
  }

  // BlockingSource

  numBlockingThreads(): number {
    return this.home?.source().numBlockingThreads() ?? 0;
  }

  numIdleBlockingThreads(): number {
    return this.home?.source().numIdleBlockingThreads() ?? 0;
  }

  blockingQueueDepth(): number {
    return this.home?.source().blockingQueueDepth() ?? 0;
  }
}

/** Nobody but the pool asks anything of this thread. */
const NOBODY = {
  signalled(): void {},
  blockedLook(): void {},
  isAwaited: () => false,
  close(): void {},
  hasLeft: () => false,
  forsakeAll: () => [],
  end(): void {},
};
