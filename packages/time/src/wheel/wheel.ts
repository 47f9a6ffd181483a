/**
 * The hierarchical timing wheel: what is due by a given tick, in order, with O(1) insert and remove.
 *
 * Algorithm: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987), with the level rule of the Linux
 * kernel and of Tokio: an entry lies on the level of the highest base-64 digit in which its tick differs from `elapsed`.
 *
 * **Layout.** 6 levels of 64 slots; `heads[i]` and `tails[i]` are slot `i % 64` of level `i / 64`, an intrusive doubly
 * linked list. Two lists more: `DUE`, entries that are to be taken now, and `NEVER`, entries whose tick is Infinity.
 * `occupied[2 * level]` and the word after it hold one bit per slot, low slots first.
 *
 * **Who writes.** Only the wheel writes `before`, `after` and `slot` of an entry. `when` is the entry's true tick: the
 * wheel writes it on insert, and {@link Wheel.extend} on an entry that stays in its slot.
 *
 * **Transitions** of an entry: unlinked -> slot (insert) -> lower slot (its slot began) -> due (its tick came)
 * -> unlinked (poll), and from anywhere -> unlinked (remove).
 *
 * **Invariants.**
 * 1. `elapsed` never falls, and every entry in a slot has `when > elapsed`.
 * 2. On levels below the top all occupied slots lie after the slot of `elapsed`: the lowest set bit is the next one.
 * 3. The lowest level with an occupied slot holds the next expiration.
 * 4. Of two entries with the same tick the one inserted first is never on a lower level than the other, and lists are
 *    appended at the tail and cascaded from the head: same tick means first in, first out. (An extended entry counts
 *    as inserted when its old slot fires.)
 */
import {
  LEVELS,
  levelOf,
  lowestBit,
  nextBitAfter,
  SLOTS_PER_LEVEL,
  slotOf,
  slotStart,
  TOP,
  topSlotStart,
} from "./level.ts";

/** `slot` of an entry that is in no list. */
export const UNLINKED = -1;
/** `slot` of an entry that is due. */
export const DUE: number = LEVELS * SLOTS_PER_LEVEL;
/** `slot` of an entry that never becomes due. */
export const NEVER: number = DUE + 1;
/**
 * The last tick there is; deadlines beyond it, other than Infinity, are taken for it. Half of what doubles count exactly,
 * so that the clock's time at a tick is exact too.
 */
export const MAX_TICK: number = 2 ** 52;

/** What a thing must carry to be put into a `Wheel`; the wheel owns all four fields. */
export interface WheelEntry {
  before: WheelEntry | null;
  after: WheelEntry | null;
  /** The list it is in; `UNLINKED` when in none. */
  slot: number;
  /** The tick at which it is due. */
  when: number;
}

/** A timer wheel over entries of one kind; knows ticks only, no clock. */
export class Wheel<E extends WheelEntry> {
  /** All ticks up to this one have been dealt with. */
  elapsed = 0;
  /** How many entries are in it, those that never become due not counted. */
  size = 0;
  /**
   * The first entry of each list. Its `before` is the last one, so that a list is one word of this old array: each store of
   * a young entry in it goes into the collector's remembered set.
   */
  private readonly heads: (WheelEntry | null)[] = new Array(NEVER + 1).fill(null);
  private readonly occupied: Int32Array = new Int32Array(2 * LEVELS);
  /** Found by {@link findNext}: the slot that begins next. */
  private nextSlot = 0;

  /** Moves an empty wheel on to `tick`, so that what is then inserted needs no cascading down from there. */
  startAt(tick: number): void {
    if (tick > this.elapsed) this.elapsed = tick;
  }

  /** Puts an unlinked entry in; false, and nothing done, when its tick has already passed. */
  insert(entry: E, when: number): boolean {
    if (when <= this.elapsed) return false;
    entry.when = when;
    this.place(entry);
    if (when !== Infinity) this.size++;
    return true;
  }

  /** Puts an unlinked entry whose tick has passed among those that are due, ordered by their ticks. */
  insertDue(entry: E, when: number): void {
    entry.when = when;
    this.size++;
    this.append(entry, DUE);
    const head = this.heads[DUE] as WheelEntry;
    let later = entry.before as WheelEntry;
    if (entry === head || later.when <= when) return;
    this.unlink(entry);
    while (later !== head && (later.before as WheelEntry).when > when)
      later = later.before as WheelEntry;
    this.linkBefore(entry, later, DUE);
  }

  /** Takes an entry out; nothing happens when it is in no list. */
  remove(entry: E): void {
    if (entry.slot === UNLINKED) return;
    if (entry.slot !== NEVER) this.size--;
    this.unlink(entry);
  }

