/**
 * Whether a worker may be sent what only it can read: not while it is blocked in place.
 *
 * **Layout.** One word: bit 30 CLOSED, bit 29 WANTED, below them the number of threads that are sending.
 * **Who writes.** The owner sets CLOSED and clears both bits; who sends counts itself while it does; home, who keeps what nobody
 * can be sent now, sets WANTED.
 * **Transitions.** enter: n → n + 1 unless CLOSED; leave: n → n − 1; close: CLOSED; want: WANTED if CLOSED; open: neither.
 * **Invariants.** Who has set WANTED is told of by the next `open`. What was sent behind a successful `enter` is there when `close` has returned, so the owner that looks after
 * `close` finds all that will come before `open`. A sender that dies while it sends would be waited for for ever: `close` gives up
 * after {@link PATIENCE_MS}, and counts nobody any more; who leaves late finds that nobody is counted.
 */
import { compareExchange, load, notify, wait } from "@treadle/core/shared";

const CLOSED = 1 << 30;
const WANTED = 1 << 29;
const COUNT = WANTED - 1;
/** How long the owner waits for those that are sending, in ms. */
const PATIENCE_MS = 100;

/** One worker's gate. */
export class Gate {
  private readonly words: Int32Array;
  private readonly at: number;

  constructor(words: Int32Array, at: number) {
    this.words = words;
    this.at = at;
  }

  /** Any thread: begins to send; false while the gate is closed. {@link Gate.leave} when it has sent. */
  enter(): boolean {
    const { words, at } = this;
    for (;;) {
      const seen = load(words, at);
      if ((seen & CLOSED) !== 0) return false;
      if (compareExchange(words, at, seen, seen + 1) === seen) return true;
    }
  }

  /** The one that has entered: it has sent. */
  leave(): void {
    const { words, at } = this;
    for (;;) {
      const seen = load(words, at);
      if ((seen & COUNT) === 0) return;
      if (compareExchange(words, at, seen, seen - 1) !== seen) continue;
      if ((seen & CLOSED) !== 0 && (seen & COUNT) === 1) notify(words, at, 1);
      return;
    }
  }

  /** Owner: nobody enters from now on, and who has entered has sent. */
  close(): void {
    const { words, at } = this;
    this.change(CLOSED, 0);
    for (let seen = load(words, at); (seen & COUNT) !== 0; seen = load(words, at)) {
      if (wait(words, at, seen, PATIENCE_MS) === "timed-out") this.change(0, COUNT);
    }
  }

  /** Owner: it reads again what is sent; whether it was wanted meanwhile. */
  open(): boolean {
    return (this.change(0, CLOSED | WANTED) & WANTED) !== 0;
  }

  /** Home: wants to be told when it opens; false if it is open. */
  want(): boolean {
    const { words, at } = this;
    for (;;) {
      const seen = load(words, at);
      if ((seen & CLOSED) === 0) return false;
      if (compareExchange(words, at, seen, seen | WANTED) === seen) return true;
    }
  }

  /** Sets and clears bits, and answers what was there before. */
  private change(set: number, clear: number): number {
    const { words, at } = this;
    for (;;) {
      const seen = load(words, at);
      if (compareExchange(words, at, seen, (seen & ~clear) | set) === seen) return seen;
    }
  }
}
