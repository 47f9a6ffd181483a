/** The errors of the blocking pool. */
import { RuntimeError } from "@treadle/core";

/** Code of the error thrown when the line of jobs is as long as it may get. */
export const ERR_BLOCKING_QUEUE_FULL = "ERR_BLOCKING_QUEUE_FULL";

/** The line is as long as it may get. */
export function queueFull(limit: number): RuntimeError {
  return new RuntimeError(
    ERR_BLOCKING_QUEUE_FULL,
    `${limit} jobs wait for a thread, as many as Builder.maxBlockingQueue(${limit}) allows: ` +
      "await a place with spawnBlockingWhenRoom(), or allow more jobs or threads",
  );
}
