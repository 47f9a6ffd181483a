/**
 * A bounded FIFO of bytes.
 *
 * **Layout.** `size` bytes from `head` on, round the end of `bytes`; `bytes` grows by doubling, never beyond `limit`.
 */

const INITIAL = 1024;

/** A ring of bytes that grows up to a limit. */
export class ByteRing {
  readonly limit: number;
  size = 0;
  private head = 0;
  private bytes: Uint8Array = new Uint8Array(0);

  constructor(limit: number) {
    this.limit = limit;
  }

  /** How many bytes have room. */
  get room(): number {
    return this.limit - this.size;
  }

  /** Takes the oldest bytes into the beginning of `buf`; how many. */
  take(buf: Uint8Array): number {
    const count = Math.min(buf.length, this.size);
    const { head, bytes } = this;
    const tail = bytes.length - head;
    if (count <= tail) buf.set(bytes.subarray(head, head + count));
    else {
      buf.set(bytes.subarray(head));
      buf.set(bytes.subarray(0, count - tail), tail);
    }
    this.size -= count;
    this.head = this.size === 0 ? 0 : (head + count) % bytes.length;
    return count;
  }

  /** Adds as many bytes from the beginning of `buf` as have room; how many. */
  put(buf: Uint8Array): number {
    const count = Math.min(buf.length, this.room);
    if (count === 0) return 0;
    this.reserve(this.size + count);
    const { bytes } = this;
    const end = (this.head + this.size) % bytes.length;
    const first = Math.min(count, bytes.length - end);
    bytes.set(first === buf.length ? buf : buf.subarray(0, first), end);
    if (first < count) bytes.set(buf.subarray(first, count));
    this.size += count;
    return count;
  }

  /** Lets go of everything. */
  clear(): void {
    this.size = 0;
    this.head = 0;
    this.bytes = new Uint8Array(0);
  }

  private reserve(needed: number): void {
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(
      Math.min(this.limit, Math.max(needed, this.bytes.length * 2, INITIAL)),
    );
    const { size } = this;
    this.take(grown);
    this.bytes = grown;
    this.size = size;
    this.head = 0;
  }
}
