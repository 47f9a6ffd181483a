/**
 * The cell of a task that any thread may start: its state, and what goes with it.
 *
 * **Layout.** 32 words:
 *
 *     0 STATE         bits 0–2 phase (FREE 0, QUEUED 1, STARTED 2, DONE 3, WAITING 4: see waiters.ts)
 *                     bit 3 CANCELLED, bit 4 DETACHED, bit 5 ABORT_MAILED
 *                     bits 6–12 ticket, bits 13–31 reference to the executor (participants.ts)
 *     1 SPAWNER       reference to the spawner
 *     2, 3, 4         links of the lists that it may be in: done mail (or free list), abort mail, wake mail
 *     4 OUTCOME       how it ended, for whoever encodes it (a task gets no wake mail)
 *     5, 6            the task's id, low and high word
 *     7 KEY           the function's key (key-table.ts)
 *     8, 9            payload block of the arguments (0: inline) and their length in bytes
 *     10, 11          the same of the result
 *     12–31 INLINE    80 bytes of payload
 *
 * An *entry* (what rings and outboxes hold) is the cell's number (its address / 32) in bits 7–31 and its ticket in
 * bits 0–6; it is never 0.
 *
 * **Who writes.** The spawner makes a cell QUEUED, and sets CANCELLED, DETACHED and ABORT_MAILED. Whoever has taken an entry
 * makes it STARTED; that executor alone makes it DONE and clears ABORT_MAILED. All other words are plain: they are the
 * spawner's until the cell is QUEUED, the executor's from STARTED to DONE, and the spawner's again when the mail has come.
 *
 * **Transitions.** free → QUEUED (enqueue); QUEUED → STARTED (claim, withdraw), → QUEUED with the next ticket (reoffer);
 * STARTED → DONE (complete). A cell in its owner's free list is FREE or DONE: giving it back costs no write.
 *
 * **Invariants.**
 * 1. Of all entries for a cell one claim succeeds each time it is QUEUED; the others are stale and dropped.
 * 2. A cell comes back to its spawner once: by the mail that `complete` or else `takeAbort` asks for, or, if the executor has
 *    died, by `fate`.
 * 3. When it comes back it is in no list: mail for an abort is bound to arrive at a live executor, which sends the cell back
 *    only after it; what was posted to a dead one is gone (participants.ts, invariant 2).
 * 4. CANCELLED is never cleared while the task lasts, so a second abort changes nothing.
 */
import { compareExchange, load, store } from "@treadle/core/shared";
import { CELL_WORDS } from "./layout.ts";
import type { Participants } from "./participants.ts";

/** The state's word. */
export const STATE: number = 0;
/** The reference to the spawner. */
export const SPAWNER: number = 1;
/** The links, by kind of mail. */
export const LINKS: number = 2;
/** How the task ended. */
export const OUTCOME: number = 4;
/** The task's id, low word. */
export const ID_LOW: number = 5;
/** The task's id, high word. */
export const ID_HIGH: number = 6;
/** The function's key. */
export const KEY: number = 7;
/** The arguments' payload block, 0 if they are inline. */
export const ARGS_BLOCK: number = 8;
/** The arguments' length in bytes. */
export const ARGS_LENGTH: number = 9;
/** The result's payload block, 0 if it is inline. */
export const RESULT_BLOCK: number = 10;
/** The result's length in bytes. */
export const RESULT_LENGTH: number = 11;
/** The first word of the inline payload. */
export const INLINE: number = 12;
/** Bytes of the inline payload. */
export const INLINE_BYTES: number = (CELL_WORDS - INLINE) * 4;

/** Where a cell stands. */
export const Phase = {
  /** Never used, or given up by its executor because its spawner is gone. */
  FREE: 0,
  /** Waits for somebody to start it. */
  QUEUED: 1,
  /** Somebody runs it. */
  STARTED: 2,
  /** Has ended. */
  DONE: 3,
  /** No task: a waiter's node. */
  WAITING: 4,
} as const;
/** One of {@link Phase}. */
export type Phase = (typeof Phase)[keyof typeof Phase];

