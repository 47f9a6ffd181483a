/**
 * All tasks that a scheduler is responsible for, so that shutdown reaches the ones that nobody ever wakes.
 *
 * An intrusive doubly linked list through the tasks: binding and removing are O(1) and allocate nothing.
 * **Invariants.** 1. A task is in the list exactly from a successful `bind` until its completion. 2. Once closed, the
 * list takes no more tasks.
 */
import type { Task } from "./task.ts";

/** The list of a scheduler's live tasks. */
export class OwnedTasks {
  private head: Task<unknown> | null = null;
  private tail: Task<unknown> | null = null;
  private closed = false;
  /** Live tasks. */
  size = 0;

  /** Takes a new task; false, and nothing changed, when the list is closed. */
  bind(task: Task<unknown>): boolean {
    if (this.closed) return false;
    task.owned = true;
    task.prev = this.tail;
    if (this.tail === null) this.head = task;
    else this.tail.next = task;
    this.tail = task;
    this.size++;
    return true;
  }

  /** Takes a task off the list; false when it is not on it. */
  remove(task: Task<unknown>): boolean {
    if (!task.owned) return false;
    task.owned = false;
    const { prev, next } = task;
    if (prev === null) this.head = next;
    else prev.next = next;
    if (next === null) this.tail = prev;
    else next.prev = prev;
    task.prev = null;
    task.next = null;
    this.size--;
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
    const tasks: Task<unknown>[] = [];
    for (let task = this.head; task !== null; task = task.next) tasks.push(task);
    return tasks;
  }
}
