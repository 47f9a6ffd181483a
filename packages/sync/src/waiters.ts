/**
 * The intrusive FIFO wait list: a waiting future is its own list node.
 *
 * **Layout.** A circular doubly linked list whose sentinel is the {@link WaitList} itself; a node that is in no list has
 * `after === null`. Unlinking therefore needs no list, and a whole list can move to another sentinel at once.
 * **Who writes.** Only the functions of this file touch `before` and `after`.
 * **Invariants.**
 * 1. Adding, removing and taking either end are O(1) and allocate nothing.
 * 2. State is changed before anybody is woken: a `wake()` may run code that comes back here.
 */
import { Leaf, type Waker } from "@treadle/core";

/** What can be in a list. */
export interface Linked {
  before: Linked | null;
  after: Linked | null;
}

/** A FIFO list of nodes that carry their own links. */
export class WaitList<N extends Linked> implements Linked {
  before: Linked;
  after: Linked;

  constructor() {
    this.before = this;
    this.after = this;
  }

  /** Whether no node is in the list. */
  isEmpty(): boolean {
    return this.after === this;
  }

  /** The node that has waited longest, or null. */
  head(): N | null {
    return this.after === this ? null : (this.after as N);
  }

  /** Puts `node`, which is in no list, at the end. */
  push(node: N): void {
    const last = this.before;
    node.before = last;
    node.after = this;
    last.after = node;
    this.before = node;
  }

  /** Takes the node that has waited longest, or null. */
  shift(): N | null {
    const first = this.after;
    if (first === this) return null;
    unlink(first);
    return first as N;
  }

  /** Takes the node that has waited shortest, or null. */
  pop(): N | null {
    const last = this.before;
    if (last === this) return null;
    unlink(last);
    return last as N;
  }

  /** Moves all nodes of `other` to the end of this list, in their order. */
  append(other: WaitList<N>): void {
    if (other.after === other) return;
    const last = this.before;
    last.after = other.after;
    other.after.before = last;
    other.before.after = this;
    this.before = other.before;
    other.before = other;
    other.after = other;
  }

  /** Takes all nodes out into a list of their own. */
  takeAll(): WaitList<N> {
    const all = new WaitList<N>();
    all.append(this);
    return all;
  }
}

/** Takes `node` out of whatever list it is in; false when it is in none. */
export function unlink(node: Linked): boolean {
  const { before, after } = node;
  if (after === null) return false;
  (before as Linked).after = after;
  after.before = before;
  node.before = null;
  node.after = null;
  return true;
}

/**
 * A leaf that waits in a {@link WaitList}.
 *
 * @remarks A leaf that has answered, or was dropped, is as new: polling it again begins the operation again.
 */
export abstract class WaitLeaf<T> extends Leaf<T> implements Linked {
  before: Linked | null;
  after: Linked | null;
  waker: Waker | null;

  constructor() {
    super();
    this.before = null;
    this.after = null;
    this.waker = null;
  }

  /** Wakes whoever polled this leaf last, once. */
  wakeUp(): void {
    const waker = this.waker;
    if (waker === null) return;
    this.waker = null;
    waker.wake();
  }
}

/** Takes every leaf out of `list` and wakes it, in FIFO order; a waker that throws keeps no other from being woken. */
export function wakeAll(list: WaitList<WaitLeaf<unknown>>): void {
  if (list.isEmpty()) return;
  const all = list.takeAll();
  try {
    for (let leaf = all.shift(); leaf !== null; leaf = all.shift()) leaf.wakeUp();
  } finally {
    wakeAll(all);
  }
}
