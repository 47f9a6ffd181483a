/** Who sleeps in `Atomics.wait` on which word, in the order in which they began: `Atomics.notify` wakes the first. */
import type { Event } from "./event.ts";
import type { ModelThread } from "./model-thread.ts";

/** The queues of all words. */
export class WaitQueues {
  private readonly queues: Map<number, ModelThread[]>;

  constructor() {
    this.queues = new Map();
  }

  /** The queue of the word that an event is about. */
  of(event: Event): ModelThread[] {
    const key = event.view!.block.word(event.view!.byte(event.index));
    let queue = this.queues.get(key);
    if (queue === undefined) {
      queue = [];
      this.queues.set(key, queue);
    }
    return queue;
  }

  /** A thread's place in its queue; -1 if it does not sleep. */
  placeOf(thread: ModelThread): number {
    return thread.waiting === null ? -1 : this.of(thread.waiting).indexOf(thread);
  }
}
