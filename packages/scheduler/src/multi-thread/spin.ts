/**
 * Looking a little longer before going to sleep, as long as that pays.
 *
 * A sleep and the wake-up from it cost tens of microseconds; work that comes within a few is better waited for awake. Whether
 * it comes is learned: a spin that found something raises the credit, one that found nothing lowers it. Without credit there
 * is no spin but for a trial, after a number of sleeps so short that one might have found something; each trial that fails
 * doubles that number. What comes while another thread has the core was not found by spinning, but in spite of it: two
 * threads on one core that answer each other must sleep, on two they must not. With a single CPU nothing can come
 * meanwhile, so there is no spinning.
 */
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";

/** The longest spin, in ms. */
const MAX_SPIN_MS = 0.05;
/** The longest trial, in ms: the other thread may have to be woken first. */
const MAX_TRIAL_MS = 0.1;
/** Looks between two readings of the clock; few, for code that is not compiled yet takes microseconds for each. */
const LOOKS = 4;
/** When so much time lies between two readings, in ms, the core was another thread's. */
const PREEMPTED_MS = 0.015;
/** A sleep that was shorter, in ms, might have been a spin: the longest one, and what waking two threads takes. */
const SHORT_SLEEP_MS = 0.2;
const FULL = 16;
const GAIN = 4;
const START = 8;
/** Short sleeps before a trial, at first and at most. */
const FIRST_TRIAL = 4;
const LAST_TRIAL = 256;

/** What tells the time in ms. */
export interface Clock {
  now(): number;
}

/** One thread's habit of spinning. */
export class Spin {
  private readonly enabled: boolean;
  private readonly clock: Clock;
  private credit = START;
  private untilTrial = FIRST_TRIAL;
  private toTrial = FIRST_TRIAL;

  constructor(enabled: boolean = availableParallelism() > 1, clock: Clock = performance) {
    this.enabled = enabled;
    this.clock = clock;
  }

  /** Whether it would look. */
  get isWorthwhile(): boolean {
    return this.enabled && (this.credit > 0 || this.untilTrial === 0);
  }

  /** Looks until `found` answers true or it does not pay; whether something was found. */
  until(found: () => boolean): boolean {
    if (!this.isWorthwhile) return false;
    const { clock } = this;
    const start = clock.now();
    const end = start + (this.credit > 0 ? MAX_SPIN_MS : MAX_TRIAL_MS);
    for (let now = start; ; ) {
      for (let i = 0; i < LOOKS; i++) {
        if (found()) {
          if (clock.now() - now < PREEMPTED_MS) this.paid();
          else this.failed();
          return true;
        }
      }
      const before = now;
      now = clock.now();
      if (now >= end || now - before > PREEMPTED_MS) break;
    }
    this.failed();
    return false;
  }

  private paid(): void {
    this.credit = Math.min(FULL, this.credit + GAIN);
    this.toTrial = FIRST_TRIAL;
  }

  private failed(): void {
    if (this.credit > 0) this.credit--;
    if (this.credit > 0) return;
    this.untilTrial = this.toTrial;
    this.toTrial = Math.min(LAST_TRIAL, this.toTrial * 2);
  }

  /** The thread was woken after it had slept for so long, in ms. */
  slept(ms: number): void {
    if (ms < SHORT_SLEEP_MS && this.untilTrial > 0) this.untilTrial--;
  }
}
