/**
 * How long a thread of the runtime sleeps blocked before it gives itself to Node's event loop.
 *
 * A thread that sleeps in `Atomics.wait` or in its reactor is awake sooner and for less than one that sleeps in the event
 * loop; but there nothing else on the thread goes on. So it sleeps blocked only while the event loop has nothing to wait for
 * that is not the runtime's own, as far as that can be seen: no task waits for a promise, and Node names no resource that
 * keeps the loop alive.
 *
 * What cannot be seen (an unreferenced timer, `zlib` with a callback, a WebAssembly compilation) must not wait for long. So
 * the thread sleeps by steps, between which the event loop has a turn: 1, 2, 4 and 8 ms; then it sleeps in the event loop.
 * Such an event comes late at most by as long as the thread has been idle, and never by more than 8 ms. If one has woken a
 * task, there will be more: for a while the thread sleeps in the event loop at once.
 */
import { cx } from "@treadle/core";

/** How many steps there are, each twice as long as the one before, which begin with 1 ms. */
const STEPS = 4;
/** How many sleeps are in the event loop after something unseen has come. */
const DISTRUST = 32;

/** One thread's habit of sleeping blocked. */
export class Doze {
  /** Sleeps that are to be in the event loop, whatever is seen. */
  private distrusted = 0;

  /**
   * For how long to sleep blocked, in ms; 0: not at all. `calm` is how often the thread has looked round in vain since it last
   * had something to do, `timers` how many timers are the runtime's own.
   */
  next(calm: number, timers: number): number {
    if (calm >= STEPS) return 0;
    if (this.distrusted > 0) {
      this.distrusted--;
      return 0;
    }
    return isForeign(timers) ? 0 : 1 << calm;
  }

  /** Something has come that could not be seen. */
  surprised(): void {
    this.distrusted = DISTRUST;
  }
}

/** Whether the event loop has something to wait for beside so many timers. */
function isForeign(timers: number): boolean {
  if (cx.foreignWaits > 0) return true;
  const resources = process.getActiveResourcesInfo();
  if (resources.length > timers) return true;
  for (const resource of resources) if (resource !== "Timeout") return true;
  return false;
}
