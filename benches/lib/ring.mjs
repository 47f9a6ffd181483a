// The physical limit: a ring of generator objects and a loop that calls `next()`, nothing round it.

/** A first-in first-out ring of fixed size, a power of two. */
export class Ring {
  constructor(size) {
    this.slots = new Array(size).fill(null);
    this.mask = size - 1;
    this.head = 0;
    this.tail = 0;
  }

  push(generator) {
    this.slots[this.tail++ & this.mask] = generator;
  }

  /** Polls round and round until every generator has ended; answers the sum of what they returned. */
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
}
