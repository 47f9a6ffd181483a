/**
 * All tasks that a scheduler is responsible for, so that shutdown reaches the ones that nobody ever wakes.
 *
 * An array in which each task knows its place: binding appends, removing puts the last task into the gap; both are O(1).
 * **Invariants.** 1. A task is in the list exactly from a successful `bind` until its completion, and then
 * `tasks[task.ownedAt]` is it. 2. Once closed, the list takes no more tasks.
 */
import type { Task } from "./task.ts";

/** The list of a scheduler's live tasks. */
export class OwnedTasks {
  private readonly tasks: Task<unknown>[] = [];
  private closed = false;

  /** Live tasks. */
  get size(): number {
    return this.tasks.length;
  }

  /** Takes a new task; false, and nothing changed, when the list is closed. */
  bind(task: Task<unknown>): boolean {
    if (this.closed) return false;
    task.ownedAt = this.tasks.length;
    this.tasks.push(task);
    return true;
  }

  /** Takes a task off the list; false when it is not on it. */
  remove(task: Task<unknown>): boolean {
    const at = task.ownedAt;
    if (at < 0 || this.tasks[at] !== task) return false;
    task.ownedAt = -1;
    const last = this.tasks.pop() as Task<unknown>;
    if (last === task) return true;
    this.tasks[at] = last;
    last.ownedAt = at;
    return true;
  }

  /** Refuses new tasks from now on. */
  close(): void {
    this.closed = true;
  }

  /** Whether new tasks are refused. */
  isClosed(): boolean {
    return this.closed;
  }

  /** Refuses new tasks and cancels every live one, oldest first; those whose clean-up waits stay in the list. */
  closeAndShutdownAll(): void {
    this.closed = true;
    for (const task of this.toArray()) task.shutdown();
  }

  /** The live tasks, oldest first. */
  toArray(): Task<unknown>[] {
    return this.tasks.slice().sort((a, b) => a.id - b.id);
  }
}
