/** What is thrown when a model fails. */
import { RuntimeError } from "@treadle/core";
import type { Trace } from "./trace.ts";

/** Code: a thread of the model threw; the error is the `cause`. */
export const ERR_MODEL_FAILED = "ERR_MODEL_FAILED";
/** Code: two threads touch the same place, one of them by a plain access, with nothing that orders them. */
export const ERR_MODEL_RACE = "ERR_MODEL_RACE";
/** Code: no thread can go on. */
export const ERR_MODEL_DEADLOCK = "ERR_MODEL_DEADLOCK";
/** Code: a thread sleeps for ever on a word for whose change nobody notified it. */
export const ERR_MODEL_LOST_WAKEUP = "ERR_MODEL_LOST_WAKEUP";
/** Code: one execution did not end within `maxBranches` operations. */
export const ERR_MODEL_LIVELOCK = "ERR_MODEL_LIVELOCK";
/** Code: a thread did something else when it was run again with the same answers. */
export const ERR_MODEL_DIVERGED = "ERR_MODEL_DIVERGED";
/** Code: the code under test uses what cannot be modelled. */
export const ERR_MODEL_UNSUPPORTED = "ERR_MODEL_UNSUPPORTED";
/** Code: `spawn`, `join` or `yieldNow` outside of a model, or a model within a model. */
export const ERR_MODEL_MISUSE = "ERR_MODEL_MISUSE";

/** A model failed: `code` says how, `trace` shows the schedule, which `replay` runs again. */
export class ModelError extends RuntimeError {
  /** What every thread did, in the order of the failing schedule. */
  readonly trace: Trace;

  constructor(code: string, message: string, trace: Trace, options?: ErrorOptions) {
    super(code, `${message}\n\n${trace.toString()}`, options);
    this.trace = trace;
  }

  override get name(): string {
    return "ModelError";
  }
}

/** How an execution failed. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly cause?: unknown;
}
