/** A list that grows and shrinks at both ends in constant time: a ring in an array. */

const FIRST_CAPACITY = 8;

export class Deque<T> {
  private ring: (T | undefined)[];
  private head: number;
  private count: number;

  constructor() {
    this.ring = new Array<T | undefined>(FIRST_CAPACITY).fill(undefined);
    this.head = 0;
    this.count = 0;
  }

  get length(): number {
    return this.count;
  }

  /** The value at a place from 0 to `length - 1`. */
  at(index: number): T {
    return this.ring[(this.head + index) & (this.ring.length - 1)] as T;
  }

  pushFront(value: T): void {
    if (this.count === this.ring.length) this.resize(this.count * 2);
    this.head = (this.head - 1) & (this.ring.length - 1);
    this.ring[this.head] = value;
    this.count++;
  }

  pushBack(value: T): void {
    if (this.count === this.ring.length) this.resize(this.count * 2);
    this.ring[(this.head + this.count) & (this.ring.length - 1)] = value;
    this.count++;
  }

  popFront(): T | undefined {
    if (this.count === 0) return undefined;
    const value = this.take(this.head);
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.shrink();
    return value;
  }

  popBack(): T | undefined {
    if (this.count === 0) return undefined;
    const value = this.take((this.head + this.count - 1) & (this.ring.length - 1));
    this.shrink();
    return value;
  }

  private take(place: number): T | undefined {
    const value = this.ring[place];
    this.ring[place] = undefined;
    this.count--;
    return value;
  }

  private shrink(): void {
    const { length } = this.ring;
    if (length > FIRST_CAPACITY && this.count * 4 <= length) this.resize(length / 2);
  }

  private resize(capacity: number): void {
    const ring = new Array<T | undefined>(capacity).fill(undefined);
    for (let index = 0; index < this.count; index++) ring[index] = this.at(index);
    this.ring = ring;
    this.head = 0;
  }
}
