/**
 * Whose outboxes may hold something, so that nobody looks into all of them.
 *
 * **Layout.** A bitmap, one bit per participant.
 * **Who writes.** A participant sets its bit after a push; whoever finds its outbox empty clears the bit, looks again, and
 * sets it again if it is not empty.
 * **Invariant.** An outbox that is not empty has its bit set, or somebody is just about to set it: the owner after its push,
 * or who has cleared it and looks again.
 */
import { compareExchange, load } from "@treadle/core/shared";

/** A bitmap of participants. */
export class Offers {
  private readonly words: Int32Array;
  private readonly at: number;

  constructor(words: Int32Array, at: number) {
    this.words = words;
    this.at = at;
  }

  /** Sets a participant's bit; call it after the push. */
  offer(index: number): void {
    const at = this.at + (index >>> 5);
    const bit = 1 << (index & 31);
    let word = load(this.words, at);
    // Set already: whoever clears it will look after that, and so see the push.
    while ((word & bit) === 0) {
      const found = compareExchange(this.words, at, word, word | bit);
      if (found === word) return;
      word = found;
    }
  }

  /** Clears a participant's bit; then look into its outbox once more. */
  withdraw(index: number): void {
    const at = this.at + (index >>> 5);
    const bit = 1 << (index & 31);
    let word = load(this.words, at);
    while ((word & bit) !== 0) {
      const found = compareExchange(this.words, at, word, word & ~bit);
      if (found === word) return;
      word = found;
    }
  }

  /** Whether any bit of the first `count` participants is set. */
  any(count: number): boolean {
    const end = this.at + ((count + 31) >>> 5);
    for (let at = this.at; at < end; at += 1) if (load(this.words, at) !== 0) return true;
    return false;
  }

  /** The first of `count` participants whose bit is set, from `from` on and round; -1 if none. */
  next(from: number, count: number): number {
    if (count === 0) return -1;
    const words = (count + 31) >>> 5;
    const start = from < count ? from : 0;
    // The first word twice: its high part at the start, its low part at the end.
    let mask = -1 << (start & 31);
    for (let i = 0; i <= words; i += 1) {
      const word = ((start >>> 5) + i) % words;
      const set = load(this.words, this.at + word) & (i === words ? -1 : mask);
      if (set !== 0) return word * 32 + 31 - Math.clz32(set & -set);
      mask = -1;
    }
    return -1;
  }
}
