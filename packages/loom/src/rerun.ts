/** One given schedule, run once with the places in the program noted. */
import { ERR_MODEL_LIVELOCK } from "./error.ts";
import { Execution, type Scheduler } from "./execution.ts";
import { type ModelThread, Status } from "./model-thread.ts";
import type { Settings } from "./options.ts";

/** Runs a schedule; where it is silent, each thread runs until it stops by itself. */
export class Rerun implements Scheduler {
  readonly execution: Execution;
  private readonly turns: readonly number[];
  private readonly settings: Settings;

  constructor(body: () => void, turns: readonly number[], settings: Settings) {
    this.execution = new Execution(body, this);
    this.execution.state.locates = true;
    this.turns = turns;
    this.settings = settings;
  }

  /** Runs to the end or the failure, which is then in the execution. */
  run(): void {
    const { execution } = this;
    this.runOnce();
    if (!execution.restart) return;
    execution.state.undoTo(0);
    execution.restart = false;
    this.runOnce();
  }

  mayProceed(): boolean {
    if (this.execution.state.turns <= this.settings.maxBranches) return true;
    this.execution.fail(
      ERR_MODEL_LIVELOCK,
      `an execution did not end within ${this.settings.maxBranches} operations (maxBranches)`,
    );
    return false;
  }

  mayRecord(thread: ModelThread): boolean {
    const turn = this.turns[this.execution.state.turns];
    return turn === undefined || turn === thread.id;
  }

  private runOnce(): void {
    const { execution } = this;
    while (execution.failure === null && !execution.restart) {
      const thread = this.next();
      if (thread === undefined) {
        execution.endOfProgram();
        return;
      }
      if (thread.status === Status.WAITING) execution.state.timeOut(thread);
      else execution.run(thread);
    }
  }

  private next(): ModelThread | undefined {
    const { threads } = this.execution.state;
    const due = threads[this.turns[this.execution.state.turns] ?? -1];
    if (due !== undefined && (due.isEnabled() || this.canTimeOut(due))) return due;
    return (
      threads.find((thread) => thread.isEnabled()) ?? threads.find((one) => this.canTimeOut(one))
    );
  }

  private canTimeOut(thread: ModelThread): boolean {
    if (this.settings.timeouts === "never" || thread.status !== Status.WAITING) return false;
    return Number(thread.waiting!.b) < Infinity;
  }
}
