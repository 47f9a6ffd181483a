/** One thread of a model: what it has done so far, from which it can be brought back to where it was. */
import type { Event } from "./event.ts";
import { Fingerprint, mix } from "./fingerprint.ts";
import type { Clock } from "./race-detector.ts";

/** Where a thread stands. */
export const Status = {
  /** It can go on. */
  RUNNABLE: 0,
  /** It sleeps in `Atomics.wait`. */
  WAITING: 1,
  /** It joins a thread that has not finished. */
  JOINING: 2,
  FINISHED: 3,
} as const;
/** One of {@link Status}. */
export type Status = (typeof Status)[keyof typeof Status];

/** A thread. Its heap is not kept: its program is run again, fed with what its operations answered (`log`). */
export class ModelThread {
  readonly id: number;
  /** The same in every interleaving. */
  readonly key: number;
  readonly name: string;
  readonly parent: ModelThread | null;
  readonly log: Event[];
  status: Status;
  /** The wait it sleeps in. */
  waiting: Event | null;
  joining: ModelThread | null;
  /** Somebody has joined it, so whatever it did is in the past. */
  joined: boolean;
  result: unknown;
  spawned: number;
  allocated: number;
  /** Hash of what its operations answered: with its program, that is its state. */
  readonly hash: Fingerprint;
  clock: Clock;
  /** It spins, or has yielded, since the memory changed for this many times; -1 if not. */
  heldAt: number;

  constructor(id: number, parent: ModelThread | null, name: string, clock: Clock) {
    this.id = id;
    this.key = parent === null ? 1 : mix(parent.key, parent.spawned);
    this.name = name;
    this.parent = parent;
    this.log = [];
    this.status = Status.RUNNABLE;
    this.waiting = null;
    this.joining = null;
    this.joined = false;
    this.result = undefined;
    this.spawned = 0;
    this.allocated = 0;
    this.hash = new Fingerprint(this.key);
    this.clock = clock;
    this.heldAt = -1;
  }

  /** Whether it can go on if it is chosen. */
  isEnabled(): boolean {
    if (this.status === Status.JOINING) return this.joining!.status === Status.FINISHED;
    return this.status === Status.RUNNABLE;
  }
}
