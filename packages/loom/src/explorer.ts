/**
 * The search: depth first through all schedules with at most so many preemptions, first those with none, then with one, ...
 *
 * Reductions, each sound within the bound (`docs/loom.md` says why):
 * - a state (memory, threads' answers so far, waiters, clocks) that has been explored with as few preemptions and the same
 *   running thread is not explored again;
 * - a thread is stopped only before operations on words that two threads touch and one of them writes. Which they are is
 *   learned; a search during which one was learned is done again.
 *
 * Fairness: a thread that has repeated the same reads `SPIN_ROUNDS` times and found the same, or that yields, is held until
 * something has changed or nobody else can go on.
 */
import { ERR_MODEL_LIVELOCK } from "./error.ts";
import type { Event } from "./event.ts";
import { Execution, type Scheduler } from "./execution.ts";
import { Fingerprint, VisitedStates } from "./fingerprint.ts";
import type { View } from "./memory.ts";
import { type ModelThread, Status } from "./model-thread.ts";
import type { Value } from "./native.ts";
import { Op } from "./op.ts";
import type { ModelReport, Settings } from "./options.ts";

/** So many equal rounds of reads are explored like anything else. */
const SPIN_ROUNDS = 3;
/** The longest round of a loop that is recognised. */
const LONGEST_ROUND = 6;
/** How many executions go by between two looks at the clock. */
const CLOCK_EVERY = 128;
const PROGRESS_MS = 1000;

/** One way to go on. */
interface Choice {
  readonly thread: ModelThread;
  /** Preemptions so far, this one included. */
  readonly preemptions: number;
}

/** A point of the trace from which other ways lead. */
interface Fork {
  readonly length: number;
  readonly choices: Choice[];
}

/** Explores one model. */
export class Explorer implements Scheduler {
  readonly execution: Execution;
  private readonly settings: Settings;
  private visited: VisitedStates;
  private readonly print: Fingerprint;
  private forks: Fork[];
  private bound: number;
  private preemptions: number;
  /** Some choice was left out for the bound. */
  private cut: boolean;
  private pruning: boolean;
  private executions: number;
  private pruned: number;
  private states: number;
  private complete: boolean;
  private readonly startedAt: number;
  private toldAt: number;

  constructor(body: () => void, settings: Settings) {
    this.execution = new Execution(body, this);
    this.settings = settings;
    this.visited = new VisitedStates();
    this.print = new Fingerprint();
    this.forks = [];
    this.bound = 0;
    this.preemptions = 0;
    this.cut = false;
    this.pruning = false;
    this.executions = 0;
    this.pruned = 0;
    this.states = 0;
    this.complete = true;
    this.startedAt = performance.now();
    this.toldAt = this.startedAt;
  }

  /** Explores until everything is explored, a limit is met or an execution fails; the failure is in the execution. */
  explore(): void {
    const { execution, settings } = this;
    for (this.bound = 0; this.bound <= settings.preemptionBound; this.bound += 1) {
      do this.searchAll();
      while (this.mustSearchAgain());
      if (execution.failure !== null || !this.complete || !this.cut) return;
    }
    this.bound -= 1;
  }

  /** What has been explored so far. */
  report(): ModelReport {
    return {
      executions: this.executions,
      pruned: this.pruned,
      states: this.states,
      steps: this.execution.state.steps,
      preemptions: this.bound,
      complete: this.complete && this.execution.failure === null,
      exhaustive: this.complete && this.execution.failure === null && !this.cut,
      duration: performance.now() - this.startedAt,
    };
  }

  mayRecord(_thread: ModelThread): boolean {
    return true;
  }

  mayProceed(
    thread: ModelThread,
    op: Op,
    view: View | null,
    index: number,
    a: Value,
    b: Value,
  ): boolean {
    const { execution } = this;
    if (execution.state.turns > this.settings.maxBranches) return this.livelock();
    if (op === Op.YIELD) return true;
    if (spins(thread.log, op, view, index, a, b)) {
      execution.state.hold(thread);
      return false;
    }
    const quiet = this.settings.reduction && op !== Op.WAIT && op !== Op.NOTIFY;
    if (quiet && !execution.state.sharedWords.has(view!.block.word(view!.byte(index)))) return true;
    return this.proceedAt(thread);
  }

  private livelock(): boolean {
    this.execution.fail(
      ERR_MODEL_LIVELOCK,
      `an execution did not end within ${this.settings.maxBranches} operations (maxBranches)`,
    );
    return false;
  }

  /** The running thread goes on here; the others that could are left for later. */
  private proceedAt(thread: ModelThread): boolean {
    const others = this.choicesBeside(thread);
    if (others.length === 0) return true;
    if (this.isKnown(thread)) return false;
    this.forks.push({ length: this.execution.state.trace.length, choices: others });
    return true;
  }

  /** Those who could take the running thread's turn, each for one preemption. */
  private choicesBeside(running: ModelThread): Choice[] {
    const choices: Choice[] = [];
    const preemptions = this.preemptions + 1;
    for (const thread of this.execution.state.threads) {
      if (thread === running) continue;
      const able = thread.isEnabled() && !this.execution.state.isHeld(thread);
      if (!able && !this.canTimeOut(thread)) continue;
      if (preemptions <= this.bound) choices.push({ thread, preemptions });
      else this.cut = true;
    }
    return choices;
  }

  private canTimeOut(thread: ModelThread): boolean {
    return (
      this.settings.timeouts === "any" &&
      thread.status === Status.WAITING &&
      Number(thread.waiting!.b) < Infinity
    );
  }

