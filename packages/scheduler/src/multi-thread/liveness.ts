/**
 * Whether a thread of this process still lives, asked without its event loop or ours.
 *
 * A blocked thread hears nothing of a worker's `exit` event. On Linux the system lists the threads of the process; elsewhere
 * a thread counts as alive until its event tells otherwise.
 */
import { existsSync, readlinkSync } from "node:fs";

const LIST = "/proc/self/task";

/** The system's number of this thread; 0 where it is not known. */
export function ownThread(): number {
  try {
    return Number(readlinkSync("/proc/thread-self").split("/").at(-1)) || 0;
  } catch {
    return 0;
  }
}

/** Whether the thread with that number is gone; false where nobody knows. */
export function isGone(thread: number): boolean {
  return thread !== 0 && existsSync(LIST) && !existsSync(`${LIST}/${thread}`);
}
