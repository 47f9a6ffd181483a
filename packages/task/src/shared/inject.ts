/**
 * The queue that all threads share: the outboxes of all participants, with the bitmap that says which hold something.
 *
 * Tokio has one queue under a lock; here each participant has its own, so that nobody waits for anybody.
 */
import type { Offers } from "./offers.ts";
import type { Outbox } from "./outbox.ts";
import type { Participants } from "./participants.ts";
import type { RunRing } from "./run-ring.ts";

/** All outboxes of one sort, as one thread sees them. */
export class Inject {
  private readonly participants: Participants;
  private readonly offers: Offers;
  private readonly outbox: (index: number) => Outbox;
  /** Where the next search begins, so that every outbox has its turn. */
  private cursor: number;

  constructor(participants: Participants, offers: Offers, outbox: (index: number) => Outbox) {
    this.participants = participants;
    this.offers = offers;
    this.outbox = outbox;
    this.cursor = 0;
  }

  /** Adds an entry to this thread's outbox; false if there is no memory left. */
  push(index: number, entry: number): boolean {
    if (!this.outbox(index).push(entry)) return false;
    this.offers.offer(index);
    return true;
  }

  /** Shows what this thread has put into its outbox otherwise ({@link RunRing.spill}). */
  offer(index: number): void {
    this.offers.offer(index);
  }

  /** Whether there may be something. */
  get mayHaveWork(): boolean {
    return this.offers.any(this.participants.used);
  }

  /** Whether there is something: looks into those outboxes that may hold something, and clears the bits of empty ones. */
  hasWork(): boolean {
    for (;;) {
      const index = this.offers.next(this.cursor, this.participants.used);
      if (index < 0) return false;
      if (this.outbox(index).length !== 0) return true;
      this.clear(index);
    }
  }

  /** The oldest entry of some outbox and, in the ring, some more, its share among so many; 0 if there is nothing. */
  takeBatch(ring: RunRing, sharers: number): number {
    for (let index = this.next(); index >= 0; index = this.next()) {
      const entry = ring.takeFrom(this.outbox(index), sharers);
      if (entry !== 0) return entry;
      this.clear(index);
    }
    return 0;
  }

  /** The oldest entry of some outbox; 0 if there is nothing. */
  takeOne(): number {
    for (let index = this.next(); index >= 0; index = this.next()) {
      const entry = this.outbox(index).takeOne();
      if (entry !== 0) return entry;
      this.clear(index);
    }
    return 0;
  }

  private next(): number {
    const index = this.offers.next(this.cursor, this.participants.used);
    this.cursor = index + 1;
    return index;
  }

  /** The outbox was found empty: says so, unless it no longer is. */
  private clear(index: number): void {
    this.offers.withdraw(index);
    if (this.outbox(index).length !== 0) this.offers.offer(index);
  }

  /** How many entries there are in all. */
  get length(): number {
    let count = 0;
    for (let index = 0; index < this.participants.used; index += 1) {
      count += this.outbox(index).length;
    }
    return count;
  }
}
