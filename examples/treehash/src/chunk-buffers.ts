/** The buffers of large files, used again and again. */

/** Bytes read at once from a large file: hashing them takes about 0.15 ms, which is how long the event loop may wait. */
const CHUNK = 256 * 1024;

/** A stack of free buffers; it grows to two per large file in work, and no further. */
export class ChunkBuffers {
  private readonly free: Buffer[] = [];

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(CHUNK);
  }

  /** Takes a buffer back that no read will write to any more. */
  giveBack(buffer: Buffer): void {
    this.free.push(buffer);
  }
}
