/** A thread of the blocking pool: its part in the runtime, and its loop over jobs. */
import { BlockingThread, type JobThread } from "@treadle/blocking";
import { cx, FastRand } from "@treadle/core";
import {
  type Crew,
  type CurrentThread,
  Fabric,
  ownThread,
  Participant,
  Signal,
} from "@treadle/scheduler";
import { cellOf, Role, type SharedMemory } from "@treadle/task/shared";
import type { Config } from "./config.ts";
import { attachHandOff, JobAccess } from "./job-access.ts";
import type { SharedCounters } from "./multi-thread-metrics.ts";
import type { ThreadPlan } from "./thread-plan.ts";

const HOME = 0;

/** What a thread of the pool is made of. */
export interface BlockingMemberParts {
  readonly plan: ThreadPlan;
  readonly config: Config;
  readonly shared: SharedMemory;
  readonly counters: SharedCounters;
  readonly reactor: () => number;
  /** Runs the last hook and ends the thread. */
  readonly onEnd: () => void;
}

/** One thread's part in the pool. */
export class BlockingMember implements Crew, JobThread {
  readonly participant: Participant;
  readonly access: JobAccess;
  readonly self: number;
  private readonly parts: BlockingMemberParts;
  private readonly fabric: Fabric;
  private readonly loop: BlockingThread;
  private scheduler: CurrentThread | null = null;
  /** Whether a job runs outside of the scheduler, whose end `run` itself tells. */
  private inside = false;
  private ended_ = false;

  constructor(parts: BlockingMemberParts) {
    const { plan, config, shared, counters } = parts;
    this.parts = parts;
    this.self = plan.index;
    this.fabric = new Fabric(shared, plan.index, Role.BLOCKING);
    const handOff = attachHandOff(this.fabric, plan.pool);
    this.participant = new Participant({
      fabric: this.fabric,
      crew: this,
      isWorker: false,
      runsJobs: true,
      counters: counters.worker,
      rand: FastRand.fromEntropy(),
      globalQueueInterval: config.globalQueueInterval,
      disableLifoSlot: true,
      reactor: parts.reactor,
    });
    this.access = new JobAccess(this.participant, handOff, {
      came: (entry) => this.loop.give(entry),
      ending: () => this.jobEnding(),
      loaded: (entry) => this.loop.loaded(entry),
    });
    this.loop = new BlockingThread(this, this.access.line, handOff, config.threadKeepAlive);
  }

  /** Takes its place and begins to take jobs. */
  begin(scheduler: CurrentThread): void {
    const { fabric, participant } = this;
    this.scheduler = scheduler;
    participant.connect(scheduler);
    participant.parcels.connect(HOME, this.parts.plan.port);
    fabric.setSystemThread(ownThread());
    process.once("exit", (code) => this.sayLast(code));
    // Parcels may have been sent before.
    fabric.signal(fabric.self, Signal.PARCEL);
    scheduler.listen();
    this.loop.start();
    if (fabric.participants.isClosed) this.loop.close();
  }

  private sayLast(code: number): void {
    if (this.ended_) return;
    this.fabric.sayLast(code);
    this.fabric.signal(HOME, Signal.CHANGE);
  }

  // JobThread

  begun(): void {
    this.fabric.signal(HOME, Signal.CHANGE);
  }

  run(entry: number): boolean {
    const { participant } = this;
    const task = participant.startJob(entry);
    if (task === null) {
      if (participant.isLoading) return false;
      participant.parcels.forget(cellOf(entry));
      return true;
    }
    this.inside = true;
    const { runtime } = cx;
    cx.runtime = this.scheduler;
    try {
      task.run();
    } finally {
      cx.runtime = runtime;
      cx.waker = null;
      this.inside = false;
    }
    return task.isComplete();
  }

  private jobEnding(): void {
    this.loop.ending();
    if (!this.inside) this.loop.ended();
  }

  cancel(entry: number): void {
    this.participant.refuseJob(entry, undefined);
  }

  isMandatory(entry: number): boolean {
    return this.fabric.isMandatory(cellOf(entry));
  }

  hasTasks(): boolean {
    return (this.scheduler?.aliveTasks() ?? 0) > 0;
  }

  resting(): void {
    // It sleeps in the event loop, perhaps; now it may sleep blocked.
    this.participant.wake();
  }

  askHome(): void {
    this.fabric.signal(HOME, Signal.JOBS);
  }

  // Crew

  signalled(signals: number): void {
    if ((signals & Signal.JOBS) !== 0) this.loop.called();
    if ((signals & Signal.CLOSE) !== 0) this.loop.close();
  }

  blockedLook(): void {}

  isAwaited(): boolean {
    return true;
  }

  close(): void {}

  hasLeft(): boolean {
    return false;
  }

  forsakeAll(): string[] {
    return [];
  }

  /** The loop has ended: so does the scheduler. */
  leave(): void {
    this.scheduler?.shutdownBackground();
  }

  /** The scheduler has ended. */
  end(): void {
    if (this.ended_) return;
    this.ended_ = true;
    this.fabric.leave();
    this.fabric.signal(HOME, Signal.CHANGE);
    this.parts.onEnd();
  }
}
