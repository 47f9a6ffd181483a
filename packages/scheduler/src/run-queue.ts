/**
 * A FIFO queue of tasks: a growing ring, owned by one thread.
 *
 * **Layout.** `tail` counts the tasks pushed, `head` those popped, both since the last rebase; a task stands at its count
 * modulo the ring's length. So the counters of the metrics cost nothing: whoever wants them takes {@link RunQueue.takePushed}
 * and {@link RunQueue.takePopped} from time to time.
 */
import type { Task } from "@treadle/task";

const INITIAL_CAPACITY = 64;
/** Counts beyond this are rebased, so that they stay small integers. */
const REBASE_AT = 2 ** 29;

/** Tasks waiting for their turn; push and pop are O(1) and allocate only when the ring grows. */
export class RunQueue {
  private ring: (Task<unknown> | null)[] = new Array(INITIAL_CAPACITY).fill(null);
  private mask = INITIAL_CAPACITY - 1;
  private head = 0;
  private tail = 0;
  private pushedTaken = 0;
  private poppedTaken = 0;

  /** Tasks in the queue. */
  get length(): number {
    return this.tail - this.head;
  }

  /** Puts a task at the back. */
  push(task: Task<unknown>): void {
    const tail = this.tail;
    if (tail - this.head > this.mask) this.grow();
    this.ring[tail & this.mask] = task;
    this.tail = tail + 1;
  }

  /** Takes the task at the front, or null. */
  pop(): Task<unknown> | null {
    const head = this.head;
    if (head === this.tail) return null;
    const at = head & this.mask;
    const task = this.ring[at] as Task<unknown>;
    this.ring[at] = null;
    this.head = head + 1;
    return task;
  }

  /** The tasks in the queue, front to back. */
  *[Symbol.iterator](): Iterator<Task<unknown>> {
    for (let at = this.head; at < this.tail; at++) yield this.ring[at & this.mask] as Task<unknown>;
  }

  isEmpty(): boolean {
    return this.head === this.tail;
  }

  /** How many tasks were pushed since the last call. */
  takePushed(): number {
    const pushed = this.tail - this.pushedTaken;
    this.pushedTaken = this.tail;
    return pushed;
  }

  /** How many tasks were popped since the last call. */
  takePopped(): number {
    const popped = this.head - this.poppedTaken;
    this.poppedTaken = this.head;
    if (this.head > REBASE_AT) this.rebase();
    return popped;
  }

  /** The ring is full: doubles it; each task keeps its count. */
  private grow(): void {
    const { ring, mask } = this;
    const size = ring.length * 2;
    const grown: (Task<unknown> | null)[] = new Array(size).fill(null);
    for (let at = this.head; at < this.tail; at++) {
      grown[at & (size - 1)] = ring[at & mask] as Task<unknown>;
    }
    this.ring = grown;
    this.mask = size - 1;
  }

  /** Takes a multiple of the ring's length off all counts: no task moves. */
  private rebase(): void {
    const base = this.head - (this.head & this.mask);
    this.head -= base;
    this.tail -= base;
    this.pushedTaken -= base;
    this.poppedTaken -= base;
  }
}