  /** Makes an entry due later without moving it; false when only removing and inserting it can do that. */
  extend(entry: E, when: number): boolean {
    if (entry.slot < 0 || entry.slot >= DUE || when < entry.when || when === Infinity) return false;
    entry.when = when;
    return true;
  }

  /** The tick at which {@link poll} has something to do next, at or before the next due entry; Infinity if never. */
  nextExpiration(): number {
    if (this.size === 0) return Infinity;
    return this.heads[DUE] !== null ? this.elapsed : this.findNext();
  }

  /** Takes out the next entry that is due by tick `now`, or answers null. */
  poll(now: number): E | null {
    if (!this.settle(now)) return null;
    const entry = this.heads[DUE] as E;
    this.size--;
    this.unlink(entry);
    return entry;
  }

  /** Moves `elapsed` on towards `now` until an entry is due; false when none is by then. */
  settle(now: number): boolean {
    while (this.heads[DUE] === null) {
      const next = this.size === 0 ? Infinity : this.findNext();
      if (next > now) {
        if (now > this.elapsed) this.elapsed = now;
        return false;
      }
      this.elapsed = next;
      this.cascade(this.nextSlot, next);
    }
    return true;
  }

  /** Takes out any entry, those that never become due too; null when the wheel is empty. */
  takeAny(): E | null {
    for (let slot = 0; slot <= NEVER; slot++) {
      const entry = this.heads[slot] as E | null;
      if (entry === null) continue;
      this.remove(entry);
      return entry;
    }
    return null;
  }

  /** Empties the slot that has just begun: what is due becomes so, the rest moves to lower levels. */
  private cascade(slot: number, tick: number): void {
    let entry = this.heads[slot] as WheelEntry | null;
    this.heads[slot] = null;
    this.clearBit(slot);
    while (entry !== null) {
      const next: WheelEntry | null = entry.after;
      if (entry.when <= tick) this.append(entry, DUE);
      else this.place(entry);
      entry = next;
    }
  }

  private place(entry: WheelEntry): void {
    const when = entry.when;
    if (when === Infinity) {
      this.append(entry, NEVER);
      return;
    }
    const level = levelOf(this.elapsed, when);
    const slot = slotOf(when, level);
    this.occupied[2 * level + (slot >>> 5)]! |= 1 << (slot & 31);
    this.append(entry, level * SLOTS_PER_LEVEL + slot);
  }

  private append(entry: WheelEntry, slot: number): void {
    const head = this.heads[slot] as WheelEntry | null;
    entry.slot = slot;
    entry.after = null;
    if (head === null) {
      entry.before = entry;
      this.heads[slot] = entry;
      return;
    }
    const last = head.before as WheelEntry;
    entry.before = last;
    last.after = entry;
    head.before = entry;
  }

  private linkBefore(entry: WheelEntry, next: WheelEntry, slot: number): void {
    const before = next.before as WheelEntry;
    entry.slot = slot;
    entry.before = before;
    entry.after = next;
    next.before = entry;
    if (this.heads[slot] === next) this.heads[slot] = entry;
    else before.after = entry;
  }

  private unlink(entry: WheelEntry): void {
    const slot = entry.slot;
    const after = entry.after;
    const head = this.heads[slot] as WheelEntry;
    const before = entry.before as WheelEntry;
    if (entry === head) {
      this.heads[slot] = after;
      if (after !== null) after.before = before;
      else if (slot < DUE) this.clearBit(slot);
    } else {
      before.after = after;
      if (after !== null) after.before = before;
      else head.before = before;
    }
    entry.slot = UNLINKED;
    entry.before = null;
    entry.after = null;
  }

  private clearBit(slot: number): void {
    // A level has two words and 64 slots: word `slot / 32` of all.
    this.occupied[slot >>> 5]! &= ~(1 << (slot & 31));
  }

  /** Finds the slot that begins next, keeps it in `nextSlot` and answers its first tick; Infinity when there is none. */
  private findNext(): number {
    const occupied = this.occupied;
    for (let level = 0; level < TOP; level++) {
      const low = occupied[2 * level] as number;
      const high = occupied[2 * level + 1] as number;
      if ((low | high) === 0) continue;
      const slot = lowestBit(low, high);
      this.nextSlot = level * SLOTS_PER_LEVEL + slot;
      return slotStart(this.elapsed, level, slot);
    }
    return this.findNextOnTop(occupied[2 * TOP] as number, occupied[2 * TOP + 1] as number);
  }

  private findNextOnTop(low: number, high: number): number {
    if ((low | high) === 0) return Infinity;
    const slot = nextBitAfter(low, high, slotOf(this.elapsed, TOP));
    this.nextSlot = TOP * SLOTS_PER_LEVEL + slot;
    return topSlotStart(this.elapsed, slot);
  }
}
