/**
 * A thing under a lock at which waits of several threads stand in one line.
 *
 * **Layout.** The line's words, FIRST_WAITING (the first node that waits yet), then the thing's. A node: the line's words, MEMBER
 * (the record of its thread), STATE (0 while it waits, else how its wait has ended), READY_AFTER, and two words that are the
 * thing's. A record's word READY: the newest node of that thread whose wait has ended and whose thread has not seen that.
 * **Transitions** of a node: in line, STATE 0 -> STATE set, by whoever ends the wait -> put on READY -> collected by its thread,
 * who is told by mail, hands the news to the leaf and frees the node. A node whose wait is given up leaves from wherever it is.
 * **Invariants.**
 * 1. STATE is set by one write, and that is what counts: READY lists are made anew from it (`mend`).
 * 2. Nodes belong to the thread of their record: that one allocates and frees them. Those of a dead thread are freed by who
 *    buries it.
 * 3. A wake is told to the one leaf whose node it is: what others wait for costs nothing here.
 */
import type { SharedHost, SharedWaits } from "@treadle/core";
import { GUARDED_REST, Guarded, MEMBER_REST, WAKE } from "./guarded.ts";
import { LINE_WORDS, Line, NODE_REST } from "./line.ts";

const LINE = GUARDED_REST;
const FIRST_WAITING = LINE + LINE_WORDS;
/** The first word that is the thing's. */
export const LINED_REST: number = FIRST_WAITING + 1;

const READY = MEMBER_REST;
/** The first of a record's words that are the thing's. */
export const LINED_MEMBER_REST: number = READY + 1;

const MEMBER = NODE_REST;
/** Of a node: 0 while it waits. */
export const STATE: number = NODE_REST + 1;
const READY_AFTER = NODE_REST + 2;
/** The first of a node's words that are the thing's. */
export const LINED_NODE_REST: number = NODE_REST + 3;
const NODE_WORDS = LINED_NODE_REST + 2;

/** Why a node leaves the line. */
export const Leaves = {
  /** Its thread has seen that its wait has ended. */
  COLLECTED: 0,
  /** Its wait is given up, whether it has ended or not. */
  GIVEN_UP: 1,
  /** Its thread has died. */
  BURIED: 2,
} as const;
/** One of {@link Leaves}. */
export type Leaves = (typeof Leaves)[keyof typeof Leaves];

/** What stands in the line by a node. */
export interface LineWait {
  /** The wait has ended so; nothing else may happen here. */
  ended(state: number): void;
  /** Wakes whoever polled it last. */
  wakeUp(): void;
}

/** A thing with a line, as one thread sees it. */
export abstract class SharedLine extends Guarded implements SharedWaits {
  protected readonly line: Line;
  /** The waits of this thread, by their nodes. */
  private readonly waits: Map<number, LineWait>;
  private registered: boolean;

  constructor(host: SharedHost, at: number) {
    super(host, at);
    this.line = new Line(host.words, at + LINE);
    this.waits = new Map();
    this.registered = false;
  }

  /** Lock held: what becomes of what a node has got, once it has left the line. */
  protected abstract settle(node: number, why: Leaves): void;

  /** Makes a node of this thread; nobody else sees it yet. */
  protected makeNode(): number {
    const node = this.host.allocate(NODE_WORDS);
    this.words[node + MEMBER] = this.member;
    return node;
  }

  /** Lock held: a node of this thread joins the line. */
  protected enrol(node: number, wait: LineWait): void {
    this.waits.set(node, wait);
    this.line.push(node);
    if (this.firstWaiting === 0) this.words[this.at + FIRST_WAITING] = node;
  }

  /** Lock held: the first node that waits yet, 0 if there is none. */
  protected get firstWaiting(): number {
    return this.words[this.at + FIRST_WAITING] as number;
  }

  /** Lock held: the first node from this one on that waits yet. */
  private waitingFrom(first: number): number {
    let node = first;
    while (node !== 0 && this.words[node + STATE] !== 0) node = this.line.next(node);
    return node;
  }

  /** Lock held: a node leaves the line. */
  private remove(node: number, why: Leaves): void {
    this.line.remove(node);
    // It still knows who came after it.
    if (this.firstWaiting === node)
      this.words[this.at + FIRST_WAITING] = this.waitingFrom(this.line.next(node));
    this.settle(node, why);
  }

  /** Sees to it that this thread is told; before it looks for the last time. */
  protected arm(): void {
    if (this.registered) return;
    this.host.register(this.member + WAKE, this);
    this.registered = true;
  }

  /** Lock held: the wait of a node in the line has ended. */
  protected end(node: number, state: number): void {
    // One write, before all else: see `mend`.
    this.words[node + STATE] = state;
    if (this.firstWaiting === node) this.words[this.at + FIRST_WAITING] = this.waitingFrom(node);
    this.putReady(node);
  }

  private putReady(node: number): void {
    const { words } = this;
    const member = words[node + MEMBER] as number;
    words[node + READY_AFTER] = words[member + READY] as number;
    words[member + READY] = node;
    this.tell(member);
  }

  woken(): void {
    this.registered = false;
    // Registered first: what ends after that look is told.
    if (this.waits.size > 0) this.arm();
    this.collect();
  }

  died(): void {
    this.collect();
  }

  protected override look(): void {
    this.collect();
  }

  /** Hands the news to the waits of this thread that have ended. */
  private collect(): void {
    this.enter();
    const ended = this.takeReady();
    this.leave();
    // Last, for a wake may run code that comes back here.
    for (let i = ended.length - 1; i >= 0; i--) (ended[i] as LineWait).wakeUp();
  }

  private takeReady(): LineWait[] {
    const { words, member } = this;
    const ended: LineWait[] = [];
    let node = words[member + READY] as number;
    words[member + READY] = 0;
    while (node !== 0) {
      const after = words[node + READY_AFTER] as number;
      const wait = this.waits.get(node);
      this.waits.delete(node);
      this.remove(node, Leaves.COLLECTED);
      if (wait !== undefined) {
        wait.ended(words[node + STATE] as number);
        ended.push(wait);
      }
      this.host.free(node);
      node = after;
    }
    return ended;
  }

  /** A wait that has not been told its end is given up. */
  protected giveUpNode(node: number): void {
    this.waits.delete(node);
    this.enter();
    if (this.words[node + STATE] !== 0) this.takeOffReady(node);
    this.remove(node, Leaves.GIVEN_UP);
    this.leave();
    this.host.free(node);
  }

  private takeOffReady(node: number): void {
    const { words, member } = this;
    let link = member + READY;
    while (words[link] !== node) link = (words[link] as number) + READY_AFTER;
    words[link] = words[node + READY_AFTER] as number;
  }

  protected override mend(): void {
    const { words, line } = this;
    line.mend();
    words[this.at + FIRST_WAITING] = this.waitingFrom(line.first);
    for (let member = this.firstMember(); member !== 0; member = this.memberAfter(member))
      words[member + READY] = 0;
    for (let node = line.first; node !== 0; node = line.next(node))
      if (words[node + STATE] !== 0) this.putReady(node);
  }

  protected override bury(member: number): void {
    const { words, line } = this;
    for (let node = line.first; node !== 0; ) {
      const next = line.next(node);
      if (words[node + MEMBER] === member) {
        this.remove(node, Leaves.BURIED);
        this.host.free(node);
      }
      node = next;
    }
    // Last: what was settled may have gone to its other nodes.
    words[member + READY] = 0;
  }

  protected override destroyed(): void {}
}
