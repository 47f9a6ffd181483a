/** What every thread knows of the run: told before the threads start, for it does not change. */
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import type { RunOptions } from "./args.ts";
import type { Live } from "./live.ts";

const KEY = "treehash";

/** The same for all threads and all files. */
export interface ThreadSetup {
  /** How long one file may take, in ms. */
  readonly timeout: number | undefined;
  /** Whether standard output is the list, which may be a file of the tree. */
  readonly isListOnStdout: boolean;
  /** The memory of {@link Live}. */
  readonly live: SharedArrayBuffer;
}

/** Tells it to the threads that start from now on. */
export function setUpThreads(options: RunOptions, live: Live): void {
  const setup: ThreadSetup = {
    timeout: options.timeout,
    isListOnStdout: options.output === undefined,
    live: live.memory,
  };
  setEnvironmentData(KEY, setup as unknown as Parameters<typeof setEnvironmentData>[1]);
}

/** What this thread was told. */
export function threadSetup(): ThreadSetup {
  return getEnvironmentData(KEY) as unknown as ThreadSetup;
}
