/** Where replies are written: one buffer for all replies to a batch of requests, sent in one write. */
import type { ByteString } from "./byte-string.ts";
import { formatScore } from "./numbers.ts";

const CR = 13;
const LF = 10;
const ZERO = 48;
const MINUS = 45;
const COLON = 58;
const DOLLAR = 36;
const STAR = 42;
/** Up to here a loop is faster than a call into Node. */
const SHORT = 24;
/** Type byte, 20 digits and sign, line end. */
const HEADER = 24;
const NOTHING = Buffer.allocUnsafeSlow(0);

/** Lends buffers to those that have something to send. */
export interface BufferLender {
  take(): Buffer;
  giveBack(buffer: Buffer): void;
}

/** Bytes to send, growing at the end. It borrows its buffer with the first byte. */
export class ReplyBuffer {
  /** How many bytes are written. */
  length: number;
  private bytes: Buffer;
  private readonly lender: BufferLender;

  constructor(lender: BufferLender) {
    this.length = 0;
    this.bytes = NOTHING;
    this.lender = lender;
  }

  /** Hands what is written to the caller, who gives the buffer back to the lender. */
  release(): Buffer {
    const { bytes } = this;
    this.bytes = NOTHING;
    this.length = 0;
    return bytes;
  }

  /** Throws away what is written, and gives the buffer back. */
  discard(): void {
    if (this.bytes !== NOTHING) this.lender.giveBack(this.release());
  }

  /** Takes back what was written after the first `length` bytes. */
  truncate(length: number): void {
    this.length = length;
  }

  /** What is written, to look at. */
  view(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  /** ASCII as it stands, the line end included where there is one. */
  raw(text: string): void {
    this.reserve(text.length);
    this.put(text);
  }

  simple(text: string): void {
    this.reserve(text.length + 3);
    this.bytes[this.length++] = 43;
    this.put(text);
    this.endLine();
  }

  /** An error; its text must not hold line ends, they would become spaces. */
  error(text: ByteString): void {
    this.reserve(text.length + 3);
    this.bytes[this.length++] = MINUS;
    this.put(text.replace(/[\r\n]/g, " "));
    this.endLine();
  }

  integer(value: number): void {
    this.reserve(HEADER);
    this.header(COLON, value);
  }

  bulk(data: ByteString): void {
    this.reserve(data.length + 2 + HEADER);
    this.header(DOLLAR, data.length);
    this.put(data);
    this.endLine();
  }

  score(value: number): void {
    this.bulk(formatScore(value));
  }

  array(count: number): void {
    this.reserve(HEADER);
    this.header(STAR, count);
  }

  nil(): void {
    this.raw("$-1\r\n");
  }

  nilArray(): void {
    this.raw("*-1\r\n");
  }

  /** Bytes that are encoded already. */
  copy(encoded: Uint8Array, length: number): void {
    this.reserve(length);
    this.bytes.set(encoded.length === length ? encoded : encoded.subarray(0, length), this.length);
    this.length += length;
  }

  private header(type: number, value: number): void {
    this.bytes[this.length++] = type;
    if (value >= 0 && value < 10) this.bytes[this.length++] = ZERO + value;
    else if (value >= 0 && value < 1e9) this.digits(value);
    else this.put(String(value));
    this.endLine();
  }

  private digits(value: number): void {
    const { bytes } = this;
    let end = this.length;
    for (let rest = value; rest > 0; rest = (rest / 10) | 0) end++;
    this.length = end;
    for (let rest = value; rest > 0; rest = (rest / 10) | 0) bytes[--end] = ZERO + (rest % 10);
  }

  private put(text: ByteString): void {
    const { length } = text;
    if (length > SHORT) {
      this.bytes.write(text, this.length, "latin1");
    } else {
      const { bytes } = this;
      const start = this.length;
      for (let at = 0; at < length; at++) bytes[start + at] = text.charCodeAt(at);
    }
    this.length += length;
  }

  private endLine(): void {
    this.bytes[this.length++] = CR;
    this.bytes[this.length++] = LF;
  }

  private reserve(count: number): void {
    if (this.length + count > this.bytes.length) this.grow(this.length + count);
  }

  private grow(needed: number): void {
    const old = this.bytes;
    if (old === NOTHING) {
      const lent = this.lender.take();
      this.bytes = lent;
      if (needed > lent.length) this.grow(needed);
      return;
    }
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, old.length * 2));
    old.copy(larger, 0, 0, this.length);
    this.bytes = larger;
    this.lender.giveBack(old);
  }
}
