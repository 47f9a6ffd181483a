/**
 * Whether a thread of this process still lives, asked without its event loop or ours.
 *
 * A blocked thread hears nothing of a worker's `exit` event. On Linux the system lists the threads of the process; elsewhere
 * a thread counts as alive until its event tells otherwise.
 */
import { existsSync } from "node:fs";

const LIST = "/proc/self/task";

/** Whether the thread with that number is gone; false where nobody knows. */
export function isGone(thread: number): boolean {
  return thread !== 0 && existsSync(LIST) && !existsSync(`${LIST}/${thread}`);
}
