/** Which words more than one thread touches, learned while the model runs: a switch before any other leads to nothing new. */
import type { Event } from "./event.ts";
import type { ModelThread } from "./model-thread.ts";

/** More than one thread has read the word; 0 is no thread's key. */
const SEVERAL = 0;

interface Touch {
  thread: number;
  written: boolean;
}

/** The words that two threads touch and one writes. */
export class SharedWords {
  /** A word was found to be shared, so the search is to be done again. */
  learned: boolean;
  private readonly words: Set<number>;
  private readonly touched: Map<number, Touch>;

  constructor() {
    this.learned = false;
    this.words = new Set();
    this.touched = new Map();
  }

  /** Whether a word is known to be shared. */
  has(word: number): boolean {
    return this.words.has(word);
  }

  /** An event has touched its element. */
  note(event: Event, writes: boolean): void {
    const { view, index, thread } = event;
    const first = view!.byte(index);
    for (let byte = first; byte < first + view!.size; byte += 4) {
      const word = view!.block.word(byte);
      if (this.words.has(word)) continue;
      const touched = this.touched.get(word);
      if (touched === undefined) this.touched.set(word, { thread: thread.key, written: writes });
      else this.noteAgain(word, touched, thread, writes);
    }
  }

  private noteAgain(word: number, touched: Touch, thread: ModelThread, writes: boolean): void {
    touched.written ||= writes;
    if (touched.thread === thread.key) return;
    if (!touched.written) touched.thread = SEVERAL;
    else {
      this.words.add(word);
      this.learned = true;
    }
  }
}
