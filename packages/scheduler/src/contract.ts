/** What a scheduler asks of the packages that it does not know. */
import type { Driver, Park } from "@treadle/core";
import type { UnhandledFailure } from "./failure-watch.ts";

/** Where one worker counts: plain fields on its hot loop, handed over by `submit`. */
export interface WorkerSink {
  pollCount: number;
  localScheduleCount: number;
  /** Whether each poll is to be timed by `startPoll` and `endPoll`. */
  readonly timesPolls: boolean;
  startPoll(): void;
  endPoll(): void;
  /** Time begins to count as busy; `at` is the time if the caller has just got it from the other one. */
  startProcessingScheduledTasks(at?: number): void;
  /** Time no longer counts as busy; answers the time. */
  endProcessingScheduledTasks(): number;
  aboutToPark(): void;
  unparked(): void;
  /** Makes what was counted visible; also the length of the worker's own queue. */
  submit(localQueueDepth: number): void;
}

/** What a scheduler counts for all its workers together. */
export interface SchedulerSink {
  incSpawnedTasks(): void;
  incRemoteSchedule(): void;
  incBudgetForcedYield(): void;
}

/** What a hook is told of a task. */
export interface TaskMeta {
  readonly id: number;
  readonly name: string;
}

/** Functions of the user's that the scheduler calls; each runs in the runtime's context and may spawn. */
export interface Hooks {
  readonly onThreadPark: (() => void) | undefined;
  readonly onThreadUnpark: (() => void) | undefined;
  readonly onTaskSpawn: ((meta: TaskMeta) => void) | undefined;
  readonly onBeforeTaskPoll: ((meta: TaskMeta) => void) | undefined;
  readonly onAfterTaskPoll: ((meta: TaskMeta) => void) | undefined;
  readonly onTaskTerminate: ((meta: TaskMeta) => void) | undefined;
}

/** What a current-thread scheduler is made of. */
export interface CurrentThreadParts {
  readonly eventInterval: number;
  readonly globalQueueInterval: number;
  /** Innermost first: time after what it rides on. */
  readonly drivers: readonly Driver[];
  readonly park: Park;
  readonly worker: WorkerSink;
  readonly metrics: SchedulerSink;
  readonly hooks: Hooks;
  readonly rngSeed: number | bigint | Uint8Array | undefined;
  readonly unhandledFailure: UnhandledFailure;
  readonly propagateAsyncContext: boolean;
}
