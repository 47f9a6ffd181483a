/** What a runtime counts for all its workers together, on shared memory. */
import { increment, loadShared } from "./counters.ts";
import { BUDGET_FORCED_YIELDS, REMOTE_SCHEDULES, SPAWNED_TASKS } from "./layout.ts";

/** Counters that every thread adds to and every thread reads; there is no batch, readings are current. */
export class SchedulerMetrics {
  private readonly words: Int32Array;
  private readonly at: number;

  /** The counters in `SCHEDULER_WORDS` words from `at` on; all zero at the beginning. */
  constructor(words: Int32Array, at: number) {
    this.words = words;
    this.at = at;
  }

  /** Counts a task that was spawned. */
  incSpawnedTasks(): void {
    increment(this.words, this.at + SPAWNED_TASKS);
  }

  /** Counts a task that was scheduled from outside the workers. */
  incRemoteSchedule(): void {
    increment(this.words, this.at + REMOTE_SCHEDULES);
  }

  /** Counts a task that was made to yield because its budget was used up. */
  incBudgetForcedYield(): void {
    increment(this.words, this.at + BUDGET_FORCED_YIELDS);
  }

  /** Tasks spawned so far. */
  spawnedTasksCount(): number {
    return loadShared(this.words, this.at + SPAWNED_TASKS);
  }

  /** Schedules from outside the workers so far. */
  remoteScheduleCount(): number {
    return loadShared(this.words, this.at + REMOTE_SCHEDULES);
  }

  /** Yields forced by the budget so far. */
  budgetForcedYieldCount(): number {
    return loadShared(this.words, this.at + BUDGET_FORCED_YIELDS);
  }
}
