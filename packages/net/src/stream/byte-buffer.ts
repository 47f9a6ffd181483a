/** Bytes that come in at one end and go out at the other, in one piece of memory that is used again. */

const FIRST = 8 * 1024;

/**
 * A queue of bytes: `room()` is where more can be written, `bytes` is what is there.
 *
 * **Invariant.** What is there lies at `[from, to)` of `memory`; views that were given out hold until the next `room()`.
 */
export class ByteBuffer {
  private memory: Uint8Array<ArrayBuffer>;
  private from = 0;
  private to = 0;

  /** @param capacity - bytes that it begins with, 8 KiB by default. */
  constructor(capacity: number = FIRST) {
    this.memory = new Uint8Array(capacity);
  }

  /** How many bytes are there. */
  get length(): number {
    return this.to - this.from;
  }

  /** What is there; a view, not a copy. */
  get bytes(): Uint8Array {
    return this.memory.subarray(this.from, this.to);
  }

  /** Where at least `least` more bytes can be written; call {@link ByteBuffer.filled} afterwards. */
  room(least: number): Uint8Array {
    if (this.from === this.to) this.from = this.to = 0;
    if (this.memory.length - this.to < least) this.makeRoom(least);
    return this.memory.subarray(this.to);
  }

  private makeRoom(least: number): void {
    const { length } = this;
    if (this.memory.length - length >= least && this.from >= length) {
      this.memory.copyWithin(0, this.from, this.to);
    } else {
      const grown = new Uint8Array(Math.max(this.memory.length * 2, length + least));
      grown.set(this.bytes);
      this.memory = grown;
    }
    this.from = 0;
    this.to = length;
  }

  /** `n` bytes of the room were written. */
  filled(n: number): void {
    this.to += n;
  }

  /** Adds a copy of `bytes`. */
  append(bytes: Uint8Array): void {
    this.room(bytes.length).set(bytes);
    this.to += bytes.length;
  }

  /** Forgets the first `n` bytes. */
  advance(n: number): void {
    this.from = Math.min(this.from + n, this.to);
  }

  /** Takes the first `n` bytes out; a copy. */
  take(n: number): Uint8Array<ArrayBuffer> {
    const taken = this.memory.slice(this.from, Math.min(this.from + n, this.to));
    this.from += taken.length;
    return taken;
  }
}
