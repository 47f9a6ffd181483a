/** Model checking of code on `Atomics` and shared typed arrays. */
export {
  ERR_MODEL_DEADLOCK,
  ERR_MODEL_DIVERGED,
  ERR_MODEL_FAILED,
  ERR_MODEL_LIVELOCK,
  ERR_MODEL_LOST_WAKEUP,
  ERR_MODEL_MISUSE,
  ERR_MODEL_RACE,
  ERR_MODEL_UNSUPPORTED,
  ModelError,
} from "./error.ts";
export { model, replay } from "./model.ts";
export type { ModelOptions, ModelReport } from "./options.ts";
export { ThreadHandle, type Threads, thread } from "./thread.ts";
export { Trace, type TraceStep } from "./trace.ts";
