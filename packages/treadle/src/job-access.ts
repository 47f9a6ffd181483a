/** A thread's access to the blocking pool: spawning jobs, passing them on, waiting for room in their line. */
import { HandOff, JobLine, queueFull } from "@treadle/blocking";
import type { BlockingSource } from "@treadle/metrics";
import {
  type CurrentThread,
  type Fabric,
  type JobPort,
  type Participant,
  Signal,
} from "@treadle/scheduler";
import type { JoinHandle, SendFuture } from "@treadle/task";
import type { SharedMemory } from "@treadle/task/shared";
import { lineSlot } from "./when-room.ts";

/** The place of home in the table of participants. */
const HOME = 0;

/** What differs between home, workers and the threads of the pool; whatever is left out does nothing. */
export interface JobHooks {
  /** Home is asked for a thread; left out, home is told by a signal. */
  readonly askHome?: () => void;
  /** A job has come by message port. */
  readonly came?: (entry: number) => void;
  /** A job is spawned here. */
  readonly began?: () => void;
  /** A job that was spawned here has ended, or was not spawned after all. */
  readonly ended?: () => void;
  /** A job that runs here is about to send its result. */
  readonly ending?: () => void;
  /** The module of a job's function has been loaded. */
  readonly loaded?: (entry: number) => void;
}

/** One participant's access to the pool. */
export class JobAccess implements JobPort {
  readonly line: JobLine;
  private readonly participant: Participant;
  private readonly handOff: HandOff;
  private readonly hooks: JobHooks;

  constructor(participant: Participant, handOff: HandOff, hooks: JobHooks) {
    const { fabric } = participant;
    const ask = hooks.askHome ?? (() => fabric.signal(HOME, Signal.JOBS));
    this.participant = participant;
    this.handOff = handOff;
    this.hooks = hooks;
    this.line = new JobLine(fabric.shared, handOff, {
      self: fabric.self,
      call: (thread) => fabric.signal(thread, Signal.JOBS),
      askHome: ask,
      tellRoom: (other) => fabric.signal(other, Signal.ROOM),
    });
    participant.connectJobs(this);
  }

  /** Spawns a call on the pool. */
  readonly spawn = <T>(future: SendFuture<T>, mandatory: boolean): JoinHandle<T> => {
    if (!mandatory && this.line.isFull()) throw queueFull(this.handOff.limit);
    this.hooks.began?.();
    try {
      return this.participant.spawnJob(future, mandatory);
    } catch (error) {
      this.hooks.ended?.();
      throw error;
    }
  };

  /** Makes the scheduler of its thread spawn jobs. */
  serve(scheduler: CurrentThread): void {
    scheduler.spawnBlocking = this.spawn;
    lineSlot.put(scheduler, () => this.line);
  }

  pushed(): void {
    this.line.pushed();
  }

  came(entry: number): void {
    this.hooks.came?.(entry);
  }

  ended(): void {
    this.hooks.ended?.();
  }

  ending(): void {
    this.hooks.ending?.();
  }

  loaded(entry: number): void {
    this.hooks.loaded?.(entry);
  }

  roomCame(): void {
    this.line.roomCame();
  }
}

/** The words of the pool in a runtime's segment, made by home. */
export function createHandOff(fabric: Fabric, cap: number, limit: number): HandOffPlace {
  const { shared, participants } = fabric;
  const at = shared.segment.allocate(HandOff.size(participants.capacity));
  const handOff = new HandOff(shared.words, at, participants.capacity);
  handOff.setLimits(cap, limit);
  return { handOff, at };
}

/** The words of the pool, and where they lie. */
export interface HandOffPlace {
  readonly handOff: HandOff;
  /** Their address in the segment, for other threads. */
  readonly at: number;
}

/** The words of the pool at an address, on another thread. */
export function attachHandOff(fabric: Fabric, at: number): HandOff {
  return new HandOff(fabric.words, at, fabric.participants.capacity);
}

/** What the pool's metrics are read from, on any thread. */
export function poolSource(handOff: HandOff, shared: SharedMemory): BlockingSource {
  return {
    numBlockingThreads: () => handOff.threads,
    numIdleBlockingThreads: () => handOff.idleCount,
    blockingQueueDepth: () => shared.jobs.length,
  };
}
