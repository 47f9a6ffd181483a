/** How many threads the pool may have unless it is said: by memory and CPUs. */
import { availableParallelism, totalmem } from "node:os";

/** What a thread of the pool takes, in bytes of resident memory: measured, see the package's README. */
export const THREAD_BYTES: number = 14 * 2 ** 20;
/** The share of the memory that idle threads may take. */
const SHARE = 0.25;
/** Tokio's default, which costs hardly anything there. */
const MOST = 512;
/** Threads per CPU that there may be in any case. */
const PER_CPU = 4;

/** The memory of the machine, or of the container that the process is in, in bytes. */
function memoryBytes(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  const total = totalmem();
  return constrained > 0 ? Math.min(constrained, total) : total;
}

/** As many as fit into a quarter of the memory; at least 4 for each CPU, at most 512. */
export function defaultMaxBlockingThreads(
  memory: number = memoryBytes(),
  cpus: number = availableParallelism(),
): number {
  const fitting = Math.floor((memory * SHARE) / THREAD_BYTES);
  return Math.max(PER_CPU * cpus, Math.min(fitting, MOST));
}
