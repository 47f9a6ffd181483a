/**
 * A lock on one shared word that survives the death of its holder.
 *
 * **Layout.** Bits 0–19: one more than the reference to the thread that has the lock, 0 if none has; bit 30: somebody sleeps.
 * **Who writes.** Who takes it, by compare-and-swap; its holder, by exchange; who sleeps sets bit 30.
 * **Transitions.** free -> held -> free; held by a thread that is gone -> held by who has found that out, who is told.
 * **Invariants.**
 * 1. One living thread has it. Nothing that may wait, fail or call back runs meanwhile: words are changed, no more.
 * 2. Who sleeps has set bit 30 before, and has it set when it gets the lock, as others may sleep too; who gives the lock back
 *    with bit 30 set wakes one. A sleep is short all the same, for the holder may be gone without a word.
 */
import type { SharedHost } from "@treadle/core";
import { compareExchange, exchange, load, notify, wait } from "@treadle/core/shared";

const HOLDER = (1 << 20) - 1;
const SLEEPERS = 1 << 30;
/** How often a taken lock is looked at before its thread sleeps: it is held for less than a microsecond. */
export const lockTuning: { spins: number } = { spins: 200 };
const SLEEP_MS = 1;

/** A lock, as one thread sees it. */
export class RobustLock {
  private readonly host: SharedHost;
  private readonly at: number;
  private readonly me: number;

  /** The lock whose word is at `at`. */
  constructor(host: SharedHost, at: number) {
    this.host = host;
    this.at = at;
    this.me = host.ref + 1;
  }

  /** Takes the lock; true when its holder has died, and what it guards is perhaps half changed. */
  take(): boolean {
    const found = compareExchange(this.host.words, this.at, 0, this.me);
    return found === 0 ? false : this.contend(found);
  }

  /** Gives the lock back. */
  give(): void {
    const { words } = this.host;
    if ((exchange(words, this.at, 0) & SLEEPERS) !== 0) notify(words, this.at, 1);
  }

  private contend(found: number): boolean {
    let { me } = this;
    let word = found;
    for (let looks = 0; ; looks++) {
      const dead = word !== 0 && !this.host.isCurrent((word & HOLDER) - 1);
      if (word === 0 || dead) {
        const seen = compareExchange(this.host.words, this.at, word, me | (word & SLEEPERS));
        if (seen === word) return dead;
        word = seen;
        continue;
      }
      if (looks >= lockTuning.spins) {
        me = this.me | SLEEPERS;
        this.sleep(word);
      }
      word = load(this.host.words, this.at);
    }
  }

  private sleep(word: number): void {
    const { words } = this.host;
    const asleep = word | SLEEPERS;
    if (asleep !== word && compareExchange(words, this.at, word, asleep) !== word) return;
    if (wait(words, this.at, asleep, SLEEP_MS) === "timed-out")
      this.host.suspect((word & HOLDER) - 1);
  }
}
