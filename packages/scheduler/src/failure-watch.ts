/**
 * Failures that nobody looks at are reported, once, when it is certain that nobody can look any more: the handle was
 * detached or collected, the runtime was shut down, or the process ends.
 */
import { writeSync } from "node:fs";
import { inspect } from "node:util";
import type { Failure, FailureWatcher, Task } from "@treadle/task";

/** What to do with a failure that nobody can observe: a word, or a function of your own. */
export type UnhandledFailure =
  | "report"
  | "ignore"
  | "shutdownRuntime"
  | ((error: unknown, task: { readonly id: number; readonly name: string }) => void);

type Report = (error: unknown, task: { readonly id: number; readonly name: string }) => void;

const watches = new Set<FailureWatch>();
let exitHooked = false;

function hookExit(): void {
  if (exitHooked) return;
  exitHooked = true;
  process.on("exit", () => {
    for (const watch of watches) watch.sweep();
  });
}

/** Watches the failed tasks of one runtime whose handles may still be looked at. */
export class FailureWatch implements FailureWatcher {
  private readonly report: Report;
  private readonly waiting = new Set<Failure>();
  private readonly registry = new FinalizationRegistry<Failure>((failure) => this.tell(failure));

  constructor(report: Report) {
    this.report = report;
  }

  /** A task failed and nobody has looked at it; `awaited`: somebody is about to. */
  add(task: Task<unknown>, failure: Failure, awaited: boolean): void {
    this.waiting.add(failure);
    failure.watch = this;
    if (task.isDetached()) {
      this.tell(failure);
      return;
    }
    watches.add(this);
    hookExit();
    // V8 keeps the receivers of an error's frames, the task among them, until its stack is first read.
    if (!awaited && failure.error instanceof Error) void failure.error.stack;
    this.registry.register(task, failure, failure);
  }

  observed(failure: Failure): void {
    if (!this.waiting.delete(failure)) return;
    this.registry.unregister(failure);
    if (this.waiting.size === 0) watches.delete(this);
  }

  abandoned(failure: Failure): void {
    this.tell(failure);
  }

  /** Reports every failure that has not been looked at, and forgets all. */
  sweep(): void {
    for (const failure of [...this.waiting]) this.tell(failure);
  }

  private tell(failure: Failure): void {
    if (!this.waiting.delete(failure)) return;
    if (this.waiting.size === 0) watches.delete(this);
    this.report(failure.error, { id: failure.id, name: failure.name });
  }
}

/** Gives a failure to the user's function; one that throws is reported, with the failure that it was given. */
export function callPolicy(policy: Report, error: unknown, task: Parameters<Report>[1]): void {
  try {
    policy(error, task);
  } catch (thrown) {
    reportToStderr(error, `${task.name} (task ${task.id})`);
    reportToStderr(thrown, "the function given to unhandledFailure()");
  }
}

/** Writes a failure to standard error, whatever state the event loop is in. */
export function reportToStderr(error: unknown, what: string): void {
  writeToStderr(`treadle: ${what} failed and nobody looked at its result\n${inspect(error)}\n`);
}

/** Writes to standard error at once. */
export function writeToStderr(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Standard error is closed or full: there is nobody left to tell.
  }
}
