/** The engine's expiries on Treadle's `DelayQueue`. */
import { type Async, type DelayKey, DelayQueue } from "treadle";
import type { ExpiryQueue } from "../engine/contract.ts";
import type { Entry } from "../engine/database.ts";

/** About 35 years; an entry that has longer to live is looked at then, and scheduled anew. */
const LONGEST = 2 ** 40;

export class Expiries implements ExpiryQueue {
  private readonly queue: DelayQueue<Entry> = new DelayQueue();

  schedule(entry: Entry, ms: number): void {
    const wait = Math.min(ms, LONGEST);
    if (entry.timer === null) entry.timer = this.queue.insert(entry, wait);
    else this.queue.reset(entry.timer as DelayKey<Entry>, wait);
  }

  cancel(entry: Entry): void {
    if (entry.timer === null) return;
    this.queue.remove(entry.timer as DelayKey<Entry>);
    entry.timer = null;
  }

  /** Removes entries as their time comes, for ever: a task. */
  *run(): Async<never> {
    for (;;) {
      const { value: entry } = yield* this.queue.next();
      entry.timer = null;
      entry.database.expire(entry);
    }
  }
}
