/** Schedulers: who runs the tasks, in what order, and where the thread sleeps. */
export { AtomicsPark } from "./atomics-park.ts";
export type {
  CurrentThreadParts,
  Hooks,
  SchedulerSink,
  TaskMeta,
  WorkerSink,
  WorkSource,
} from "./contract.ts";
export { CurrentThread } from "./current-thread/current-thread.ts";
export { EnterGuard } from "./enter-guard.ts";
export {
  ERR_DEADLOCK,
  ERR_FOREIGN_PROMISE,
  ERR_GUARD_ORDER,
  ERR_NESTED_RUNTIME,
  ERR_RUNTIME_SHUTDOWN,
} from "./error.ts";
export type { UnhandledFailure } from "./failure-watch.ts";
export type { Sliced } from "./hosted-loop.ts";
export { type Crew, Signal } from "./multi-thread/crew.ts";
export { writeDirectly } from "./multi-thread/direct-output.ts";
export {
  ERR_SEGMENT_FULL,
  ERR_WORKER_LOST,
  ERR_WORKER_START,
  jobLost,
} from "./multi-thread/error.ts";
export { Fabric } from "./multi-thread/fabric.ts";
export { Home, type HomeParts } from "./multi-thread/home.ts";
export type { JobPort } from "./multi-thread/job-port.ts";
export { ownThread } from "./multi-thread/liveness.ts";
export { Participant, type ParticipantParts } from "./multi-thread/participant.ts";
export { attachTaskIds, sharedTaskIds } from "./multi-thread/task-ids.ts";
export type { TakingCounters } from "./multi-thread/task-queue.ts";
export { reasonOf } from "./multi-thread/team.ts";
export {
  START,
  StartedThread,
  type ThreadData,
  type ThreadOptions,
} from "./multi-thread/thread-host.ts";
export { WorkerMember, type WorkerParts } from "./multi-thread/worker.ts";
export type { Root, RootOwner } from "./root.ts";
export type { ShutdownTarget } from "./shutdown.ts";
