/** Aborting without joining. */
import type { TaskId } from "./id.ts";
import type { Task } from "./task.ts";

/** Aborts a task; keeps neither its output nor its future. */
export class AbortHandle {
  private readonly task: Task<unknown>;

  /** @internal */
  constructor(task: Task<unknown>) {
    this.task = task;
  }

  /** The task's id. */
  get id(): TaskId {
    return this.task.id;
  }

  /** Cancels the task, see `JoinHandle.abort`. */
  abort(): void {
    this.task.abort();
  }

  /** Whether the task has ended and its clean-up is done. */
  isFinished(): boolean {
    return this.task.isComplete();
  }
}
