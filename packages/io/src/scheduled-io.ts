/**
 * The readiness of one source, and who waits for it.
 *
 * **Layout.** One word: bits 0-15 readiness, 16-30 the tick (15 bits), 31 shutdown. Of the readiness, bits 8 and 9 say that
 * nobody knows and an operation that tries finds out; no event and no wait sees them. A reader's and a writer's slot,
 * each for the last task that polled; a list of waits, intrusive, in the order in which they began.
 * **Who writes.** The driver's thread alone, so the word is plain.
 * **Transitions.** `setReadiness`: bits are added, the tick goes up. `clearReadiness`: bits are taken away if the tick is
 * still that of the event. `clear`: bits are taken away by whoever has just seen that they are used up, with no turn of the
 * driver in between. `shutdown`: for good.
 *
 * **Invariants.**
 * 1. `clearReadiness` never takes READ_CLOSED and WRITE_CLOSED away.
 * 2. A wait is in the list exactly while it is WAITING; `owner.waiting` counts the list and the occupied slots.
 */
import type { Waker } from "@treadle/core";
import { ReadyEvent } from "./event.ts";
import { READ_CLOSED, READABLE, Ready, WRITABLE, WRITE_CLOSED } from "./ready.ts";

const READINESS_MASK = 0xffff;
const TICK_SHIFT = 16;
const TICK_MASK = 0x7fff;
const SHUTDOWN = 1 << 31;

/** Whether it can be read is not known. */
export const MAYBE_READ: number = 1 << 8;
/** Whether it can be written is not known. */
export const MAYBE_WRITE: number = 1 << 9;

/** Which of the two slots. */
export type Direction = "read" | "write";

const READ_MASK = READABLE | READ_CLOSED;
const WRITE_MASK = WRITABLE | WRITE_CLOSED;

/** A wait in the list of a source. */
export interface IoWaiter {
  /** @internal */
  before: IoWaiter | null;
  /** @internal */
  after: IoWaiter | null;
  /** Which readiness ends it. */
  readonly mask: number;
  /** Its event has come; it is no longer in the list. */
  fire(): void;
}

/** Who counts the waits of all sources together. */
export interface WaitCounter {
  waiting: number;
}

/** One source in its driver's slab. */
export class ScheduledIo {
  /** The number under which the system knows it. */
  readonly token: number;
  private readonly owner: WaitCounter;
  private word: number;
  private reader: Waker | null;
  private writer: Waker | null;
  private first: IoWaiter | null;
  private last: IoWaiter | null;

  constructor(token: number, owner: WaitCounter, word = 0) {
    this.token = token;
    this.owner = owner;
    this.word = word;
    this.reader = null;
    this.writer = null;
    this.first = null;
    this.last = null;
  }

  /** What of `mask` it is ready for now. */
  readyBits(mask: number): number {
    return this.word & READINESS_MASK & mask;
  }

  isShutdown(): boolean {
    return (this.word & SHUTDOWN) !== 0;
  }

  /** The observation of what it is ready for now. */
  event(mask: number): ReadyEvent {
    const { word } = this;
    return new ReadyEvent(Ready.of(word & READINESS_MASK & mask), this.tick());
  }

  private tick(): number {
    return (this.word >>> TICK_SHIFT) & TICK_MASK;
  }

  /** Adds what the system reported, and wakes whom it concerns. */
  setReadiness(bits: number): void {
    const tick = (this.tick() + 1) & TICK_MASK;
    this.word = (this.word & (SHUTDOWN | READINESS_MASK)) | (tick << TICK_SHIFT) | bits;
    this.wake(bits);
  }

  /** Takes away what an operation found used up; false when newer readiness has come since the event. */
  clearReadiness(event: ReadyEvent): boolean {
    if (event.tick !== this.tick()) return false;
    this.word &= ~(event.ready.bits & ~(READ_CLOSED | WRITE_CLOSED));
    return true;
  }

  /** Takes readiness away that an operation has just found used up. */
  clear(bits: number): void {
    this.word &= ~bits;
  }

  /** Ends all waits; every operation fails from now on. */
  shutdown(): void {
    this.word |= SHUTDOWN;
    this.wake(READINESS_MASK);
  }

  /** Puts a waker into a slot; the last caller wins. */
  setSlot(direction: Direction, waker: Waker): void {
    if (direction === "read") {
      if (this.reader === null) this.owner.waiting++;
      this.reader = waker;
    } else {
      if (this.writer === null) this.owner.waiting++;
      this.writer = waker;
    }
  }

  /** Puts a wait at the end of the list. */
  addWaiter(waiter: IoWaiter): void {
    const { last } = this;
    waiter.before = last;
    waiter.after = null;
    if (last === null) this.first = waiter;
    else last.after = waiter;
    this.last = waiter;
    this.owner.waiting++;
  }

  /** Takes a wait out of the list. */
  removeWaiter(waiter: IoWaiter): void {
    const { before, after } = waiter;
    if (before === null) this.first = after;
    else before.after = after;
    if (after === null) this.last = before;
    else after.before = before;
    waiter.before = null;
    waiter.after = null;
    this.owner.waiting--;
  }

  private wake(bits: number): void {
    if ((bits & READ_MASK) !== 0 && this.reader !== null) {
      const { reader } = this;
      this.reader = null;
      this.owner.waiting--;
      reader.wake();
    }
    if ((bits & WRITE_MASK) !== 0 && this.writer !== null) {
      const { writer } = this;
      this.writer = null;
      this.owner.waiting--;
      writer.wake();
    }
    let waiter = this.first;
    while (waiter !== null) {
      const { after } = waiter as IoWaiter;
      if ((waiter.mask & bits) !== 0) {
        this.removeWaiter(waiter);
        waiter.fire();
      }
      waiter = after;
    }
  }
}

/** The readiness that a slot waits for. */
export function maskOfDirection(direction: Direction): number {
  return direction === "read" ? READ_MASK : WRITE_MASK;
}
