/** A FIFO queue of tasks: a growing ring, owned by one thread. */
import type { Task } from "@treadle/task";

const INITIAL_CAPACITY = 64;

/** Tasks waiting for their turn; push and pop are O(1) and allocate only when the ring grows. */
export class RunQueue {
  private ring: (Task<unknown> | null)[] = new Array(INITIAL_CAPACITY).fill(null);
  private mask = INITIAL_CAPACITY - 1;
  private head = 0;
  private tail = 0;

  /** Tasks in the queue. */
  get length(): number {
    return (this.tail - this.head) & this.mask;
  }

  /** Puts a task at the back. */
  push(task: Task<unknown>): void {
    const tail = this.tail;
    const next = (tail + 1) & this.mask;
    this.ring[tail] = task;
    this.tail = next;
    if (next === this.head) this.grow();
  }

  /** Takes the task at the front, or null. */
  pop(): Task<unknown> | null {
    const head = this.head;
    if (head === this.tail) return null;
    const task = this.ring[head] as Task<unknown>;
    this.ring[head] = null;
    this.head = (head + 1) & this.mask;
    return task;
  }

  isEmpty(): boolean {
    return this.head === this.tail;
  }

  /** The ring is full (head met tail): doubles it. */
  private grow(): void {
    const old = this.ring;
    const size = old.length;
    const ring: (Task<unknown> | null)[] = new Array(size * 2).fill(null);
    for (let i = 0; i < size; i++) ring[i] = old[(this.head + i) & this.mask] as Task<unknown>;
    this.ring = ring;
    this.mask = size * 2 - 1;
    this.head = 0;
    this.tail = size;
  }
}
