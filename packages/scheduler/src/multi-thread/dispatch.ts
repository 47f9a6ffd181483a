/**
 * Which worker is sent a task that only one thread can be sent: what is moved cannot wait where all could take it.
 *
 * The one with the fewest such tasks of this thread's; of these one that is looking for work, else one that sleeps, else one
 * that runs something; of these the one that was chosen last, whose caches know the code. Not this thread itself, and not
 * one that is blocked in place, as long as there is another that runs.
 */

/** What a worker says about itself, in its AVAILABILITY word. */
export const Availability = {
  /** It runs tasks, or sleeps, as its park word tells. */
  ORDINARY: 0,
  /** It has nothing to run, and is awake. */
  LOOKING: 1,
  /** It is in `blockInPlace`. */
  BLOCKED: 2,
} as const;
/** One of {@link Availability}. */
export type Availability = (typeof Availability)[keyof typeof Availability];

/** What is known of the workers. */
export interface Workers {
  /** How many there are, as participants 1 and up. */
  readonly workers: number;
  /** This thread's place among the participants. */
  readonly self: number;
  /** Whether its thread takes tasks. */
  isTaking(index: number): boolean;
  availability(index: number): Availability;
  isAsleep(index: number): boolean;
}

/** What speaks against a worker; each outweighs all before it. */
const ASLEEP = 1;
const RUNNING = 2;
const TASK = 4;
const IS_SELF = 2 ** 40;
const NOT_TAKING = 2 ** 41;
const IS_BLOCKED = 2 ** 42;

/** One thread's choices. */
export class Dispatch {
  private readonly all: Workers;
  /** The tasks of this thread's that were sent to each and have not ended. */
  private readonly sent: number[] = [];
  private last = 1;

  constructor(workers: Workers) {
    this.all = workers;
  }

  /** The worker that is to be sent the next task; counts it. */
  choose(): number {
    const { workers } = this.all;
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < workers; i++) {
      const index = 1 + ((this.last - 1 + i) % workers);
      const cost = this.cost(index);
      if (cost >= least) continue;
      best = index;
      least = cost;
    }
    this.last = best;
    this.sent[best] = this.sentTo(best) + 1;
    return best;
  }

  /** A task that was sent to that worker has ended. */
  ended(index: number): void {
    this.sent[index] = Math.max(0, this.sentTo(index) - 1);
  }

  private sentTo(index: number): number {
    return this.sent[index] ?? 0;
  }

  private cost(index: number): number {
    const { all } = this;
    const availability = all.availability(index);
    let cost = this.sentTo(index) * TASK;
    if (index === all.self) cost += IS_SELF;
    if (!all.isTaking(index)) cost += NOT_TAKING;
    if (availability === Availability.BLOCKED) cost += IS_BLOCKED;
    if (availability !== Availability.LOOKING) cost += all.isAsleep(index) ? ASLEEP : RUNNING;
    return cost;
  }
}
