/**
 * Copies of bytes, each with a buffer for itself.
 *
 * **Large ones and glibc.** Its allocator gives free memory at the end of a heap back to the system as soon as that is twice the
 * size of the largest block that was ever mapped on its own and freed, 256 KiB at first (mallopt(3), "dynamic mmap
 * threshold"). So a program that makes copies of 1 MiB has the system clear 256 pages for almost each, which takes longer
 * than the copying. One block of almost 32 MiB, never touched and dropped at once, lifts both limits to their most: then up to
 * 64 MiB of free memory stay with the process, for each heap. Elsewhere it does nothing.
 */

/** From this size on a copy is worth that. */
const LARGE = 1 << 18;
/** The largest size that counts, without what the allocator adds. */
const LIFTING = (32 << 20) - (64 << 10);

let isLifted = false;

/** A copy that has its buffer for itself; it is not filled with zeros first. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = bytes;
  if (length >= LARGE && !isLifted) lift();
  const copy = Buffer.allocUnsafeSlow(length);
  copy.set(bytes);
  return copy;
}

function lift(): void {
  isLifted = true;
  try {
    new ArrayBuffer(LIFTING);
  } catch {
    // There is not so much to be had; then it stays as it is.
  }
}
