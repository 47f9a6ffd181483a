/**
 * A small fast random number generator, seedable so that a run can be repeated.
 *
 * Source: Marsaglia's xorshift in the two-word form (xorshift64+, shifts 17, 7, 16).
 */
import { invalidArg } from "./errors.ts";

/** Random numbers for choices that need no secrecy: where `select` starts, whom to steal from. */
export class FastRand {
  private one: number;
  private two: number;

  constructor(one: number, two: number) {
    this.one = one | 0;
    this.two = (two | 0) === 0 && this.one === 0 ? 1 : two | 0;
  }

  /** A generator from a seed: a number, or bytes of any length. */
  static fromSeed(seed: number | bigint | Uint8Array): FastRand {
    if (seed instanceof Uint8Array) return FastRand.fromBytes(seed);
    if (typeof seed !== "bigint" && !Number.isFinite(seed)) {
      throw invalidArg("seed", seed, "must be a finite number, a bigint or bytes");
    }
    const wide = BigInt.asUintN(64, typeof seed === "bigint" ? seed : BigInt(Math.trunc(seed)));
    return new FastRand(mix(Number(wide & 0xffff_ffffn)), mix(Number(wide >> 32n) ^ 0x9e37_79b9));
  }

  /** A generator with a seed that differs from run to run. */
  static fromEntropy(): FastRand {
    return new FastRand(mix((Math.random() * 2 ** 32) | 0), mix((Math.random() * 2 ** 32) | 0));
  }

  /** One of many generators from one seed, the same for the same `index`; without a seed, from entropy. */
  static forThread(seed: number | bigint | Uint8Array | undefined, index: number): FastRand {
    if (seed === undefined) return FastRand.fromEntropy();
    const { one, two } = FastRand.fromSeed(seed);
    return new FastRand(mix(one ^ Math.imul(index, 0x9e37_79b9)), mix(two + index));
  }

  private static fromBytes(bytes: Uint8Array): FastRand {
    let one = 0x811c_9dc5;
    let two = 0x0100_0193;
    for (const byte of bytes) {
      one = Math.imul(one ^ byte, 0x0100_0193);
      two = mix(two ^ one);
    }
    return new FastRand(mix(one), two);
  }

  /** The next 32 random bits, unsigned. */
  nextU32(): number {
    let s1 = this.one;
    const s0 = this.two;
    s1 ^= s1 << 17;
    s1 = s1 ^ s0 ^ (s1 >>> 7) ^ (s0 >>> 16);
    this.one = s0;
    this.two = s1;
    return (s0 + s1) >>> 0;
  }

  /** A whole number from 0 up to, not including, `n`. */
  nextBelow(n: number): number {
    return Math.floor((this.nextU32() / 2 ** 32) * n);
  }

  /** A new generator derived from this one. */
  fork(): FastRand {
    return new FastRand(mix(this.nextU32()), mix(this.nextU32()));
  }
}

function mix(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return h ^ (h >>> 16);
}
