/**
 * The threads that take part in a runtime: home, workers, threads of the blocking pool.
 *
 * **Layout.** Word STATUS of a participant's block: bits 0–1 status (FREE 0, ALIVE 1, STOPPING 2, DEAD 3), bits 2–3 role,
 * bits 4–31 incarnation: how often the place has been given up. A *reference* (19 bits) names an incarnation of a
 * participant: its index in bits 0–9, its incarnation modulo 512 in bits 10–18. In the header: USED, one more than the
 * highest index that was ever taken; DEATHS, how often somebody died; CLOSED.
 * **Who writes.** A thread takes a FREE place for itself, whoever starts a replacement one that is DEAD; the thread itself
 * announces that it stops or leaves; anybody who knows of its death declares it dead.
 * **Transitions.** FREE, DEAD → ALIVE (join); ALIVE → STOPPING (stop); ALIVE, STOPPING → FREE (leave) or DEAD (die), the
 * incarnation going up.
 * **Invariants.**
 * 1. A reference is current exactly while the thread that got it takes part; what is said of it is not said of its heirs.
 * 2. A mailbox holds only mail for the current incarnation: the head carries its low bits, and is reset after STATUS has
 *    changed and before DEATHS does. Hence whoever has seen DEATHS go up knows that a cell which was posted to the dead is
 *    in no list any more.
 * 3. The cells of mail for a dead participant that were its own are FREE then, for its heir to find (dead-mail.ts).
 * 4. Ring, outboxes, cells and payload blocks of a place are inherited by the next thread to take it.
 */
import { add, compareExchange, exchange, load, store } from "@treadle/core/shared";
import { disown } from "./dead-mail.ts";
import {
  CLOSED,
  DEATHS,
  IN_HAND,
  MAILBOX,
  PARK,
  type SegmentLayout,
  type SegmentSizes,
  STATUS,
  USED,
} from "./layout.ts";

/** What a place in the table is doing. */
export const Status = {
  /** Nobody's. */
  FREE: 0,
  /** A thread takes part. */
  ALIVE: 1,
  /** The same, but it starts nothing new. */
  STOPPING: 2,
  /** The thread ended without leaving; a replacement may take the place. */
  DEAD: 3,
} as const;
/** One of {@link Status}. */
export type Status = (typeof Status)[keyof typeof Status];

/** What a participant is for. */
export const Role = {
  /** The thread that built the runtime. */
  HOME: 0,
  /** Runs tasks. */
  WORKER: 1,
  /** Runs jobs that block. */
  BLOCKING: 2,
} as const;
/** One of {@link Role}. */
export type Role = (typeof Role)[keyof typeof Role];

const STATUS_MASK = 3;
const ROLE_SHIFT = 2;
const INCARNATION_SHIFT = 4;
const INDEX_BITS = 10;
const INDEX_MASK = (1 << INDEX_BITS) - 1;
const REF_INCARNATIONS = 511;

/** The index of the participant that a reference names. */
export function indexOfRef(ref: number): number {
  return ref & INDEX_MASK;
}

/** The incarnation, modulo 512, that a reference names. */
export function incarnationOfRef(ref: number): number {
  return ref >>> INDEX_BITS;
}

/** What a mailbox's head is while it holds nothing, for the given incarnation; see `mailbox.ts`. */
export function emptyMailbox(incarnation: number): number {
  return (incarnation & 7) << 2;
}

/** The table of participants. */
export class Participants {
  private readonly words: Int32Array;
  private readonly table: number;
  private readonly stride: number;
  /** How many can take part at a time. */
  readonly capacity: number;

  constructor(words: Int32Array, layout: SegmentLayout, sizes: SegmentSizes) {
    this.words = words;
    this.table = layout.table;
    this.stride = layout.stride;
    this.capacity = sizes.participants;
  }

  /** The address of a participant's block. */
  block(index: number): number {
    return this.table + index * this.stride;
  }

  /** Takes the first free place from `from` on; answers its index, or -1 when all are taken. */
  joinAny(role: Role, from: number): number {
    for (let index = from; index < this.capacity; index += 1) {
      if (this.statusOf(index) === Status.FREE && this.join(index, role)) return index;
    }
    return -1;
  }

