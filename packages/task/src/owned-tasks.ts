/**
 * All tasks that a scheduler is responsible for, so that shutdown reaches the ones that nobody ever wakes.
 *
 * An array with gaps in which each task knows its place; the places of gaps are kept in a stack. Binding and removing are
 * O(1), allocate only when the list grows, and touch no other task.
 * **Invariants.** 1. A task is in the list exactly from a successful `bind` until its completion, and then
 * `places[task.ownedAt]` is it. 2. Every place below `places.length` holds a task or stands once in `free[0..gaps)`.
 * 3. Once closed, the list takes no more tasks.
 */
import type { Task } from "./task.ts";

/** The list of a scheduler's live tasks. */
export class OwnedTasks {
  private readonly places: (Task<unknown> | null)[] = [];
  private readonly free: number[] = [];
  private gaps = 0;
  private closed = false;

  /** Live tasks. */
  get size(): number {
    return this.places.length - this.gaps;
  }

  /** Takes a new task; false, and nothing changed, when the list is closed. */
  bind(task: Task<unknown>): boolean {
    if (this.closed) return false;
    if (this.gaps === 0) {
      task.ownedAt = this.places.length;
      this.places.push(task);
      return true;
    }
    const at = this.free[--this.gaps] as number;
    task.ownedAt = at;
    this.places[at] = task;
    return true;
  }

  /** The task at a place that a task's `ownedAt` named once, or null when none is there any more. */
  at(place: number): Task<unknown> | null {
    return this.places[place] ?? null;
  }

  /** Takes a task off the list; false when it is not on it. */
  remove(task: Task<unknown>): boolean {
    const at = task.ownedAt;
    if (at < 0 || this.places[at] !== task) return false;
    task.ownedAt = -1;
    this.places[at] = null;
    this.free[this.gaps++] = at;
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
    return this.places.filter((task) => task !== null).sort((a, b) => a.id - b.id);
  }
}
