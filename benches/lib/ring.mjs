// The physical limit: a ring of generator objects and a loop that calls `next()`, nothing round it.

/** A first-in first-out ring of fixed size, a power of two. */
export class Ring {
  constructor(size) {
    this.slots = new Array(size).fill(null);
    this.mask = size - 1;
    this.head = 0;
    this.tail = 0;
  }

  push(item) {
    this.slots[this.tail++ & this.mask] = item;
  }

  /** Polls generators round and round until every one has ended; answers the sum of what they returned. */
  run() {
    const { slots, mask } = this;
    let sum = 0;
    while (this.head !== this.tail) {
      const at = this.head++ & mask;
      const generator = slots[at];
      slots[at] = null;
      const result = generator.next();
      if (result.done) sum += result.value;
      else this.push(generator);
    }
    return sum;
  }

  /** The same for objects that hold a generator and take its output. */
  runCells() {
    const { slots, mask } = this;
    while (this.head !== this.tail) {
      const at = this.head++ & mask;
      const cell = slots[at];
      slots[at] = null;
      const result = cell.generator.next();
      if (result.done) cell.end(result.value);
      else this.push(cell);
    }
  }
}

const PENDING = { done: false, value: undefined };
const DONE = { done: true, value: undefined };

/** The smallest thing that `yield*` can wait for: pending once, then ready, with answers that all of them share. */
export class BareLeaf {
  constructor() {
    this.waited = false;
  }

  next() {
    if (this.waited) return DONE;
    this.waited = true;
    return PENDING;
  }

  [Symbol.iterator]() {
    return this;
  }
}
