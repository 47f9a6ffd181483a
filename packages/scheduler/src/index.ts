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
export type { Root, RootOwner } from "./root.ts";
export type { ShutdownTarget } from "./shutdown.ts";
