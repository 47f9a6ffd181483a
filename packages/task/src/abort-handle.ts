/** Aborting without joining. */
import type { TaskId } from "./id.ts";
import type { Task } from "./task.ts";

/** Aborts a task and does not join it; as long as it is kept, so is the task's output, but not its future. */
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
