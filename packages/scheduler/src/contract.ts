/** What a scheduler asks of the packages that it does not know. */
import type { Driver, Park } from "@treadle/core";
import type { JoinHandle, SendFuture, Task } from "@treadle/task";
import type { UnhandledFailure } from "./failure-watch.ts";

/** Where one worker counts: plain fields on its hot loop, handed over by `submit`. */
export interface WorkerSink {
  pollCount: number;
  localScheduleCount: number;
  /** Whether each poll is to be timed by `startPoll` and `endPoll`. */
  readonly timesPolls: boolean;
  startPoll(): void;
  endPoll(): void;
  /** Time begins to count as busy. */
  startProcessingScheduledTasks(): void;
  /** Time no longer counts as busy. */
  endProcessingScheduledTasks(): void;
  /** Time goes on to count as busy; what has counted so far may be handed over at the next `submit`. */
  intervalEnded(): void;
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

/**
 * What a scheduler shares with those of other threads: tasks that nobody has started yet, and mail. Absent on a
 * current-thread runtime.
 */
export interface WorkSource {
  /** Spawns a call that any thread can start. */
  spawnSend<T>(future: SendFuture<T>): JoinHandle<T>;
  /** Whether mail has come, or a task of this thread's own queue of unstarted tasks waits; cheap. */
  hasWork(): boolean;
  /** Takes the mail in, which wakes tasks; once per round. Whether any had come. */
  takeMail(): boolean;
  /** The next task of this thread's own queue, started; null when there is none. */
  takeOwn(): Task<unknown> | null;
  /** A task that other threads have offered, started; null when there is none. */
  takeOffered(): Task<unknown> | null;
  /** As `takeOffered`, then from the queues of other threads; called when this thread has nothing else to run. */
  search(): Task<unknown> | null;
  /** The thread runs a task now, from whatever queue: it searches no longer. */
  working(): void;
  /** How many ticks may pass until `takeOffered` is to be asked first. */
  interval(): number;
  /**
   * The thread is about to be blocked by what runs on it, so it offers what other threads can take and is sent nothing; or
   * it is that no longer.
   */
  blockedInPlace(is: boolean): void;
  /**
   * The thread is about to sleep, in Node's event loop or blocked: false when it must look again instead. With `mayLinger` it
   * may stay awake for a moment to look for more.
   */
  beforePark(hosted: boolean, mayLinger: boolean): boolean;
  /** The thread is awake again; also when it was refused its sleep. */
  afterPark(): void;
  /** Whether the thread, which is out of work, is not to sleep in the event loop at once, but to let it have a turn. */
  staysAwake(): boolean;
  /**
   * For how long, in ms, a thread that the event loop drives may sleep blocked instead; 0 for not at all. `calm` is how often
   * it has looked round in vain since it last had something to do, `timers` how many timers of its scheduler's are set.
   */
  blockFor(calm: number, timers: number): number;
  /** A task was woken by something that is neither the runtime's nor a promise that a task waits for. */
  wokenByOthers(): void;
  /** Whether something in another thread can still wake this one. */
  hasPending(): boolean;
  /** Whether others may still tell this thread something though it has nothing in them: they have tasks of their own. */
  mayBeTold?(): boolean;
  /** The scheduler shuts down: cancels what this thread has in others. */
  close(): void;
  /** Whether something in other threads must end before the scheduler has. */
  hasLeft(): boolean;
  /** Gives up what has not ended; answers the names. */
  forsakeAll(): string[];
  /** The scheduler has ended. */
  end(): void;
  /** The thread has handed over what it counted. */
  submitted(): void;
  /** Unfinished tasks in other threads that were spawned here. */
  pendingTasks(): number;
}

/** What a current-thread scheduler is made of. */
export interface CurrentThreadParts {
  /** The runtime's number where several threads share it; one of its own otherwise. */
  readonly id?: number | undefined;
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
  /** What it shares with other threads; left out on a current-thread runtime. */
  readonly source?: WorkSource | undefined;
}
