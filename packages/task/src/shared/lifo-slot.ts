/**
 * The slot of a worker for the newest task that a running task of its own has spawned.
 *
 * **Layout.** One word: an entry, or 0.
 * **Who writes.** Everybody, by exchange: the owner puts and takes, a thief that has found nothing else takes.
 * **Invariant.** An entry that was put is taken once.
 */
import { exchange, load } from "@treadle/core/shared";

/** The slot at `at`. */
export class LifoSlot {
  private readonly words: Int32Array;
  private readonly at: number;

  constructor(words: Int32Array, at: number) {
    this.words = words;
    this.at = at;
  }

  /** Puts an entry; answers the one that was there, or 0: push it to the ring. */
  put(entry: number): number {
    return exchange(this.words, this.at, entry);
  }

  /** Takes the entry, 0 if there is none. */
  take(): number {
    return load(this.words, this.at) === 0 ? 0 : exchange(this.words, this.at, 0);
  }

  /** Whether there is an entry. */
  get isEmpty(): boolean {
    return load(this.words, this.at) === 0;
  }
}
