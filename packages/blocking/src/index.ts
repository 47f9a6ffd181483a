/** The elastic pool of threads for work that blocks. */

export { BlockingThread, type JobThread } from "./blocking-thread.ts";
export { defaultMaxBlockingThreads, THREAD_BYTES } from "./default-cap.ts";
export { ERR_BLOCKING_QUEUE_FULL, queueFull } from "./error.ts";
export { HandOff } from "./hand-off.ts";
export { JobLine, type LineThread } from "./job-line.ts";
export { BlockingPool, type PoolHome, type PoolOptions, type PoolThread } from "./pool.ts";
