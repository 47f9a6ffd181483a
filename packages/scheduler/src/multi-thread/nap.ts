/**
 * Sleeping for a moment, without telling, while results come in a stream.
 *
 * A thread that waits for tasks of others has its next result within microseconds as long as those have many to run: looking
 * out for each takes a processor that the others could use, and being woken for each costs them a system call. So it lets
 * them gather for {@link NAP_MS}: it sleeps, and to all others it is awake, so that nobody wakes it. What a network driver
 * calls interrupt moderation.
 *
 * Worth it only while a stream goes on for much longer than a nap: by the time between the results so far, what is still to
 * come takes {@link WORTH_MS}. That is a guess, which one result after the other beside many tasks that wait for something
 * belies; so a nap that has gathered little ends the napping, and each such trial doubles the number of sleeps to the next.
 *
 * Waking up has its price too, some 25 µs of processor time. A thread that has nothing else to wait for naps twice as long each
 * time, up to {@link LONGEST_MS} and a {@link SHARE} of what is still to come, as long as results come no more slowly for it:
 * where each of a few callers goes on only when it has its result, a longer nap gathers no more than a short one, and is
 * tried again ever more seldom.
 */
import { performance } from "node:perf_hooks";
import { wait } from "@treadle/core/shared";
import type { Clock } from "./spin.ts";

/** How long a nap is at first, in ms; the system's timers add up to 0.05. */
const NAP_MS = 0.2;
/** How long it becomes, in ms, and of what is still to come. */
const LONGEST_MS = 1;
const SHARE = 1 / 32;
/** How many times longer the time between results may be than after the nap before, for a longer one to be worth it. */
const STEADY = 1.6;
/** How long what is to come must take, in ms, for a nap to be worth it. */
const WORTH_MS = 1;
/** Results that a nap must have gathered for another one. */
const DENSE = 4;
/** Sleeps before a trial, and short naps before a longer one is tried again: at first and at most. */
const FIRST_TRIAL = 4;
const LAST_TRIAL = 256;

/** One thread's habit of napping. */
export class Nap {
  private readonly clock: Clock;
  /** Nobody writes it, nobody notifies it: sleeping on it is only waiting. */
  private readonly word = new Int32Array(new SharedArrayBuffer(4));
  /** When it last counted. */
  private countedAt = 0;
  private results = 0;
  private isNapping = false;
  private untilTrial = FIRST_TRIAL;
  private toTrial = FIRST_TRIAL;
  private ms = NAP_MS;
  /** The time between results until the last nap was over. */
  private lastGap = Number.POSITIVE_INFINITY;
  /** Short naps before a longer one is tried again. */
  private untilLonger = 0;
  private toLonger = FIRST_TRIAL;

  constructor(clock: Clock = performance) {
    this.clock = clock;
  }

  /** A result has come. */
  came(): void {
    this.results++;
  }

  /** Whether to nap instead of going to sleep, while the results of `pending` tasks are to come. */
  isDue(pending: number): boolean {
    const { results } = this;
    // Without a look at the clock, which a call with its result at once should not pay for.
    if (pending < DENSE || results === 0) return this.leave();
    const now = this.clock.now();
    const gap = (now - this.countedAt) / results;
    this.countedAt = now;
    this.results = 0;
    if (gap * pending < WORTH_MS) return this.leave();
    if (!this.isNapping) {
      this.isNapping = --this.untilTrial <= 0;
      return this.isNapping;
    }
    if (results >= DENSE) {
      this.toTrial = FIRST_TRIAL;
      this.stretch(gap, gap * pending * SHARE);
      return true;
    }
    this.toTrial = Math.min(LAST_TRIAL, this.toTrial * 2);
    return this.leave();
  }

  private stretch(gap: number, most: number): void {
    if (this.untilLonger > 0) this.untilLonger--;
    else if (gap > this.lastGap * STEADY) this.shorten();
    else this.lengthen(Math.max(NAP_MS, Math.min(this.ms * 2, LONGEST_MS, most)));
    this.lastGap = gap;
  }

  private lengthen(ms: number): void {
    this.ms = ms;
    if (ms === LONGEST_MS) this.toLonger = FIRST_TRIAL;
  }

  private shorten(): void {
    this.ms = NAP_MS;
    this.untilLonger = this.toLonger;
    this.toLonger = Math.min(LAST_TRIAL, this.toLonger * 2);
  }

  private leave(): false {
    if (this.isNapping) {
      this.isNapping = false;
      this.untilTrial = this.toTrial;
      this.ms = NAP_MS;
      this.untilLonger = 0;
      this.lastGap = Number.POSITIVE_INFINITY;
    }
    return false;
  }

  /** How long it is to nap, in ms, if nothing but results is waited for or if there may be something else. */
  length(onlyResults: boolean): number {
    return onlyResults ? this.ms : NAP_MS;
  }

  /** Naps. */
  sleep(onlyResults: boolean): void {
    wait(this.word, 0, 0, this.length(onlyResults));
  }
}
