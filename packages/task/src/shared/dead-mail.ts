/** What becomes of the mail of a participant that is no more. */
import { giveUp, LINKS } from "./cell.ts";

const KIND_MASK = 3;
const ADDRESS_MASK = -32;
const ABORT = 1;

/**
 * Gives the nodes of a list up that were the dead one's own, its finished cells and its waiters' nodes, for whoever
 * inherits its cells. Cells that it was to abort are their spawners', who find them by `fate`: they are let alone.
 */
export function disown(words: Int32Array, first: number): void {
  let mail = first;
  while ((mail & ADDRESS_MASK) !== 0) {
    const node = mail & ADDRESS_MASK;
    const kind = mail & KIND_MASK;
    // Before the node is given up: then it may be used again.
    mail = words[node + LINKS + kind]!;
    if (kind !== ABORT) giveUp(words, node);
  }
}
