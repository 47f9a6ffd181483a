// Numbers that a seed gives again.

/** A source of integers from 0 up to a bound (xorshift of 32 bits). */
export function random(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 0 || 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

/** What a load answers: how much it has done, and what of it was wrong. */
export class Tally {
  done = 0;
  wrong = [];

  check(right, what) {
    this.done++;
    if (!right && this.wrong.length < 10) this.wrong.push(what());
  }

  get answer() {
    return { done: this.done, wrong: this.wrong };
  }
}
