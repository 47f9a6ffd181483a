/**
 * A line of nodes in shared memory, from which any of them can leave; whoever touches it has the lock of the thing.
 *
 * **Layout.** Two words, FIRST and LAST. A node's words NEXT and PREVIOUS.
 * **Invariant.** The way along NEXT is whole at any moment, so that after the death of who had the lock the rest can be made
 * anew from it (`mend`): a node is in the line, or it is not, by one write.
 */

/** A node's words; what follows is its line's. */
export const NEXT = 0;
const PREVIOUS = 1;
/** The first word of a node that the line does not use. */
export const NODE_REST = 2;

const FIRST = 0;
const LAST = 1;
/** Words of a line. */
export const LINE_WORDS = 2;

/** A line, as one thread sees it. */
export class Line {
  private readonly words: Int32Array;
  private readonly at: number;

  constructor(words: Int32Array, at: number) {
    this.words = words;
    this.at = at;
  }

  /** The node that came first, 0 if there is none. */
  get first(): number {
    return this.words[this.at + FIRST] as number;
  }

  /** The node that came last, 0 if there is none. */
  get last(): number {
    return this.words[this.at + LAST] as number;
  }

  /** The node that came after this one, 0 if it is the last. */
  next(node: number): number {
    return this.words[node + NEXT] as number;
  }

  /** The node that came before this one, 0 if it is the first. */
  previous(node: number): number {
    return this.words[node + PREVIOUS] as number;
  }

  /** Puts a node, which is in no line, at the end. */
  push(node: number): void {
    const { words, at } = this;
    const last = words[at + LAST] as number;
    words[node + NEXT] = 0;
    words[node + PREVIOUS] = last;
    words[last === 0 ? at + FIRST : last + NEXT] = node;
    words[at + LAST] = node;
  }

  /** Takes a node out that is in the line. */
  remove(node: number): void {
    const { words, at } = this;
    const next = words[node + NEXT] as number;
    const previous = words[node + PREVIOUS] as number;
    words[previous === 0 ? at + FIRST : previous + NEXT] = next;
    words[next === 0 ? at + LAST : next + PREVIOUS] = previous;
  }

  /** Makes the way back anew from the way forth. */
  mend(): void {
    const { words, at } = this;
    let previous = 0;
    for (let node = this.first; node !== 0; node = this.next(node)) {
      words[node + PREVIOUS] = previous;
      previous = node;
    }
    words[at + LAST] = previous;
  }
}
