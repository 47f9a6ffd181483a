/** Tasks: spawning, joining, aborting, grouping, and combining futures inside one task. */
export { AbortHandle } from "./abort-handle.ts";
export { ERR_TASK_CANCELLED, JoinError, type Outcome } from "./error.ts";
export { type TaskId, taskId, tryTaskId } from "./id.ts";
export { JoinHandle } from "./join-handle.ts";
export { OwnedTasks } from "./owned-tasks.ts";
export type { Schedule, TaskRuntime } from "./schedule.ts";
export { spawn, spawnLocal } from "./spawn.ts";
export { Task } from "./task.ts";
export { yieldNow } from "./yield-now.ts";
