/**
 * A thing in shared memory that threads change under a lock, with a record of what each of them has of it.
 *
 * **Layout.** Words REFS (refs.ts), LOCK (robust-lock.ts), DEATHS (how many threads had died when the records were last gone
 * through), MEMBERS (the first record); then what the thing is. A record: the next one, OWNER (one more than the reference to
 * its thread, 0 when it has none), ATTACHED (whether that uses the thing), WAKE (who of that thread waits), and four words that
 * are the thing's.
 * **Who writes.** REFS: anybody, by addition. All else: who has the lock, but for WAKE (`SharedHost.register`, `wakeAll`).
 * **Transitions.** A thread joins with its first use, taking its record, one that nobody has, or a new one; with its last it
 * leaves, and the record stays its own until it dies.
 * **Invariants.**
 * 1. Records stay until the thing is destroyed, so who uses the thing may wake by any record, without the lock.
 * 2. Who enters and finds that a thread has died gives up what its record holds (`bury`), before anything else.
 * 3. Who enters after a holder of the lock has died mends the thing (`mend`): what counts can be made anew from words that are
 *    changed by one write each.
 * 4. Who is to be woken is woken after the lock was given back. A thread that dies before that is known to have died.
 * 5. Words that are read without the lock are written by `put`.
 */
import type { SharedHost } from "@treadle/core";
import { load, store } from "@treadle/core/shared";
import { release } from "./refs.ts";
import { RobustLock } from "./robust-lock.ts";

const LOCK = 1;
const DEATHS = 2;
const MEMBERS = 3;
/** The first word that is the thing's. */
export const GUARDED_REST = 4;

const AFTER = 0;
const OWNER = 1;
const ATTACHED = 2;
/** A record's word of waiters. */
export const WAKE = 3;
/** The first of a record's words that are the thing's. */
export const MEMBER_REST = 4;
const MEMBER_WORDS = 8;

/** Takes memory for a thing of so many words, which nobody else sees yet and one thread uses. */
export function createGuarded(host: SharedHost, words: number): number {
  const at = host.allocate(words);
  host.words[at] = 1;
  host.words[at + DEATHS] = host.deaths();
  return at;
}

/** A thing under a lock, as one thread sees it. */
export abstract class Guarded {
  readonly host: SharedHost;
  readonly at: number;
  protected readonly words: Int32Array;
  /** This thread's record. */
  protected member: number;
  private readonly lock: RobustLock;
  /** Records whose threads are to be woken. */
  private readonly told: number[];

  /** The thing at `at`. */
  constructor(host: SharedHost, at: number) {
    this.host = host;
    this.at = at;
    this.words = host.words;
    this.lock = new RobustLock(host, at + LOCK);
    this.told = [];
    this.member = 0;
  }

  /** This thread has a use of the thing from now on, for which it was counted before. */
  protected join(): void {
    const spare = this.host.allocate(MEMBER_WORDS);
    this.enter();
    this.member = this.takeRecord(spare);
    this.leave();
    if (this.member !== spare) this.host.free(spare);
  }

  /** Makes whole what a holder of the lock that died may have left half changed. */
  protected abstract mend(): void;

  /** Gives up what a record of a dead thread holds. */
  protected abstract bury(member: number): void;

  /** What follows from burials. */
  protected abstract buried(): void;

  /** Frees what the thing holds; nobody uses it any more. */
  protected abstract destroyed(): void;

  /** This thread is to look: somebody has said so while it had the lock itself. */
  protected abstract look(): void;

  /** Lock held: changes a word that is read without it. */
  protected put(word: number, value: number): void {
    store(this.words, this.at + word, value);
  }

  /** Takes the lock. What runs until `leave` only changes words. */
  protected enter(): void {
    const broken = this.lock.take();
    const deaths = this.host.deaths();
    if (!broken && this.words[this.at + DEATHS] === deaths) return;
    this.lookAround(broken, deaths);
  }

  /** Whether a thread has died since the records were last gone through. */
  protected mayHaveDied(): boolean {
    return load(this.words, this.at + DEATHS) !== this.host.deaths();
  }

  /** Gives the lock back and wakes those that were told meanwhile. */
  protected leave(): void {
    this.lock.give();
    if (this.told.length > 0) this.wakeTold();
  }

  /** The thread of a record is to look, once the lock is given back. */
  protected tell(member: number): void {
    if (!this.told.includes(member)) this.told.push(member);
  }

  /** All threads are to look. */
  protected tellAll(): void {
    for (let member = this.firstMember(); member !== 0; member = this.memberAfter(member))
      this.tell(member);
  }

  private wakeTold(): void {
    const told = this.told.splice(0);
    let here = false;
    for (const member of told) {
      if (member === this.member) here = true;
      else this.host.wakeAll(member + WAKE);
    }
    if (here) this.look();
  }

  // Records

  protected firstMember(): number {
    return this.words[this.at + MEMBERS] as number;
  }

  protected memberAfter(member: number): number {
    return this.words[member + AFTER] as number;
  }

  /** The record of a thread, 0 if it has none. */
  protected memberOf(ref: number): number {
    let member = this.firstMember();
    while (member !== 0 && this.words[member + OWNER] !== ref + 1)
      member = this.memberAfter(member);
    return member;
  }

  /** A sum over all records. */
  protected sum(word: number): number {
    let sum = 0;
    for (let member = this.firstMember(); member !== 0; member = this.memberAfter(member))
      sum += this.words[member + word] as number;
    return sum;
  }

  private takeRecord(spare: number): number {
    const { words, at } = this;
    let member = this.memberOf(this.host.ref);
    // One without an owner.
    if (member === 0) member = this.memberOf(-1);
    if (member === 0) {
      member = spare;
      words[member + AFTER] = this.firstMember();
      words[at + MEMBERS] = member;
    }
    words[member + OWNER] = this.host.ref + 1;
    words[member + ATTACHED] = 1;
    return member;
  }

  // Deaths and the end

  private lookAround(broken: boolean, deaths: number): void {
    if (broken) this.mend();
    for (let member = this.firstMember(); member !== 0; member = this.memberAfter(member)) {
      const owner = this.words[member + OWNER] as number;
      if (owner !== 0 && !this.host.isCurrent(owner - 1)) this.buryMember(member);
    }
    this.buried();
    if (broken) this.tellAll();
    this.put(DEATHS, deaths);
  }

  private buryMember(member: number): void {
    this.bury(member);
    const attached = this.words[member + ATTACHED] === 1;
    this.words[member + ATTACHED] = 0;
    this.words[member + OWNER] = 0;
    // This thread has a use too, so it was not the last.
    if (attached) release(this.host, this.at);
  }

  /** This thread uses the thing no more. */
  protected detach(): void {
    this.enter();
    this.words[this.member + ATTACHED] = 0;
    this.leave();
    if (release(this.host, this.at)) this.destroy();
  }

  private destroy(): void {
    const { host, at } = this;
    this.destroyed();
    let member = load(this.words, at + MEMBERS);
    while (member !== 0) {
      const after = this.memberAfter(member);
      // Nodes of waiters that were left there go back to their owners.
      host.wakeAll(member + WAKE);
      host.free(member);
      member = after;
    }
    host.free(at);
  }
}
