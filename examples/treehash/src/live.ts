/**
 * What the threads are at: shared memory in which each batch in work has a slot.
 *
 * **Layout.** Two float64 per slot: bytes read of the batch so far, and which of its files is being read.
 *
 * **Who writes.** Home, before a batch is sent and after it has come back; in between the thread that has the batch. Home
 * reads at any time. All accesses are plain: the mail that brings a batch to and fro orders the writers, and the progress
 * line, which is all that reads meanwhile, shows a number that is a moment old.
 */

/** Words of a slot. */
const WORDS = 2;
const BYTES = 0;
const FILE = 1;

/** The slots as home has them. */
export class Live {
  readonly memory: SharedArrayBuffer;
  private readonly words: Float64Array;
  private readonly free: number[];

  /** @param slots - how many batches can be in work at once */
  constructor(slots: number) {
    this.memory = new SharedArrayBuffer(slots * WORDS * Float64Array.BYTES_PER_ELEMENT);
    this.words = new Float64Array(this.memory);
    this.free = Array.from({ length: slots }, (_, i) => slots - 1 - i);
  }

  /** Takes a free slot; there is one, for no more batches are in work than there are slots. */
  take(): number {
    return this.free.pop() as number;
  }

  /** Gives a slot back that no thread writes to any more. */
  giveBack(slot: number): void {
    this.words[slot * WORDS + BYTES] = 0;
    this.words[slot * WORDS + FILE] = 0;
    this.free.push(slot);
  }

  /** Bytes read by all batches that are in work. */
  bytes(): number {
    let sum = 0;
    for (let at = BYTES; at < this.words.length; at += WORDS) sum += this.words[at] as number;
    return sum;
  }

  /** Which file the batch of a slot is at. */
  file(slot: number): number {
    return this.words[slot * WORDS + FILE] as number;
  }
}

/** One slot as the thread has it that runs the batch. */
export class LiveSlot {
  private readonly words: Float64Array;

  constructor(memory: SharedArrayBuffer, slot: number) {
    const bytes = slot * WORDS * Float64Array.BYTES_PER_ELEMENT;
    this.words = new Float64Array(memory, bytes, WORDS);
    this.words[BYTES] = 0;
  }

  /** Takes note of bytes that were read. */
  read(bytes: number): void {
    this.words[BYTES] = (this.words[BYTES] as number) + bytes;
  }

  /** Takes note of the file that is begun. */
  begin(file: number): void {
    this.words[FILE] = file;
  }
}
