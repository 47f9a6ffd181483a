/**
 * Values on their way to one receiver: anybody pushes, the receiver takes all.
 *
 * **Layout.** Word HEAD: the newest node, 0 for none, -1 once the receiver is gone. A node's first word is the next older
 * one. Word FIRST: the oldest of those that were taken and turned round, each with the next newer one in its first word.
 * **Who writes.** HEAD: anybody, by compare-and-swap; the receiver by exchange. FIRST and links of taken nodes: the
 * receiver, plainly; they go with it when it is sent to another thread.
 * **Invariants.**
 * 1. Values of one thread are taken in the order in which it pushed them.
 * 2. Nobody takes a single node off HEAD, so a head that is back at an old value is as good as one that never changed.
 */
import { compareExchange, exchange, load } from "@treadle/core/shared";

/** Words of a stack. */
export const STACK_WORDS = 2;
const HEAD = 0;
const FIRST = 1;
const SEALED = -1;

/** A stack of nodes, turned round by its receiver. */
export class MessageStack {
  private readonly words: Int32Array;
  private readonly at: number;

  constructor(words: Int32Array, at: number) {
    this.words = words;
    this.at = at;
  }

  /** Pushes a node; false when the receiver is gone. */
  push(node: number): boolean {
    const { words, at } = this;
    let head = load(words, at + HEAD);
    while (head !== SEALED) {
      // Plain: the node is the pusher's until the swap shows it.
      words[node] = head;
      const found = compareExchange(words, at + HEAD, head, node);
      if (found === head) return true;
      head = found;
    }
    return false;
  }

  /** Whether the receiver is gone. */
  get isSealed(): boolean {
    return load(this.words, this.at + HEAD) === SEALED;
  }

  /** Receiver: whether a node is there. */
  hasAny(): boolean {
    return this.words[this.at + FIRST] !== 0 || load(this.words, this.at + HEAD) > 0;
  }

  /** Receiver: takes the oldest node, 0 if there is none. */
  take(): number {
    const { words, at } = this;
    if (words[at + FIRST] === 0 && load(words, at + HEAD) > 0)
      this.turn(exchange(words, at + HEAD, 0));
    const node = words[at + FIRST] as number;
    if (node !== 0) words[at + FIRST] = words[node] as number;
    return node;
  }

  private turn(newest: number): void {
    const { words, at } = this;
    let newer = 0;
    let node = newest;
    while (node > 0) {
      const older = words[node] as number;
      words[node] = newer;
      newer = node;
      node = older;
    }
    words[at + FIRST] = newer;
  }

  /** Receiver: how many nodes are there. */
  count(): number {
    const { words, at } = this;
    let count = 0;
    for (let node = words[at + FIRST] as number; node !== 0; node = words[node] as number) count++;
    // Pushed nodes stay as they are until the receiver takes them.
    for (let node = load(words, at + HEAD); node > 0; node = words[node] as number) count++;
    return count;
  }

  /** Receiver: lets nothing more be pushed and gives each node that is there to `each`. */
  seal(each: (node: number) => void): void {
    const { words, at } = this;
    for (let node = this.take(); node !== 0; node = this.take()) each(node);
    let node = exchange(words, at + HEAD, SEALED);
    while (node > 0) {
      const older = words[node] as number;
      each(node);
      node = older;
    }
  }
}