  private isKnown(running: ModelThread | null): boolean {
    if (!this.settings.reduction) return false;
    const { print } = this;
    this.execution.state.fingerprint(print);
    print.absorb(running === null ? 0 : running.key);
    if (!this.visited.seen(print.a, print.b, this.preemptions)) {
      this.states += 1;
      return false;
    }
    this.pruning = true;
    return true;
  }

  private searchAll(): void {
    this.reset();
    let choice: Choice | null = { thread: this.execution.state.threads[0]!, preemptions: 0 };
    while (choice !== null) {
      choice = this.take(choice) ?? this.nextBranch();
      if (this.execution.failure !== null || this.execution.restart) return;
    }
  }

  private reset(): void {
    const { execution } = this;
    execution.state.undoTo(0);
    execution.state.sharedWords.learned = false;
    execution.restart = false;
    this.visited = new VisitedStates();
    this.forks = [];
    this.cut = false;
  }

  private mustSearchAgain(): boolean {
    const { execution } = this;
    if (execution.failure !== null || !this.complete) return false;
    return execution.restart || (this.settings.reduction && execution.state.sharedWords.learned);
  }

  /** Lets the chosen thread run; answers who is next, null at the end of this execution. */
  private take(choice: Choice): Choice | null {
    const { execution } = this;
    const { thread } = choice;
    this.preemptions = choice.preemptions;
    this.pruning = false;
    if (thread.status === Status.WAITING) execution.state.timeOut(thread);
    execution.run(thread);
    if (execution.failure !== null || execution.restart) return null;
    if (!this.pruning) return this.pick();
    this.pruned += 1;
    return null;
  }

  /** The running thread has stopped by itself: whoever can goes on, for nothing. */
  private pick(): Choice | null {
    const choices = this.candidates();
    if (choices.length === 0) {
      this.endOfExecution();
      return null;
    }
    if (choices.length > 1) {
      if (this.isKnown(null)) {
        this.pruned += 1;
        return null;
      }
      this.forks.push({ length: this.execution.state.trace.length, choices: choices.slice(1) });
    }
    return choices[0]!;
  }

  private candidates(): Choice[] {
    const { execution, preemptions } = this;
    const able = execution.state.threads.filter((thread) => thread.isEnabled());
    const free = able.filter((thread) => !execution.state.isHeld(thread));
    const sleepers = execution.state.threads.filter((thread) => this.canTimeOut(thread));
    if (free.length > 0) {
      const choices = free.map((thread) => ({ thread, preemptions }));
      return [...choices, ...this.earlyTimeouts(sleepers)];
    }
    if (sleepers.length > 0) return sleepers.map((thread) => ({ thread, preemptions }));
    // All that can go on spin: the one that has done least, so that each has its turn.
    const spinning = able.toSorted((a, b) => a.log.length - b.log.length);
    return spinning.slice(0, 1).map((thread) => ({ thread, preemptions }));
  }

  private earlyTimeouts(sleepers: readonly ModelThread[]): Choice[] {
    const preemptions = this.preemptions + 1;
    if (preemptions <= this.bound) return sleepers.map((thread) => ({ thread, preemptions }));
    if (sleepers.length > 0) this.cut = true;
    return [];
  }

  private endOfExecution(): void {
    this.executions += 1;
    this.execution.endOfProgram();
  }

  /** Back to the last point from which another way leads. */
  private nextBranch(): Choice | null {
    if (this.execution.failure !== null || this.isOverLimit()) return null;
    for (let fork = this.forks.at(-1); fork !== undefined; fork = this.forks.at(-1)) {
      const choice = fork.choices.shift();
      if (fork.choices.length === 0) this.forks.pop();
      if (choice === undefined) continue;
      this.execution.state.undoTo(fork.length);
      return choice;
    }
    return null;
  }

  private isOverLimit(): boolean {
    const { settings } = this;
    if (this.executions >= settings.maxPermutations) this.complete = false;
    if ((this.executions + this.pruned) % CLOCK_EVERY === 0) this.lookAtClock();
    return !this.complete;
  }

  private lookAtClock(): void {
    const { settings } = this;
    const now = performance.now();
    if (now - this.startedAt > settings.maxDuration) this.complete = false;
    if (settings.onProgress === undefined || now - this.toldAt < PROGRESS_MS) return;
    this.toldAt = now;
    settings.onProgress(this.report());
  }
}

/** Whether the thread is about to begin another round of reads that has answered the same `SPIN_ROUNDS` times. */
function spins(
  log: readonly Event[],
  op: Op,
  view: View | null,
  index: number,
  a: Value,
  b: Value,
): boolean {
  const end = log.length;
  if (end === 0 || !log[end - 1]!.isIdle()) return false;
  for (let round = 1; round <= LONGEST_ROUND && round * SPIN_ROUNDS <= end; round += 1) {
    if (log[end - round]!.isAskedBy(op, view, index, a, b) && repeats(log, round)) return true;
  }
  return false;
}

function repeats(log: readonly Event[], round: number): boolean {
  const end = log.length;
  for (let i = end - 1; i >= end - round * SPIN_ROUNDS; i -= 1) {
    const event = log[i]!;
    if (!event.isIdle()) return false;
    if (i < end - round && !isSame(event, log[i + round]!)) return false;
  }
  return true;
}

function isSame(one: Event, other: Event): boolean {
  const { op, view, index, a, b, result } = one;
  return other.isAskedBy(op, view, index, a, b) && Object.is(other.result, result);
}
