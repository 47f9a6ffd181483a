/** Short waits of operations that can only try again later, as accepting with no descriptor left. */

/** Whoever waits. */
export interface Sleeper {
  fire(): void;
}

interface Nap {
  readonly sleeper: Sleeper;
  readonly at: number;
}

/** A handful of deadlines, in no order: there are as many as listeners that are out of descriptors. */
export class Naps {
  private naps: Nap[] = [];

  isEmpty(): boolean {
    return this.naps.length === 0;
  }

  add(sleeper: Sleeper, at: number): void {
    this.naps.push({ sleeper, at });
  }

  remove(sleeper: Sleeper): void {
    this.naps = this.naps.filter((nap) => nap.sleeper !== sleeper);
  }

  /** Milliseconds until the first is over. */
  left(now: number): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { at } of this.naps) first = Math.min(first, at);
    return Math.max(0, first - now);
  }

  /** Wakes those whose time is over. */
  wake(now: number): void {
    const over = this.naps.filter(({ at }) => at <= now);
    if (over.length === 0) return;
    this.naps = this.naps.filter(({ at }) => at > now);
    for (const { sleeper } of over) sleeper.fire();
  }
}
