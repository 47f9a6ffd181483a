/**
 * The leaves that wait at one end of a byte queue.
 *
 * **Layout.** Nearly always one leaf waits, kept in `first`; others are in `more`, in the order in which they came.
 * **Invariants.** A leaf is in the list exactly while its `waker` is set; the list is changed before anybody is woken.
 */
import { Leaf, type Waker } from "@treadle/core";

/** A leaf that can wait in a {@link Waiting}. */
export abstract class WaitingLeaf<T> extends Leaf<T> {
  /** @internal */
  waker: Waker | null = null;
}

type AnyLeaf = WaitingLeaf<unknown>;

/** The leaves that wait for one kind of event; all are woken by it. */
export class Waiting {
  private first: AnyLeaf | null = null;
  private more: AnyLeaf[] | null = null;

  /** Keeps `leaf` with its waker; a second call replaces the waker. */
  add(leaf: AnyLeaf, waker: Waker): void {
    const isThere = leaf.waker !== null;
    leaf.waker = waker;
    if (isThere) return;
    if (this.first === null) this.first = leaf;
    else if (this.more === null) this.more = [leaf];
    else this.more.push(leaf);
  }

  /** Takes `leaf` out, if it is there. */
  remove(leaf: AnyLeaf): void {
    if (leaf.waker === null) return;
    leaf.waker = null;
    if (this.first === leaf) this.first = this.more?.shift() ?? null;
    else this.more?.splice(this.more.indexOf(leaf), 1);
  }

  /** Takes all out and wakes them. */
  wakeAll(): void {
    const { first, more } = this;
    if (first === null) return;
    this.first = null;
    this.more = null;
    wake(first);
    if (more !== null) for (const leaf of more) wake(leaf);
  }
}

function wake(leaf: AnyLeaf): void {
  const { waker } = leaf;
  leaf.waker = null;
  waker?.wake();
}
