/**
 * Looking a little longer before going to sleep, as long as that pays.
 *
 * A sleep and the wake-up from it cost tens of microseconds; work that comes within a few is better waited for awake. Whether
 * it comes is learned: a spin that found something raises the chance of the next, one that found nothing lowers it, and
 * at the bottom one in many is tried. With a single CPU nothing can come meanwhile, so there is no spinning.
 */
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";

/** The longest spin, in ms. */
const MAX_SPIN_MS = 0.05;
/** Looks between two readings of the clock. */
const LOOKS = 32;
const FULL = 16;
const START = 8;
/** At the bottom, every so many sleeps a spin is tried. */
const TRY_EVERY = 64;

/** One thread's habit of spinning. */
export class Spin {
  private readonly enabled: boolean;
  private credit = START;
  private skipped = 0;

  constructor(enabled: boolean = availableParallelism() > 1) {
    this.enabled = enabled;
  }

  /** Looks until `found` answers true or it does not pay; whether something was found. */
  until(found: () => boolean): boolean {
    if (!this.worthwhile()) return false;
    const end = performance.now() + MAX_SPIN_MS;
    do {
      for (let i = 0; i < LOOKS; i++) {
        if (found()) {
          this.credit = Math.min(FULL, this.credit + 2);
          return true;
        }
      }
    } while (performance.now() < end);
    if (this.credit > 0) this.credit--;
    return false;
  }

  private worthwhile(): boolean {
    if (!this.enabled) return false;
    if (this.credit > 0) return true;
    if (++this.skipped < TRY_EVERY) return false;
    this.skipped = 0;
    return true;
  }
}
