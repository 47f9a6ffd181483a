/**
 * What participants tell each other: a task has ended, is to be aborted, a waker is to be woken.
 *
 * **Layout.** One word per participant, MAILBOX, the head of a stack of nodes (cells): bits 0–1 the kind of the first mail, bits 2–4
 * the low bits of the incarnation that it is for, bits 5–31 the node's address (/ 32), 0 if there is none. A node's link is
 * the head's former value; each kind has a link word of its own, so that a cell can be in two mailboxes. Word IN_HAND: the next
 * mail of those that the owner has taken.
 * **Who writes.** Any thread pushes, by compare-and-swap (Treiber's stack); the owner takes all by one exchange, and turns it
 * round. A link is written by the one that posts the node, then by the owner.
 * **Invariants.**
 * 1. Mail that was accepted is taken once, by the incarnation that it is for, or dropped with it; mail from one thread is
 *    taken in the order in which it was posted.
 * 2. Nobody takes a single node, so a head that is back at an old value is as good as one that never changed.
 * 3. What was accepted after the owner's last look (`hasMail`) makes the head not empty, and the first of it answers FIRST.
 */
import { compareExchange, exchange, load } from "@treadle/core/shared";
import { LINKS } from "./cell.ts";
import { IN_HAND, MAILBOX } from "./layout.ts";
import { emptyMailbox, incarnationOfRef, indexOfRef, type Participants } from "./participants.ts";

/** What a mail says of its node. */
export const MailKind = {
  /** To the spawner: the task has ended. */
  DONE: 0,
  /** To the executor: the task is to be aborted. */
  ABORT: 1,
  /** To a waiter: what it waits for may have come. */
  WAKE: 2,
} as const;
/** One of {@link MailKind}. */
export type MailKind = (typeof MailKind)[keyof typeof MailKind];

/** What became of a mail. */
export const Posted = {
  /** The addressee is gone; the node is still the sender's. */
  REFUSED: 0,
  /** Behind other mail, whose sender wakes the addressee. */
  JOINED: 1,
  /** The first one: wake the addressee (`park-word.ts`). */
  FIRST: 2,
} as const;
/** One of {@link Posted}. */
export type Posted = (typeof Posted)[keyof typeof Posted];

const KIND_MASK = 3;
const TAG_MASK = 31;
const INCARNATION_MASK = 28;

/** What a taken mail says. */
export function kindOf(mail: number): MailKind {
  return (mail & KIND_MASK) as MailKind;
}

/** The node of a taken mail. */
export function nodeOf(mail: number): number {
  return mail & ~TAG_MASK;
}

/** The mailboxes of all participants. */
export class Mailboxes {
  private readonly words: Int32Array;
  private readonly participants: Participants;

  constructor(words: Int32Array, participants: Participants) {
    this.words = words;
    this.participants = participants;
  }

  /** Posts a node to the participant that a reference names. */
  post(ref: number, node: number, kind: MailKind): Posted {
    const { words } = this;
    if (!this.participants.isCurrent(ref)) return Posted.REFUSED;
    const at = this.participants.block(indexOfRef(ref)) + MAILBOX;
    const empty = emptyMailbox(incarnationOfRef(ref));
    const link = node + LINKS + kind;
    let head = load(words, at);
    for (;;) {
      // It has died since: the head is another incarnation's.
      if ((head & INCARNATION_MASK) !== empty) return Posted.REFUSED;
      // Plain: the node is the sender's, and the exchange that takes it comes after the swap that shows it.
      words[link] = head;
      const found = compareExchange(words, at, head, node | empty | kind);
      if (found === head) return nodeOf(head) === 0 ? Posted.FIRST : Posted.JOINED;
      // Another mail came first: this one goes on top of it.
      head = found;
    }
  }

  /** Whether a participant has mail. */
  hasMail(index: number): boolean {
    return nodeOf(load(this.words, this.participants.block(index) + MAILBOX)) !== 0;
  }

  /**
   * Owner: takes all mail; answers the oldest one, 0 if there is none. Go on with {@link Mailboxes.next}, which must be
   * called before the node is given away.
   */
  drain(index: number): number {
    const { words } = this;
    const block = this.participants.block(index);
    const seen = load(words, block + MAILBOX);
    if (nodeOf(seen) === 0) return 0;
    // The owner lives, so the incarnation stays.
    let mail = exchange(words, block + MAILBOX, seen & INCARNATION_MASK);
    let newer = 0;
    while (nodeOf(mail) !== 0) {
      const link = nodeOf(mail) + LINKS + (mail & KIND_MASK);
      const older = words[link]!;
      words[link] = newer;
      newer = mail;
      mail = older;
    }
    words[block + IN_HAND] = newer;
    return newer;
  }

  /** Owner: the mail after this one, 0 if it was the last. */
  next(index: number, mail: number): number {
    const { words } = this;
    const next = words[nodeOf(mail) + LINKS + (mail & KIND_MASK)]!;
    // Plain: read only when the owner is dead.
    words[this.participants.block(index) + IN_HAND] = next;
    return next;
  }
}
