/** Treadle: Tokio's runtime for Node.js, all packages under one name. */
import * as time from "@treadle/time";
import { provideTime } from "./subsystems.ts";

provideTime(time);

export {
  type Async,
  type AsyncTaskContext,
  type Awaitable,
  Call,
  CLOSING,
  type Closing,
  consumeBudget,
  cooperative,
  currentWaker,
  DONE,
  type Future,
  fn,
  fromPromise,
  hasBudgetRemaining,
  type IntoFuture,
  Leaf,
  PENDING,
  Pending,
  type Poll,
  pending,
  pollFn,
  pollProceed,
  RuntimeError,
  ready,
  readyPoll,
  refundBudget,
  unconstrained,
  type Waker,
} from "@treadle/core";
export { HistogramConfiguration, LogHistogram, RuntimeMetrics } from "@treadle/metrics";
export { EnterGuard, type TaskMeta, type UnhandledFailure } from "@treadle/scheduler";
export {
  AcquireError,
  Barrier,
  type BarrierWaitResult,
  broadcast,
  CancellationToken,
  Guard,
  Mutex,
  mpsc,
  Notified,
  Notify,
  OnceCell,
  OneshotReceiver,
  OneshotSender,
  oneshot,
  Permit,
  ReadGuard,
  RecvError,
  RwLock,
  Semaphore,
  SendError,
  TaskTracker,
  TaskTrackerToken,
  type TrackedHandle,
  WriteGuard,
  watch,
} from "@treadle/sync";
export {
  AbortHandle,
  JoinError,
  JoinHandle,
  JoinSet,
  join,
  joinAll,
  LocalKey,
  type Outcome,
  race,
  Scope,
  type Selected,
  type SelectOptions,
  scope,
  select,
  shield,
  spawn,
  spawnLocal,
  type TaskId,
  taskId,
  taskLocal,
  tryJoinAll,
  tryTaskId,
  yieldNow,
} from "@treadle/task";
export {
  advance,
  DelayKey,
  DelayQueue,
  Elapsed,
  type Expired,
  Instant,
  Interval,
  type IntervalOptions,
  interval,
  intervalAt,
  type MissedTickBehavior,
  pause,
  resume,
  Sleep,
  sleep,
  sleepUntil,
  timeout,
  timeoutAt,
} from "@treadle/time";
export { blockInPlace, ERR_BLOCKING_FLAVOR, spawnBlocking } from "./blocking.ts";
export { Builder } from "./builder.ts";
export type { RuntimeFlavor } from "./config.ts";
export { ERR_NOT_BUILT } from "./errors.ts";
export type { AllFeatures, Features, NoFeatures } from "./features.ts";
export { Handle } from "./handle.ts";
export { LocalRuntime } from "./local-runtime.ts";
export { type MainOptions, main } from "./main.ts";
export { Runtime } from "./runtime.ts";
