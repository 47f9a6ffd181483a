/**
 * A barrier that threads share.
 *
 * **Layout.** Words SIZE (how many make a round), ROUND (how many rounds were complete, modulo 2^32) and ARRIVED (how many wait
 * for the next). A node's word SINCE: ROUND when it joined the line; its STATE is PASSED once its round is complete.
 * **Transitions** of a node: waits -> PASSED, by whoever came last.
 * **Invariants.**
 * 1. A round is complete by one write, that of ROUND: after a death behind it those whose SINCE is another one pass.
 * 2. ARRIVED is how many nodes wait: after a death it is made anew. So an arrival on a thread that dies is taken back, as one
 *    whose wait is dropped.
 * 3. Each round has one leader: the task that came last, which never stands in the line.
 */
import type { SharedHost } from "@treadle/core";
import { createGuarded } from "./guarded.ts";
import {
  Leaves,
  LINED_NODE_REST,
  LINED_REST,
  type LineWait,
  SharedLine,
  STATE,
} from "./shared-line.ts";

const SIZE = LINED_REST;
const ROUND = LINED_REST + 1;
const ARRIVED = LINED_REST + 2;
const BARRIER_WORDS = LINED_REST + 3;
const SINCE = LINED_NODE_REST;
/** More can never wait at a time. */
const MOST = 0x7fffffff;

/** A node's wait has ended: its round is complete. */
const PASSED = 1;

/** Takes the memory of a barrier for so many tasks. */
export function createBarrier(host: SharedHost, size: number): number {
  const at = createGuarded(host, BARRIER_WORDS);
  host.words[at + SIZE] = Math.min(size, MOST);
  return at;
}

/** A barrier, as one thread sees it. */
export class SharedBarrier extends SharedLine {
  constructor(host: SharedHost, at: number) {
    super(host, at);
    this.join();
  }

  /** Comes to the barrier: answers the node that waits there, or 0 for the last of a round, which lets all go. */
  arrive(wait: LineWait): number {
    // Registered first: what changes after the look is told.
    this.arm();
    const node = this.makeNode();
    this.enter();
    const leads = this.isLast();
    if (leads) this.complete();
    else this.stand(node, wait);
    this.leave();
    if (!leads) return node;
    this.host.free(node);
    return 0;
  }

  /** Gives a wait up that has not been told its end: its arrival is taken back. */
  giveUp(node: number): void {
    this.giveUpNode(node);
  }

  /** This thread has no use of it any more. */
  leaveForGood(): void {
    this.detach();
  }

  // Lock held

  private isLast(): boolean {
    const { words, at } = this;
    return (words[at + ARRIVED] as number) + 1 >= (words[at + SIZE] as number);
  }

  private stand(node: number, wait: LineWait): void {
    const { words, at } = this;
    words[node + SINCE] = words[at + ROUND] as number;
    this.enrol(node, wait);
    (words[at + ARRIVED] as number) += 1;
  }

  private complete(): void {
    const { words, at } = this;
    // First: it decides who passes.
    words[at + ROUND] = ((words[at + ROUND] as number) + 1) | 0;
    words[at + ARRIVED] = 0;
    this.passOlder();
  }

  private passOlder(): void {
    const { words, at } = this;
    let node = this.firstWaiting;
    while (node !== 0 && words[node + SINCE] !== words[at + ROUND]) {
      this.end(node, PASSED);
      node = this.firstWaiting;
    }
  }

  protected override settle(node: number, why: Leaves): void {
    if (why === Leaves.GIVEN_UP && this.words[node + STATE] === 0)
      (this.words[this.at + ARRIVED] as number) -= 1;
  }

  protected override mend(): void {
    super.mend();
    this.passOlder();
  }

  protected override buried(): void {
    const { words, line } = this;
    let waiting = 0;
    for (let node = line.first; node !== 0; node = line.next(node))
      if (words[node + STATE] === 0) waiting++;
    words[this.at + ARRIVED] = waiting;
  }
}
