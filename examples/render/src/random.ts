/** Random numbers that depend on nothing but the seed and the pixel, so that every run makes the same picture. */

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, even enough for rays. */
export class Random {
  private state: number;

  constructor(seed: number, x: number, y: number) {
    this.state =
      Math.imul(seed ^ Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca77), 0xc2b2ae3d) | 0;
  }

  /** The next number, at least 0 and below 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
