/** Two independent 32-bit hashes of a state, kept together, and the set of states already explored. */

const SEED_A = 0x2c1b3c6d;
const SEED_B = 0x297a2d39;

/** Hashes an integer into a hash; the avalanche of MurmurHash3 after a multiplication by an odd constant. */
export function mix(hash: number, value: number): number {
  let h = (Math.imul(hash, 0x9e3779b1) + value) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A hash of 64 bits, either of a sequence (`absorb`) or of a set (`toggle`). */
export class Fingerprint {
  a: number;
  b: number;

  constructor(seed = 0) {
    this.a = mix(SEED_A, seed);
    this.b = mix(SEED_B, seed);
  }

  /** The next of a sequence. */
  absorb(value: number): void {
    this.a = mix(this.a, value);
    this.b = mix(this.b ^ SEED_B, value);
  }

  /** Puts a triple into the set, or takes it out again. */
  toggle(x: number, y: number, z: number): void {
    this.a ^= mix(mix(mix(SEED_A, x), y), z);
    this.b ^= mix(mix(mix(SEED_B, x), y), z);
  }

  /** Becomes the given hash. */
  set(a: number, b: number): void {
    this.a = a;
    this.b = b;
  }
}

const scratch = new DataView(new ArrayBuffer(8));

/** A value as 32 bits for hashing: integers as they are, other numbers and bigints folded. */
export function foldValue(value: unknown): number {
  if (typeof value === "number") {
    if ((value | 0) === value) return value;
    scratch.setFloat64(0, value);
  } else if (typeof value === "bigint") scratch.setBigInt64(0, BigInt.asIntN(64, value));
  else return foldText(String(value));
  return mix(scratch.getInt32(0), scratch.getInt32(4));
}

function foldText(text: string): number {
  let hash = text.length;
  for (let i = 0; i < text.length; i += 1) hash = mix(hash, text.charCodeAt(i));
  return hash;
}

/** States by fingerprint, each with the fewest preemptions it was reached with; open addressing. */
export class VisitedStates {
  size: number;
  private mask: number;
  private a: Int32Array;
  private b: Int32Array;
  /** Preemptions plus one, 0 for a free place. */
  private cost: Uint16Array;

  constructor() {
    this.size = 0;
    this.mask = 0;
    this.a = new Int32Array(0);
    this.b = new Int32Array(0);
    this.cost = new Uint16Array(0);
    this.resize(1 << 12);
  }

  /** Whether the state is known with as few preemptions; if not, it is from now on. */
  seen(a: number, b: number, preemptions: number): boolean {
    const at = this.find(a, b);
    const known = this.cost[at]!;
    if (known !== 0 && known - 1 <= preemptions) return true;
    this.cost[at] = preemptions + 1;
    if (known === 0) this.add(at, a, b);
    return false;
  }

  private add(at: number, a: number, b: number): void {
    this.a[at] = a;
    this.b[at] = b;
    this.size += 1;
    if (this.size * 2 > this.mask) this.resize((this.mask + 1) * 4);
  }

  private find(a: number, b: number): number {
    let at = a & this.mask;
    while (this.cost[at] !== 0 && (this.a[at] !== a || this.b[at] !== b)) at = (at + 1) & this.mask;
    return at;
  }

  private resize(places: number): void {
    const { a, b, cost } = this;
    this.mask = places - 1;
    this.a = new Int32Array(places);
    this.b = new Int32Array(places);
    this.cost = new Uint16Array(places);
    for (let i = 0; i < cost.length; i += 1) {
      if (cost[i] === 0) continue;
      const at = this.find(a[i]!, b[i]!);
      this.a[at] = a[i]!;
      this.b[at] = b[i]!;
      this.cost[at] = cost[i]!;
    }
  }
}