/** The spawner has aborted the task. */
export const CANCELLED: number = 1 << 3;
/** The spawner does not want the result, only the cell. */
export const DETACHED: number = 1 << 4;
/** Mail for the abort is on its way to the executor. */
export const ABORT_MAILED: number = 1 << 5;

const PHASE_MASK = 7;
const FLAGS = CANCELLED | DETACHED | ABORT_MAILED;
const TICKET_SHIFT = 6;
const TICKETS = 127;
const TICKET_MASK = TICKETS << TICKET_SHIFT;
const REF_SHIFT = 13;
const ENTRY_SHIFT = 7;
const CELL_SHIFT = 5;

/** The phase in a state. */
export function phaseOf(state: number): Phase {
  return (state & PHASE_MASK) as Phase;
}

/** The reference to the executor in a state. */
export function executorOf(state: number): number {
  return state >>> REF_SHIFT;
}

/** The address of the cell that an entry names. */
export function cellOf(entry: number): number {
  return (entry >>> ENTRY_SHIFT) << CELL_SHIFT;
}

function entryOf(cell: number, state: number): number {
  return ((cell >>> CELL_SHIFT) << ENTRY_SHIFT) | ((state & TICKET_MASK) >>> TICKET_SHIFT);
}

/** The node is nobody's now: its executor or waker has let go of it, and its owner is gone. */
export function giveUp(words: Int32Array, node: number): void {
  const at = node + STATE;
  store(words, at, load(words, at) & TICKET_MASK);
}

/** What an abort came to. */
export const Abort = {
  /** The task has ended or was aborted before. */
  NOTHING: 0,
  /** Whoever claims it will see it. */
  MARKED: 1,
  /** The abort mail must be posted to the executor now. */
  MAIL: 2,
} as const;
/** One of {@link Abort}. */
export type Abort = (typeof Abort)[keyof typeof Abort];

/** What has become of a cell whose spawner has seen somebody die. */
export const Fate = {
  /** Its executor lives: it comes back by mail. */
  RUNNING: 0,
  /** Nobody has started it: its entry may be lost, so offer it again. */
  QUEUED: 1,
  /** Its executor has died over it: it is the spawner's now. */
  LOST: 2,
  /** It has ended, and its executor has died since: it is the spawner's now, with its result. */
  DONE: 3,
} as const;
/** One of {@link Fate}. */
export type Fate = (typeof Fate)[keyof typeof Fate];

/** The transitions of cells. */
export class Cells {
  private readonly words: Int32Array;

  constructor(words: Int32Array) {
    this.words = words;
  }

  /** Spawner: the cell is ready to be started; answers the entry to push. Write its other words before. */
  enqueue(cell: number): number {
    // Plain would do for the fields, but a stale claim may look at the state at any time.
    const ticket = load(this.words, cell + STATE) & TICKET_MASK;
    store(this.words, cell + STATE, ticket | Phase.QUEUED);
    return entryOf(cell, ticket);
  }

  /** As `enqueue`, for a task whose result nobody wants. */
  enqueueDetached(cell: number): number {
    const ticket = load(this.words, cell + STATE) & TICKET_MASK;
    store(this.words, cell + STATE, ticket | Phase.QUEUED | DETACHED);
    return entryOf(cell, ticket);
  }

  /**
   * Starts what a taken entry names, as the executor `ref`; answers the state, whose CANCELLED says that it is not to be run
   * at all but completed; 0 if the entry is stale and to be dropped.
   */
  claim(entry: number, ref: number): number {
    const at = cellOf(entry) + STATE;
    const ticket = (entry & TICKETS) << TICKET_SHIFT;
    // Almost always nothing was aborted or detached.
    let state = ticket | Phase.QUEUED;
    for (;;) {
      const next = (state & (TICKET_MASK | FLAGS)) | Phase.STARTED | (ref << REF_SHIFT);
      const found = compareExchange(this.words, at, state, next);
      if (found === state) return next;
      if ((found & (PHASE_MASK | TICKET_MASK)) !== (ticket | Phase.QUEUED)) return 0;
      // The spawner has set a flag: once more with it.
      state = found;
    }
  }

