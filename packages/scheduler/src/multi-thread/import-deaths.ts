/**
 * Modules that end the threads that import them, as one spawner sees it.
 *
 * A task that waits for its module is in nobody's hands and is offered again when that thread dies. One whose module ends each
 * thread (by `process.exit()` at its top level) would cost one after the other for ever; so it is given up after a few.
 */
import type { Fabric } from "./fabric.ts";

/** So many threads are lost to a module before its tasks are given up. */
const MOST_DEATHS = 5;

/** What threads were importing when they died, by the numbers of the functions that they wanted. */
export class ImportDeaths {
  private readonly fabric: Fabric;
  /** The references to all participants, as they were when this was looked at last. */
  private readonly refs: number[] = [];
  private readonly counts = new Map<number, number>();
  private why = "";

  constructor(fabric: Fabric) {
    this.fabric = fabric;
    const { participants } = fabric;
    for (let at = 0; at < participants.capacity; at++) this.refs.push(participants.refOf(at));
  }

  /** Somebody has died. */
  look(): void {
    const { fabric, refs } = this;
    const { participants } = fabric;
    for (let index = 0; index < participants.used; index++) {
      const before = refs[index] as number;
      if (participants.isCurrent(before)) continue;
      refs[index] = participants.refOf(index);
      const key = fabric.importedBy(index);
      if (key < 0) continue;
      this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
      this.why = fabric.whyDead(before) ?? this.why;
    }
  }

  /** Why threads die that import the function's module; undefined if not enough have. */
  reason(key: number): string | undefined {
    return (this.counts.get(key) ?? 0) >= MOST_DEATHS ? this.why : undefined;
  }

  /** A thread has run the function. */
  ran(key: number): void {
    if (this.counts.size > 0) this.counts.delete(key);
  }
}
