/** A growing ring buffer: what stands in line on one thread. */

const SMALLEST = 8;
/** An empty buffer larger than this is let go, so that a burst does not hold its memory for ever. */
const KEEP = 4096;

/** A FIFO queue with amortised O(1) push and shift; its length is always a power of two. */
export class Fifo<T> {
  private items: (T | undefined)[];
  private mask: number;
  private first: number;
  /** How many values are in it. */
  size: number;

  constructor() {
    this.items = [];
    this.mask = -1;
    this.first = 0;
    this.size = 0;
  }

  /** Puts `value` at the end. */
  push(value: T): void {
    if (this.size > this.mask) this.grow();
    this.items[(this.first + this.size) & this.mask] = value;
    this.size++;
  }

  /** Takes the oldest value; the queue must not be empty. */
  shift(): T {
    const at = this.first;
    const value = this.items[at] as T;
    this.items[at] = undefined;
    this.first = (at + 1) & this.mask;
    if (--this.size === 0 && this.mask >= KEEP) this.reset();
    return value;
  }

  /** The values, from the oldest on, which stay in it. */
  values(): T[] {
    const values: T[] = [];
    for (let i = 0; i < this.size; i++) values.push(this.items[(this.first + i) & this.mask] as T);
    return values;
  }

  /** The values, from the oldest on; it is empty then. */
  takeAll(): T[] {
    const values = this.values();
    this.reset();
    this.size = 0;
    return values;
  }

  private grow(): void {
    const { items, mask, first, size } = this;
    const length = Math.max(SMALLEST, (mask + 1) * 2);
    const grown = new Array<T | undefined>(length).fill(undefined);
    for (let i = 0; i < size; i++) grown[i] = items[(first + i) & mask];
    this.items = grown;
    this.mask = length - 1;
    this.first = 0;
  }

  private reset(): void {
    this.items = [];
    this.mask = -1;
    this.first = 0;
  }
}
