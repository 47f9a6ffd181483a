/** Output buffers, lent to connections only while they have something to send. */
import type { BufferLender } from "../resp/reply-buffer.ts";

const FIRST_SIZE = 16 * 1024;
/** Larger buffers are left to the garbage collector. */
const KEPT_SIZE = 256 * 1024;
const KEPT_COUNT = 64;

/** A stack of free buffers: the one that was used last is in the processor's cache. */
export class BufferPool implements BufferLender {
  private readonly free: Buffer[] = [];

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(FIRST_SIZE);
  }

  giveBack(buffer: Buffer): void {
    if (buffer.length > KEPT_SIZE || this.free.length >= KEPT_COUNT) return;
    this.free.push(buffer);
  }
}
