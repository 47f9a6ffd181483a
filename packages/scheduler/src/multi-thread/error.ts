/** The errors of many threads. */
import { RuntimeError } from "@treadle/core";
import { ERR_SENDABLE_MODULE } from "@treadle/task";

/** Code of the error of a task whose worker died while it ran. */
export const ERR_WORKER_LOST = "ERR_WORKER_LOST";
/** Code of the error thrown by a spawn for which the shared memory has no room. */
export const ERR_SEGMENT_FULL = "ERR_SEGMENT_FULL";

/** Code of the error of a runtime whose workers cannot be started. */
export const ERR_WORKER_START = "ERR_WORKER_START";

/** A worker's thread has ended each time before it took part. */
export function workerStart(worker: string, attempts: number, why: string): RuntimeError {
  return new RuntimeError(
    ERR_WORKER_START,
    `${worker} could not be started in ${attempts} attempts: ${why}. Look at what runs as a thread begins: ` +
      "hooks and modules that throw (onThreadStart, --import in NODE_OPTIONS), Builder.resourceLimits() that are too small",
  );
}

/** The worker that had the task is gone. */
export function workerLost(task: string, worker: string, why: string): RuntimeError {
  return new RuntimeError(
    ERR_WORKER_LOST,
    `${worker} died while it ran ${task}: ${why}. The task's clean-up has not run; ` +
      "what it had not started was given to other workers, and another worker has taken its place",
  );
}

/** Each thread that imports the module of a function ends. */
export function moduleEndsThreads(key: string, why: string): RuntimeError {
  const at = key.lastIndexOf("#");
  return new RuntimeError(
    ERR_SENDABLE_MODULE,
    `the module of the sendable ${key.slice(at + 1)}() ends the threads that import it: ${key.slice(0, at)}: ${why}. ` +
      "Importing it must be harmless: start the program by main(import.meta.url, ...), or put the sendables into a file of their own",
  );
}

/** A job that no thread has started cannot be run. */
export function jobLost(why: string): RuntimeError {
  return new RuntimeError(ERR_WORKER_LOST, `a job of the blocking pool was not run: ${why}`);
}

/** There is no room left. */
export function segmentFull(limit: number): RuntimeError {
  return new RuntimeError(
    ERR_SEGMENT_FULL,
    `the memory that the threads share is full (${limit} bytes): wait for tasks to end before spawning more ` +
      "(JoinSet.spawnWhenRoom does), for values to be received before sending more, or give it more with Builder.segmentLimit(bytes)",
  );
}
