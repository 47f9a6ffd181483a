/** Why a task gave no output. */
import { RuntimeError, sendErrorClass } from "@treadle/core";
import type { TaskId } from "./id.ts";

/** Code of {@link JoinError}. */
export const ERR_TASK_CANCELLED = "ERR_TASK_CANCELLED";

/**
 * The task was cancelled: aborted, or its runtime was shut down. A task that failed throws its own error instead.
 *
 * @remarks It has no stack trace: what matters is which task it was, and cancelling thousands must stay cheap.
 */
export class JoinError extends RuntimeError {
  declare readonly code: "ERR_TASK_CANCELLED";
  /** The task's id. */
  readonly id: TaskId;

  constructor(id: TaskId) {
    super(ERR_TASK_CANCELLED, `task ${id} was cancelled`);
    this.id = id;
  }

  /** Makes the error of a task; without a stack trace. */
  static of(id: TaskId): JoinError {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return new JoinError(id);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  override get name(): string {
    return "JoinError";
  }

  /** Always true: a failed task throws what it threw, not a JoinError. */
  isCancelled(): true {
    return true;
  }
}
sendErrorClass(JoinError, "@treadle/task.JoinError");

/** How a task ended, as a value. */
export type Outcome<T> =
  | { readonly status: "ok"; readonly value: T }
  | {
      readonly status: "failed";
      readonly error: unknown;
      /** Further errors of the same task's clean-up, in the order they came. */
      readonly suppressed?: readonly unknown[];
    }
  | { readonly status: "cancelled"; readonly error: JoinError };