  /** Spawner: takes a cell back that nobody has started; true if it did. Its entry is stale then. */
  withdraw(cell: number): boolean {
    const at = cell + STATE;
    for (;;) {
      const state = load(this.words, at);
      if ((state & PHASE_MASK) !== Phase.QUEUED) return false;
      const next = (state + (1 << TICKET_SHIFT)) & TICKET_MASK;
      if (compareExchange(this.words, at, state, next) === state) return true;
    }
  }

  /** Spawner: makes all entries of a queued cell stale; answers the new one, or 0 if it has been started. */
  reoffer(cell: number): number {
    const at = cell + STATE;
    for (;;) {
      const state = load(this.words, at);
      if ((state & PHASE_MASK) !== Phase.QUEUED) return 0;
      const ticket = (state + (1 << TICKET_SHIFT)) & TICKET_MASK;
      const next = (state & ~TICKET_MASK) | ticket;
      if (compareExchange(this.words, at, state, next) === state) return entryOf(cell, ticket);
    }
  }

  /** Spawner: asks for the task's end. On `MAIL` post the cell as abort mail to {@link Cells.executor}. */
  abort(cell: number): Abort {
    const at = cell + STATE;
    let state = load(this.words, at);
    for (;;) {
      if ((state & CANCELLED) !== 0 || (state & PHASE_MASK) === Phase.DONE) return Abort.NOTHING;
      const queued = (state & PHASE_MASK) === Phase.QUEUED;
      const next = state | (queued ? CANCELLED : CANCELLED | ABORT_MAILED);
      const found = compareExchange(this.words, at, state, next);
      if (found === state) return queued ? Abort.MARKED : Abort.MAIL;
      // It has been started, or has ended, meanwhile.
      state = found;
    }
  }

  /** Spawner: says that the result is not wanted; false if the task has ended. The cell comes back all the same. */
  detach(cell: number): boolean {
    const at = cell + STATE;
    let state = load(this.words, at);
    while ((state & PHASE_MASK) !== Phase.DONE) {
      const found = compareExchange(this.words, at, state, state | DETACHED);
      if (found === state) return true;
      state = found;
    }
    return false;
  }

  /** Executor: whether somebody still wants the result; it may be no more the moment after. */
  isWanted(cell: number): boolean {
    return (load(this.words, cell + STATE) & DETACHED) === 0;
  }

  /** Executor: the abort mail has come; true if the task had ended before, so that the cell is to be mailed back now. */
  takeAbort(cell: number): boolean {
    const at = cell + STATE;
    let state = load(this.words, at);
    for (;;) {
      const found = compareExchange(this.words, at, state, state & ~ABORT_MAILED);
      if (found === state) return (state & PHASE_MASK) === Phase.DONE;
      // The spawner has detached it.
      state = found;
    }
  }

  /**
   * Executor: the task has ended and its result is written; true if the cell is to be mailed to its spawner now, false if that
   * falls to {@link Cells.takeAbort}.
   */
  complete(cell: number): boolean {
    const at = cell + STATE;
    let state = load(this.words, at);
    for (;;) {
      const found = compareExchange(this.words, at, state, (state & ~PHASE_MASK) | Phase.DONE);
      if (found === state) return (state & ABORT_MAILED) === 0;
      // The spawner has set a flag.
      state = found;
    }
  }

  /** Executor: the spawner is gone (its mailbox has refused the cell); whoever inherits its cells may take this one. */
  abandon(cell: number): void {
    giveUp(this.words, cell);
  }

  /**
   * Spawner, for a cell that has not come back, after having seen `deaths` go up and having taken in all mail since: what is
   * to be done with it.
   */
  fate(cell: number, participants: Participants): Fate {
    const state = load(this.words, cell + STATE);
    const phase = state & PHASE_MASK;
    if (phase === Phase.QUEUED) return Fate.QUEUED;
    if (participants.isCurrent(executorOf(state))) return Fate.RUNNING;
    return phase === Phase.DONE ? Fate.DONE : Fate.LOST;
  }

  /** The state now. */
  state(cell: number): number {
    return load(this.words, cell + STATE);
  }

  /** The reference to the executor of a cell that was started. */
  executor(cell: number): number {
    return executorOf(load(this.words, cell + STATE));
  }

  /** The reference to the spawner; plain: it does not change while the cell is out. */
  spawner(cell: number): number {
    return this.words[cell + SPAWNER]!;
  }
}
