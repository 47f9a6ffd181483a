/** What a program under test says to the model: threads and hints. */
import { RuntimeError } from "@treadle/core";
import { currentExecution } from "./current.ts";
import { ERR_MODEL_MISUSE } from "./error.ts";
import type { Execution } from "./execution.ts";
import type { ModelThread } from "./model-thread.ts";
import { Op } from "./op.ts";

/** A thread that was spawned in a model. */
export class ThreadHandle<T> {
  private readonly thread: ModelThread;

  /** @internal */
  constructor(thread: ModelThread) {
    this.thread = thread;
  }

  /**
   * Waits until the thread has finished; answers what its function returned, objects as a structured clone.
   * @throws RuntimeError `ERR_MODEL_MISUSE` outside of a model
   */
  join(): T {
    return execution("join").join(this.thread) as T;
  }
}

/** What a program says to the model that runs it. */
export interface Threads {
  /**
   * Starts a thread of the model; `name` stands in traces.
   *
   * What the function captures is its own copy, as it was at the spawn: threads share nothing but shared memory.
   * @throws RuntimeError `ERR_MODEL_MISUSE` outside of a model
   */
  spawn<T>(program: () => T, name?: string): ThreadHandle<T>;
  /**
   * Tells the model that the thread spins: others go first, until something has changed.
   * @throws RuntimeError `ERR_MODEL_MISUSE` outside of a model
   */
  yieldNow(): void;
}

/** Threads of the model that is running. */
export const thread: Threads = {
  spawn<T>(program: () => T, name?: string): ThreadHandle<T> {
    return new ThreadHandle<T>(execution("spawn").spawn(program, name));
  },
  yieldNow(): void {
    execution("yieldNow").perform(Op.YIELD, null, 0, 0, 0);
  },
};

function execution(what: string): Execution {
  const running = currentExecution();
  if (running !== null) return running;
  throw new RuntimeError(
    ERR_MODEL_MISUSE,
    `thread.${what} was called outside of a model; call it within the closure given to model()`,
  );
}
