/** `model` explores all schedules of a closure's threads, `replay` runs one of them again. */
import { RuntimeError } from "@treadle/core";
import { ERR_MODEL_MISUSE, type Failure, ModelError } from "./error.ts";
import { Explorer } from "./explorer.ts";
import { installGlobals } from "./globals.ts";
import { type ModelOptions, type ModelReport, type Settings, settingsOf } from "./options.ts";
import { Rerun } from "./rerun.ts";
import { parseSchedule, type Trace, traceOf } from "./trace.ts";

let inModel = false;

/**
 * Runs the closure through all interleavings of its threads' operations on shared memory, up to a bound on preemptions, and
 * throws at the first that fails; answers what it explored.
 *
 * The closure is the first thread. It is run very often, and parts of it are run again: everything it uses that can change
 * must be made within it. It must be synchronous.
 * @throws ModelError with the failing schedule: `ERR_MODEL_FAILED` (a thread threw), `ERR_MODEL_RACE`, `ERR_MODEL_DEADLOCK`,
 *   `ERR_MODEL_LOST_WAKEUP`, `ERR_MODEL_LIVELOCK`, `ERR_MODEL_DIVERGED`, `ERR_MODEL_UNSUPPORTED`
 * @throws RuntimeError `ERR_INVALID_ARG` for an option, `ERR_MODEL_MISUSE` for a model within a model
 *
 * @example
 * ```ts
 * import { model, thread } from "@treadle/loom";
 *
 * const report = model(() => {
 *   const words = new Int32Array(new SharedArrayBuffer(4));
 *   const other = thread.spawn(() => Atomics.add(words, 0, 1));
 *   Atomics.add(words, 0, 1);
 *   other.join();
 *   if (Atomics.load(words, 0) !== 2) throw new Error("an addition was lost");
 * });
 * report.exhaustive; // => true
 * ```
 */
export function model(body: () => void, options: ModelOptions = {}): ModelReport {
  const settings = settingsOf(options);
  return withGlobals(() => {
    const explorer = new Explorer(body, settings);
    explorer.explore();
    const { failure, state } = explorer.execution;
    if (failure !== null) throw locate(body, settings, failure, traceOf(state.trace));
    return explorer.report();
  });
}

/**
 * Runs one schedule of a model again: that of a `ModelError`'s trace, or its text; throws as `model` did, or returns if it no
 * longer fails.
 * @throws ModelError as `model`
 * @throws RuntimeError `ERR_INVALID_ARG` for a text that is no schedule, `ERR_MODEL_MISUSE` within a model
 */
export function replay(trace: Trace | string, body: () => void, options: ModelOptions = {}): void {
  const turns = parseSchedule(typeof trace === "string" ? trace : trace.schedule);
  const settings = settingsOf(options);
  withGlobals(() => {
    const rerun = new Rerun(body, turns, settings);
    rerun.run();
    const { failure } = rerun.execution;
    if (failure !== null) throw errorOf(failure, traceOf(rerun.execution.state.trace));
  });
}

/** Runs the failing schedule once more to tell where each operation is. */
function locate(body: () => void, settings: Settings, failure: Failure, trace: Trace): ModelError {
  const rerun = new Rerun(body, parseSchedule(trace.schedule), settings);
  rerun.run();
  const again = rerun.execution.failure;
  if (again === null || again.code !== failure.code) return errorOf(failure, trace);
  return errorOf(again, traceOf(rerun.execution.state.trace));
}

function errorOf(failure: Failure, trace: Trace): ModelError {
  const options = failure.cause === undefined ? undefined : { cause: failure.cause };
  return new ModelError(failure.code, failure.message, trace, options);
}

function withGlobals<T>(action: () => T): T {
  if (inModel) {
    throw new RuntimeError(ERR_MODEL_MISUSE, "model() was called within a model; call it outside");
  }
  const restore = installGlobals();
  inModel = true;
  try {
    return action();
  } finally {
    inModel = false;
    restore();
  }
}
