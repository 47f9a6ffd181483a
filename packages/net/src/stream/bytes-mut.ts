/**
 * Bytes that come in at the end and are taken from the front: what codecs decode from and encode into.
 *
 * **Layout.** `store[start, end)` is what is there. Room is made by moving it to the front where that moves no more than
 * it frees, else by doubling.
 */
import { checkLimit } from "./check.ts";
import { checkCount } from "./step.ts";

const LEAST = 64;

/** How far beyond the end a search in the whole store may run before a view is cheaper. */
const STALE = 2048;

/** Where `byte` stands first in `bytes[from, to)`; -1 when it does not. */
export function indexOfByte(bytes: Buffer, byte: number, from: number, to: number): number {
  const isFar = bytes.length - to > STALE;
  const at = (isFar ? bytes.subarray(0, to) : bytes).indexOf(byte, from);
  return at >= to ? -1 : at;
}

/** The encodings that text in streams can have. */
export type TextEncoding = "utf8" | "latin1";

/** A growable buffer of bytes; named after the one of Tokio's `bytes`. */
export class BytesMut {
  private store: Buffer;
  private start = 0;
  private end = 0;

  /** A buffer that holds nothing, with room for `capacity` bytes. */
  constructor(capacity = 0) {
    checkLimit("capacity of BytesMut", capacity);
    this.store = Buffer.allocUnsafeSlow(capacity);
  }

  /** A buffer that holds a copy of `bytes`, or the UTF-8 of a text. */
  static from(bytes: Uint8Array | string): BytesMut {
    const made = new BytesMut(bytes.length);
    if (typeof bytes === "string") made.putText(bytes);
    else made.put(bytes);
    return made;
  }

  /** How many bytes there are. */
  get length(): number {
    return this.end - this.start;
  }

  /** How many bytes it can hold before it has to grow. */
  get capacity(): number {
    return this.store.length;
  }

  /** The byte at `index`, which must be below `length`. */
  at(index: number): number {
    return this.store[this.start + index] as number;
  }

  /** What is there; valid until the buffer is changed. */
  view(from = 0, to: number = this.length): Buffer {
    return this.store.subarray(this.start + from, this.start + to);
  }

  /** Where `byte` stands first, looking at `[from, to)`; -1 when it does not. */
  indexOf(byte: number, from = 0, to: number = this.length): number {
    const { store, start } = this;
    const at = indexOfByte(store, byte, start + from, start + to);
    return at < 0 ? -1 : at - start;
  }

  /** The text at `[from, to)`; what is no UTF-8 becomes U+FFFD. */
  text(from = 0, to: number = this.length, encoding: TextEncoding = "utf8"): string {
    return this.store.toString(encoding, this.start + from, this.start + to);
  }

  /** The unsigned number of `size` bytes (1 to 8) at `index`; exact up to 2^53 - 1, above that only near. */
  uint(index: number, size: number, littleEndian = false): number {
    const first = this.start + index;
    let value = 0;
    for (let i = 0; i < size; i++) {
      const at = littleEndian ? first + size - 1 - i : first + i;
      value = value * 256 + (this.store[at] as number);
    }
    return value;
  }

  /** Takes the first `count` bytes away. */
  advance(count: number): void {
    checkCount("the caller of advance()", count, this.length);
    this.start += count;
    if (this.start === this.end) this.clear();
  }

  /** Takes the first `count` bytes out, into memory of their own. */
  splitTo(count: number): Uint8Array<ArrayBuffer> {
    checkCount("the caller of splitTo()", count, this.length);
    const taken = new Uint8Array(count);
    this.store.copy(taken, 0, this.start, this.start + count);
    this.advance(count);
    return taken;
  }

  /** Forgets what is there and keeps the memory. */
  clear(): void {
    this.start = 0;
    this.end = 0;
  }

  /** Forgets all but the first `length` bytes; nothing if there are fewer. */
  truncate(length: number): void {
    if (length < this.length) this.end = this.start + length;
  }

  /** Makes room for `count` more bytes at the end. */
  reserve(count: number): void {
    if (this.store.length - this.end >= count) return;
    const { length, store } = this;
    const needed = length + count;
    if (needed <= store.length && this.start >= length) {
      store.copyWithin(0, this.start, this.end);
    } else {
      this.store = Buffer.allocUnsafeSlow(Math.max(needed, store.length * 2, LEAST));
      store.copy(this.store, 0, this.start, this.end);
    }
    this.start = 0;
    this.end = length;
  }

  /** The room at the end, at least `least` bytes of it: write there, then `commit`. */
  spare(least = 1): Uint8Array {
    this.reserve(least);
    return this.store.subarray(this.end);
  }

  /** The first `count` bytes of the room now belong to what is there. */
  commit(count: number): void {
    checkCount("the caller of commit()", count, this.store.length - this.end);
    this.end += count;
  }

  /** Adds a copy of `bytes`. */
  put(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.store.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** Adds one byte. */
  putByte(byte: number): void {
    this.reserve(1);
    this.store[this.end++] = byte;
  }

  /** Adds a text. */
  putText(text: string, encoding: TextEncoding = "utf8"): void {
    // UTF-8 needs at most three bytes for each unit of UTF-16.
    const most = encoding === "utf8" ? text.length * 3 : text.length;
    this.reserve(most < 256 ? most : Buffer.byteLength(text, encoding));
    this.end += this.store.write(text, this.end, encoding);
  }

  /** Adds an unsigned number in `size` bytes (1 to 8); it must fit, and be exact. */
  putUint(value: number, size: number, littleEndian = false): void {
    this.reserve(size);
    let left = value;
    for (let i = 0; i < size; i++) {
      this.store[this.end + (littleEndian ? i : size - 1 - i)] = left % 256;
      left = Math.floor(left / 256);
    }
    this.end += size;
  }
}
