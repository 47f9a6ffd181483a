/** Which execution runs on this thread, for the functions that programs under test call. */
import type { Execution } from "./execution.ts";

let running: Execution | null = null;

/** The execution whose program runs now, null outside of a model and in the checker's own code. */
export function currentExecution(): Execution | null {
  return running;
}

/** Sets the execution whose program runs from now on. */
export function setCurrentExecution(execution: Execution | null): void {
  running = execution;
}
