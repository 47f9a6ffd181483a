/** Task ids. */
import { cx, RuntimeError, tryCurrentTask } from "@treadle/core";

/** Code of the error thrown by {@link taskId} outside a task. */
export const ERR_NO_TASK = "ERR_NO_TASK";

/** A task's number: from 1 on, never used twice in a process. */
export type TaskId = number & { readonly taskId?: never };

/** The next free id. */
export function nextTaskId(): TaskId {
  if (cx.nextTaskId === cx.taskIdsEnd) cx.moreTaskIds?.();
  return cx.nextTaskId++;
}

/**
 * The id of the task that runs now.
 *
 * @throws {@link RuntimeError} `ERR_NO_TASK` outside a task, also in the root future of `blockOn` and `run`.
 */
export function taskId(): TaskId {
  const id = tryTaskId();
  if (id === undefined) {
    throw new RuntimeError(ERR_NO_TASK, "Can't get a task id when not inside a task");
  }
  return id;
}

/** The id of the task that runs now, or undefined outside a task. */
export function tryTaskId(): TaskId | undefined {
  return tryCurrentTask()?.id;
}
