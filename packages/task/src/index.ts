/** Tasks: spawning, joining, aborting, grouping, and combining futures inside one task. */
export { AbortHandle } from "./abort-handle.ts";
export { ERR_TASK_CANCELLED, JoinError, type Outcome } from "./error.ts";
export { ERR_NO_TASK, nextTaskId, type TaskId, taskId, tryTaskId } from "./id.ts";
export { join, type OutputOf, type Outputs } from "./join.ts";
export { joinAll, tryJoinAll } from "./join-all.ts";
export { JoinHandle, newTask } from "./join-handle.ts";
export { JoinSet } from "./join-set.ts";
export { OwnedTasks } from "./owned-tasks.ts";
export type { Schedule, TaskRuntime } from "./schedule.ts";
export { ERR_SCOPE_CLOSED, Scope, scope } from "./scope.ts";
export { race, type Selected, type SelectOptions, select } from "./select.ts";
export {
  BESIDE,
  ByteArea,
  decodeArguments,
  decodeOutcome,
  discardArguments,
  discardOutcome,
  ERR_NOT_SEND,
  ERR_SEND_KIND,
  ERR_SENDABLE_DUPLICATE,
  ERR_SENDABLE_MODULE,
  ERR_SENDABLE_NAME,
  ERR_SENDABLE_NOT_FOUND,
  encodeArguments,
  encodeCopied,
  encodeOutcome,
  encodeValue,
  findSendable,
  finishEncoding,
  type HasSendKind,
  isTransferable,
  move,
  type NotSend,
  type NotSendArguments,
  NotSendError,
  type Refusal,
  SEND,
  type Send,
  type Sendable,
  type SendableOptions,
  type SendBody,
  SendFunction,
  SendFuture,
  type SendKind,
  type SendMessage,
  type SendOutput,
  type SpawnSite,
  sendable,
  sendKind,
  spawnSite,
  takeMessage,
} from "./send/index.ts";
export { shield } from "./shield.ts";
export { spawn, spawnLocal, spawnOn } from "./spawn.ts";
export {
  checkJob,
  ERR_NO_BLOCKING_POOL,
  type SpawnBlockingOptions,
  spawnBlocking,
  spawnBlockingOn,
} from "./spawn-blocking.ts";
export { ELSEWHERE, INITIAL } from "./state.ts";
export {
  type Failure,
  type FailureWatcher,
  NEW,
  NOT_OWNED,
  type Snapshot,
  Task,
  type TaskFields,
} from "./task.ts";
export { ERR_TASK_LOCAL_UNSET, LocalKey, taskLocal } from "./task-local.ts";
export { taskSignal } from "./task-signal.ts";
export { yieldNow } from "./yield-now.ts";
