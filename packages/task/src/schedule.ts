/** What a task asks of whoever runs it, and what spawning asks of a runtime. */
import type { Async, Call, Named, RuntimeContext } from "@treadle/core";
import type { JoinHandle } from "./join-handle.ts";
import type { SendFuture } from "./send/index.ts";
import type { Task } from "./task.ts";

/** A scheduler, as its tasks see it. */
export interface Schedule {
  /** A wake has come: put the task into a run queue. */
  schedule(task: Task<unknown>): void;
  /** The task was woken during its own poll: put it at the back of the queue. */
  yieldNow(task: Task<unknown>): void;
  /** An admitted task waits for the first time: give it its place on the owned list. Needed by those that admit tasks. */
  suspended?(task: Task<unknown>): void;
  /** The task has ended: take it off the owned list. */
  release(task: Task<unknown>): void;
  /** The task failed and nobody has looked at it yet; `awaited`: a joiner was woken, who may still be gone before it looks. */
  failed(task: Task<unknown>, error: unknown, awaited: boolean): void;
}

/** A runtime that can spawn: what stands behind the free `spawn`. */
export interface TaskRuntime extends RuntimeContext {
  /** Spawns a call; one that was never polled gives its generator up, so that a poll goes through no wrapper. */
  spawnCall<T>(call: Call<T>): JoinHandle<T>;
  /** Spawns a bare generator object, named after its function. */
  spawnGenerator<T>(generator: Async<T>, source: Named): JoinHandle<T>;
  spawnLocalCall<T>(call: Call<T>): JoinHandle<T>;
  /** Spawns an unstarted call that any thread can start; where it is missing, such a call is spawned as any other. */
  readonly spawnSend?: (<T>(future: SendFuture<T>) => JoinHandle<T>) | undefined;
  /** Spawns an unstarted call on a thread of its own kind, for work that blocks; absent where there are none. */
  readonly spawnBlocking?:
    | (<T>(future: SendFuture<T>, mandatory: boolean) => JoinHandle<T>)
    | undefined;
}
