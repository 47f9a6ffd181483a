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

/** A task in its barest form: a generator that can be woken. */
class DeferredTask {
  constructor(generator, ring) {
    this.generator = generator;
    this.ring = ring;
  }

  wake() {
    this.ring.push(this);
  }
}

/** A ring of tasks and a list of wakers; every 61 polls the wakers fire. */
export class DeferringRing extends Ring {
  constructor(size) {
    super(size);
    this.current = null;
    this.deferred = new Array(size).fill(null);
    this.count = 0;
  }

  spawn(generator) {
    this.push(new DeferredTask(generator, this));
  }

  runDeferring() {
    const { slots, mask } = this;
    let sum = 0;
    while (this.head !== this.tail) {
      for (let left = 61; left > 0 && this.head !== this.tail; left--) {
        const at = this.head++ & mask;
        const task = slots[at];
        slots[at] = null;
        this.current = task;
        const result = task.generator.next();
        if (result.done) sum += result.value;
      }
      while (this.count > 0) this.deferred[--this.count].wake();
    }
    return sum;
  }
}

/** {@link BareLeaf} that keeps the waker of the task that waits. */
export class DeferringLeaf {
  constructor(ring) {
    this.ring = ring;
    this.waited = false;
  }

  next() {
    if (this.waited) return DONE;
    this.waited = true;
    this.ring.deferred[this.ring.count++] = this.ring.current;
    return PENDING;
  }

  [Symbol.iterator]() {
    return this;
  }
}
