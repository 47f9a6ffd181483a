/**
 * Those who wait for something in shared memory, on whichever thread.
 *
 * **Layout.** A word of the shared thing, the head of a stack of nodes. A node is a cell in phase WAITING: word SPAWNER a
 * reference to its owner, word ID_LOW the owner's number for what waits, link 1 the next in the stack, link 2 for the mail.
 * **Who writes.** The owner pushes its node; who wakes takes all by one exchange and mails each to its owner.
 * **Invariants.**
 * 1. A node is in the stack, or on its way to its owner, or the owner's. The owner never takes it out of the stack: who has
 *    given up waiting keeps the node there and lets another one on its thread wait with it, or ignores the mail.
 * 2. A wake is not lost: who waits registers and then looks at the thing; who changes the thing wakes after.
 */
import { compareExchange, exchange, load, store } from "@treadle/core/shared";
import { giveUp, ID_LOW, LINKS, Phase, SPAWNER, STATE } from "./cell.ts";
import { type Mailboxes, MailKind, Posted } from "./mailbox.ts";
import type { ParkWords } from "./park-word.ts";
import { indexOfRef } from "./participants.ts";

const NEXT = LINKS + MailKind.ABORT;

/** Stacks of waiters. */
export class Waiters {
  private readonly words: Int32Array;
  private readonly mailboxes: Mailboxes;
  private readonly parks: ParkWords;

  constructor(words: Int32Array, mailboxes: Mailboxes, parks: ParkWords) {
    this.words = words;
    this.mailboxes = mailboxes;
    this.parks = parks;
  }

  /** Makes a cell of this participant's pool a waiter's node, with the owner's number for it. */
  prepare(node: number, ref: number, id: number): void {
    store(this.words, node + STATE, Phase.WAITING);
    this.words[node + SPAWNER] = ref;
    this.words[node + ID_LOW] = id;
  }

  /** Waits at the thing whose word is at `at`; then look at the thing once more. The node comes back by WAKE mail. */
  register(at: number, node: number): void {
    let head = load(this.words, at);
    for (;;) {
      // Plain: the node is the owner's until the swap shows it.
      this.words[node + NEXT] = head;
      const found = compareExchange(this.words, at, head, node);
      if (found === head) return;
      head = found;
    }
  }

  /** The owner's number in a node that has come back. */
  idOf(node: number): number {
    return this.words[node + ID_LOW]!;
  }

  /** Wakes all that wait at the thing; call it after the thing was changed. */
  wakeAll(at: number): void {
    const { words } = this;
    if (load(words, at) === 0) return;
    let node = exchange(words, at, 0);
    while (node !== 0) {
      // Before the node is its owner's again.
      const next = words[node + NEXT]!;
      this.mail(node);
      node = next;
    }
  }

  private mail(node: number): void {
    const ref = this.words[node + SPAWNER]!;
    const posted = this.mailboxes.post(ref, node, MailKind.WAKE);
    if (posted === Posted.FIRST) this.parks.wake(indexOfRef(ref));
    else if (posted === Posted.REFUSED) giveUp(this.words, node);
  }
}