  /** Takes the place, FREE or DEAD; false if it is taken. Its former owner's mail is gone then. */
  join(index: number, role: Role): boolean {
    const at = this.block(index) + STATUS;
    const word = load(this.words, at);
    const status = word & STATUS_MASK;
    if (status === Status.ALIVE || status === Status.STOPPING) return false;
    // Whoever declared the death may have died over it.
    if (status === Status.DEAD) this.reset(index, word >>> INCARNATION_SHIFT);
    const next =
      ((word >>> INCARNATION_SHIFT) << INCARNATION_SHIFT) | (role << ROLE_SHIFT) | Status.ALIVE;
    if (compareExchange(this.words, at, word, next) !== word) return false;
    this.raiseUsed(index + 1);
    return true;
  }

  private raiseUsed(count: number): void {
    let used = load(this.words, USED);
    while (used < count) {
      const found = compareExchange(this.words, USED, used, count);
      if (found === used) return;
      used = found;
    }
  }

  /** The thread starts nothing new. */
  stop(index: number): void {
    const at = this.block(index) + STATUS;
    const word = load(this.words, at);
    if ((word & STATUS_MASK) !== Status.ALIVE) return;
    compareExchange(this.words, at, word, word - Status.ALIVE + Status.STOPPING);
  }

  /**
   * The thread leaves in good order: it runs no cell and owes none to anybody. Mail for it is dropped.
   * False if it was declared dead before.
   */
  leave(index: number): boolean {
    return this.giveUp(index, Status.FREE);
  }

  /**
   * Declares that the thread has ended and will never touch the segment again. May be repeated, which finishes what
   * another thread may have begun, as long as nobody has taken the place. False if it had left, or was not there.
   * The caller then clears its bits (`idle.ts`) and unparks everybody.
   */
  die(index: number): boolean {
    if (!this.giveUp(index, Status.DEAD)) {
      const word = load(this.words, this.block(index) + STATUS);
      if ((word & STATUS_MASK) !== Status.DEAD) return false;
      this.reset(index, word >>> INCARNATION_SHIFT);
    }
    // Last: who sees it finds the rest done (invariant 2).
    add(this.words, DEATHS, 1);
    return true;
  }

  private giveUp(index: number, status: Status): boolean {
    const at = this.block(index) + STATUS;
    for (;;) {
      const word = load(this.words, at);
      const before = word & STATUS_MASK;
      if (before !== Status.ALIVE && before !== Status.STOPPING) return false;
      const incarnation = (word >>> INCARNATION_SHIFT) + 1;
      // DEAD until the mailbox is reset, so that nobody takes the place before.
      const next = (incarnation << INCARNATION_SHIFT) | Status.DEAD;
      if (compareExchange(this.words, at, word, next) !== word) continue;
      this.reset(index, incarnation);
      if (status === Status.FREE) compareExchange(this.words, at, next, next & ~STATUS_MASK);
      return true;
    }
  }

  /** Drops the mail of the former incarnation; what is posted to it later is refused by the head. */
  private reset(index: number, incarnation: number): void {
    const { words } = this;
    const block = this.block(index);
    // By exchange, both: whoever else declares the death gets none of it.
    disown(words, exchange(words, block + MAILBOX, emptyMailbox(incarnation)));
    disown(words, exchange(words, block + IN_HAND, 0));
    store(words, block + PARK, 0);
  }

  /** The place's status. */
  statusOf(index: number): Status {
    return (load(this.words, this.block(index) + STATUS) & STATUS_MASK) as Status;
  }

  /** The role of the thread that has the place, or had it last. */
  roleOf(index: number): Role {
    return ((load(this.words, this.block(index) + STATUS) >>> ROLE_SHIFT) & 3) as Role;
  }

  /** How often the place was given up; not 0 for one that inherits something. */
  incarnationOf(index: number): number {
    return load(this.words, this.block(index) + STATUS) >>> INCARNATION_SHIFT;
  }

  /** The reference to whoever has the place now. */
  refOf(index: number): number {
    return index | ((this.incarnationOf(index) & REF_INCARNATIONS) << INDEX_BITS);
  }

  /** Whether the thread that got this reference still takes part. */
  isCurrent(ref: number): boolean {
    return this.refOf(ref & INDEX_MASK) === ref;
  }

  /** One more than the highest index that was ever taken. */
  get used(): number {
    return load(this.words, USED);
  }

  /** How often somebody died. */
  get deaths(): number {
    return load(this.words, DEATHS);
  }

  /** Says that the runtime shuts down; true the first time. */
  close(): boolean {
    return exchange(this.words, CLOSED, 1) === 0;
  }

  /** Whether the runtime shuts down. */
  get isClosed(): boolean {
    return load(this.words, CLOSED) !== 0;
  }
}
