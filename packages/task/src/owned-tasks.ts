/**
 * All tasks that a scheduler is responsible for, so that shutdown reaches the ones that nobody ever wakes.
 *
 * An array with gaps in which each task knows its place; the places of gaps are kept in a stack. Binding and removing are
 * O(1), allocate only when the list grows, and touch no other task.
 *
 * **Transitions** of a task: free -> bound (`bind`), or free -> admitted (`admit`) -> bound (`place`, when it first
 * suspends); both -> free (`remove`). Most tasks of a busy program end in their first poll and never need a place.
 *
 * **Invariants.** 1. A task is in the list from a successful `bind` or `admit` until its completion; while bound,
 * `places[task.ownedAt]` is it. 2. Every place below `places.length` holds a task or stands once in `free[0..gaps)`.
 * 3. Once closed, the list takes no more tasks. 4. An admitted task stands in a run queue of its scheduler or is being
 * polled: the scheduler places the queued ones before it shuts the list down, and the one that runs when it suspends.
 */
import { ADMITTED, NOT_OWNED, type Task } from "./task.ts";

/** The list of a scheduler's live tasks. */
export class OwnedTasks {
  private readonly places: (Task<unknown> | null)[] = [];
  private readonly free: number[] = [];
  private gaps = 0;
  private admitted = 0;
  private closed = false;

  /** Live tasks. */
  get size(): number {
    return this.places.length - this.gaps + this.admitted;
  }

  /** Takes a new task; false, and nothing changed, when the list is closed. */
  bind(task: Task<unknown>): boolean {
    if (this.closed) return false;
    this.putIn(task);
    return true;
  }

  /** Takes a new task that is put into a run queue at once, without a place; false when the list is closed. */
  admit(task: Task<unknown>): boolean {
    if (this.closed) return false;
    task.ownedAt = ADMITTED;
    this.admitted++;
    return true;
  }

  /** Gives an admitted task its place; nothing happens to any other. */
  place(task: Task<unknown>): void {
    if (task.ownedAt !== ADMITTED) return;
    this.admitted--;
    this.putIn(task);
  }

  private putIn(task: Task<unknown>): void {
    if (this.gaps === 0) {
      task.ownedAt = this.places.length;
      this.places.push(task);
      return;
    }
    const at = this.free[--this.gaps] as number;
    task.ownedAt = at;
    this.places[at] = task;
  }

  /** The task at a place that a task's `ownedAt` named once, or null when none is there any more. */
  at(place: number): Task<unknown> | null {
    return this.places[place] ?? null;
  }

  /** Takes a task off the list; false when it is not on it. */
  remove(task: Task<unknown>): boolean {
    const at = task.ownedAt;
    if (at === ADMITTED) this.admitted--;
    else if (at < 0 || this.places[at] !== task) return false;
    else this.vacate(at);
    task.ownedAt = NOT_OWNED;
    return true;
  }

  private vacate(at: number): void {
    this.places[at] = null;
    this.free[this.gaps++] = at;
  }

  /** Refuses new tasks from now on. */
  close(): void {
    this.closed = true;
  }

  /** Whether new tasks are refused. */
  isClosed(): boolean {
    return this.closed;
  }

  /** Refuses new tasks and cancels every placed one, oldest first; those whose clean-up waits stay in the list. */
  closeAndShutdownAll(): void {
    this.closed = true;
    for (const task of this.toArray()) task.shutdown();
  }

  /** The live tasks that have a place, oldest first. */
  toArray(): Task<unknown>[] {
    return this.places.filter((task) => task !== null).sort((a, b) => a.id - b.id);
  }
}
