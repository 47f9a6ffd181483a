/**
 * A semaphore that threads share: counted permits and one line for all who wait for them.
 *
 * **Layout.** Words TOTAL (all permits there are), FREE and CLOSED. A record's
 * word HELD: the permits that its thread has been given. A node's words NEED and GOT. Its STATE is ASSIGNED
 * once GOT is NEED, REFUSED when the semaphore was closed before.
 * **Transitions.** As those of `permit-pool.ts`.
 * **Invariants.**
 * 1. While somebody misses permits none is free, so who comes later cannot overtake; who has got all its permits stands before
 *    all who have not.
 * 2. FREE + what is held + what nodes have got = TOTAL. After a death FREE is made anew from this: so what a thread had, had got
 *    in line or had just in hand comes back, exactly, wherever it died.
 */
import type { SharedHost } from "@treadle/core";
import { load } from "@treadle/core/shared";
import { createGuarded } from "./guarded.ts";
import {
  Leaves,
  LINED_MEMBER_REST,
  LINED_NODE_REST,
  LINED_REST,
  type LineWait,
  SharedLine,
} from "./shared-line.ts";

const TOTAL = LINED_REST;
const FREE = LINED_REST + 1;
const CLOSED = LINED_REST + 2;
const SEMAPHORE_WORDS = LINED_REST + 3;
const HELD = LINED_MEMBER_REST;
const NEED = LINED_NODE_REST;
const GOT = LINED_NODE_REST + 1;

/** A node's wait has ended: it has all its permits. */
export const ASSIGNED = 1;
/** A node's wait has ended: the semaphore was closed. */
const REFUSED = 2;
/** The permits were taken at once. */
export const TAKEN = 0;
/** Nobody gets permits any more. */
export const CLOSED_NOW: number = -1;
const MUST_WAIT = -2;
/** The most permits that threads can share. */
export const MOST_SHARED: number = 2 ** 30 - 1;

/** Takes the memory of a semaphore with so many permits. */
export function createSemaphore(host: SharedHost, total: number, free: number): number {
  const at = createGuarded(host, SEMAPHORE_WORDS);
  host.words[at + TOTAL] = total;
  host.words[at + FREE] = free;
  return at;
}

/** A semaphore, as one thread sees it. */
export class SharedSemaphore extends SharedLine {
  constructor(host: SharedHost, at: number) {
    super(host, at);
    this.join();
  }

  /** Makes this thread the holder of permits that are out already. */
  adopt(count: number): void {
    this.enter();
    this.words[this.member + HELD] = count;
    this.leave();
  }

  get free(): number {
    return load(this.words, this.at + FREE);
  }

  get isClosed(): boolean {
    return load(this.words, this.at + CLOSED) !== 0;
  }

  /** Takes permits if so many are free. */
  tryTake(count: number): boolean {
    this.enter();
    const took = this.takeNow(count);
    this.leave();
    return took;
  }

  private takeNow(count: number): boolean {
    const { words, at, member } = this;
    const free = words[at + FREE] as number;
    if (free < count) return false;
    this.put(FREE, free - count);
    (words[member + HELD] as number) += count;
    return true;
  }

  /** Takes permits, or stands in line for them: answers the node then, {@link TAKEN}, or {@link CLOSED_NOW}. */
  queue(count: number, wait: LineWait): number {
    // Registered first: what changes after the look is told.
    this.arm();
    const node = this.makeNode();
    this.words[node + NEED] = Math.min(count, MOST_SHARED + 1);
    this.enter();
    const found = this.tryNow(count);
    if (found === MUST_WAIT) {
      this.enrol(node, wait);
      this.serve();
    }
    this.leave();
    if (found === MUST_WAIT) return node;
    this.host.free(node);
    return found;
  }

  private tryNow(count: number): number {
    if (this.words[this.at + CLOSED] !== 0) return CLOSED_NOW;
    return this.takeNow(count) ? TAKEN : MUST_WAIT;
  }

  /** Gives a wait up that has not been told its end; what it has got goes to the next. */
  giveUp(node: number): void {
    this.giveUpNode(node);
  }

  /** Gives permits back that this thread was given. */
  release(count: number): void {
    this.enter();
    (this.words[this.member + HELD] as number) -= count;
    this.put(FREE, (this.words[this.at + FREE] as number) + count);
    this.serve();
    this.leave();
  }

  /** Adds new permits; false when there would be too many. */
  addPermits(count: number): boolean {
    const { words, at } = this;
    this.enter();
    const fits = (words[at + TOTAL] as number) + count <= MOST_SHARED;
    if (fits) {
      (words[at + TOTAL] as number) += count;
      this.put(FREE, (words[at + FREE] as number) + count);
      this.serve();
    }
    this.leave();
    return fits;
  }

  /** Takes at most so many free permits out for good; answers how many. */
  forget(count: number): number {
    const { words, at } = this;
    this.enter();
    const free = words[at + FREE] as number;
    const gone = Math.min(count, free);
    (words[at + TOTAL] as number) -= gone;
    this.put(FREE, free - gone);
    this.leave();
    return gone;
  }

  /** Permits that this thread was given are never given back. */
  forgetHeld(count: number): void {
    this.enter();
    (this.words[this.member + HELD] as number) -= count;
    (this.words[this.at + TOTAL] as number) -= count;
    this.leave();
  }

  /** Fails all who wait, and whoever waits later. */
  close(): void {
    this.enter();
    this.put(CLOSED, 1);
    this.refuseAll();
    this.leave();
  }

  /** This thread has no use of it any more. */
  leaveForGood(): void {
    this.detach();
  }

  // Lock held

  /** Gives what is free to those who wait, in their order. */
  private serve(): void {
    const { words, at } = this;
    for (let node = this.firstWaiting; node !== 0; node = this.firstWaiting) {
      const free = words[at + FREE] as number;
      const got = words[node + GOT] as number;
      const given = Math.min(free, (words[node + NEED] as number) - got);
      this.put(FREE, free - given);
      words[node + GOT] = got + given;
      if (got + given !== words[node + NEED]) return;
      this.end(node, ASSIGNED);
    }
  }

  private refuseAll(): void {
    const { words, at } = this;
    for (let node = this.firstWaiting; node !== 0; node = this.firstWaiting) {
      this.put(FREE, (words[at + FREE] as number) + (words[node + GOT] as number));
      words[node + GOT] = 0;
      this.end(node, REFUSED);
    }
  }

  protected override settle(node: number, why: Leaves): void {
    const { words, at } = this;
    const got = words[node + GOT] as number;
    if (why === Leaves.COLLECTED) (words[this.member + HELD] as number) += got;
    if (why !== Leaves.GIVEN_UP) return;
    this.put(FREE, (words[at + FREE] as number) + got);
    this.serve();
  }

  protected override bury(member: number): void {
    this.words[member + HELD] = 0;
    super.bury(member);
  }

  protected override buried(): void {
    const { words, at, line } = this;
    let out = this.sum(HELD);
    for (let node = line.first; node !== 0; node = line.next(node))
      out += words[node + GOT] as number;
    this.put(FREE, (words[at + TOTAL] as number) - out);
    if (words[at + CLOSED] !== 0) this.refuseAll();
    else this.serve();
  }
}
