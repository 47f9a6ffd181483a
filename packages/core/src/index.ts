/** The contracts that all packages share: futures, polls, wakers, the thread's context, budgets, drivers. */
export { type AsyncTaskContext, currentAsyncContext } from "./async-run.ts";
export { Call, type CallFields, fn, INIT, LAZY, type Named } from "./call.ts";
export {
  type Adopted,
  type AsyncContext,
  type Context,
  currentRuntime,
  cx,
  type ErrorSink,
  type RuntimeContext,
  Slot,
  type TaskContext,
  tryCurrentRuntime,
  tryCurrentTask,
} from "./context.ts";
export {
  BUDGET,
  consumeBudget,
  cooperative,
  deferWake,
  hasBudgetRemaining,
  pollProceed,
  refundBudget,
  unconstrained,
} from "./coop.ts";
export type { Driver, Park } from "./driver.ts";
export { closeStep, DropSink, pushDropError } from "./drop.ts";
export {
  type ErrorClass,
  errorClassName,
  errorPrototype,
  sendErrorClass,
} from "./error-classes.ts";
export {
  describe,
  ERR_BARE_YIELD,
  ERR_CLEANUP_CUT,
  ERR_FUTURE_STATE,
  ERR_INVALID_ARG,
  ERR_NO_RUNTIME,
  ERR_OUTSIDE_POLL,
  invalidArg,
  noRuntime,
  RuntimeError,
} from "./errors.ts";
export { Fifo } from "./fifo.ts";
export { flat } from "./flat.ts";
export {
  callOf,
  generatorFunctionOf,
  type IntoFuture,
  intoFuture,
  isFuture,
  isGeneratorFunction,
} from "./into-future.ts";
export { Leaf } from "./leaf.ts";
export {
  type Async,
  type Awaitable,
  CLOSING,
  type Closing,
  DONE,
  type Future,
  PENDING,
  Pending,
  type Poll,
  readyPoll,
} from "./poll.ts";
export { pending, pollFn, ready } from "./poll-fn.ts";
export { outsidePoll } from "./probe.ts";
export { fromPromise, PromiseWait } from "./promise-wait.ts";
export { FastRand } from "./rand.ts";
export { type HasSendKind, SEND, type SendKind, sendKind, sendKinds } from "./send-kind.ts";
export { type SharedHost, type SharedWaits, sharing } from "./shared-host.ts";
export { currentWaker, noopWaker, type Waker } from "./waker.ts";
