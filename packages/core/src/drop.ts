/** Dropping a future step by step, and where the errors of its clean-up go. */
import { cx, type ErrorSink } from "./context.ts";
import { type Closing, DONE, type Future } from "./poll.ts";

/** Keeps the errors of one drop, in the order they came. */
export class DropSink implements ErrorSink {
  errors: unknown[] | null = null;

  push(error: unknown): void {
    if (this.errors === null) this.errors = [error];
    else this.errors.push(error);
  }

  /** Throws the first error, if there is one, and reports the others; the sink is empty afterwards. */
  raise(): void {
    const errors = this.errors;
    if (errors === null) return;
    this.errors = null;
    for (let i = 1; i < errors.length; i++)
      reportOrphan(errors[i], "one more failure beside the one that was thrown");
    throw errors[0];
  }

  /** Hands all errors to the drop that is going on around this one. */
  handOver(): void {
    const errors = this.errors;
    if (errors === null) return;
    this.errors = null;
    for (const error of errors) pushDropError(error);
  }
}

/** Gives an error of clean-up to the drop that is going on; reports it when none is. */
export function pushDropError(error: unknown): void {
  if (cx.sink !== null) cx.sink.push(error);
  else reportOrphan(error, "clean-up");
}

function reportOrphan(error: unknown, what: string): void {
  if (cx.runtime !== null) {
    cx.runtime.reportFailure(error, what);
    return;
  }
  queueMicrotask(() => {
    throw error;
  });
}

/** One step of dropping `future`, with its errors going to `sink`. */
export function closeStep(future: Future<unknown>, sink: ErrorSink): Closing {
  const saved = cx.sink;
  cx.sink = sink;
  try {
    return (future.return?.() ?? DONE) as Closing;
  } finally {
    cx.sink = saved;
  }
}
