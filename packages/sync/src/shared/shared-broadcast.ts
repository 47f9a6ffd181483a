/**
 * A broadcast channel whose ends are on several threads.
 *
 * **Layout.** Words of a line of receivers, SENDERS and RECEIVERS (how many are open), TICKETS (how many receivers there have
 * been), two words of waiters (those who wait for values, and those who wait for all receivers to go), and the values
 * (value-ring.ts). A record's word: how many senders its thread has. A receiver's words: MEMBER (the record of its thread),
 * TICKET, and where it stands.
 * **Who writes.** Who has the lock.
 * **Invariants.**
 * 1. Where a receiver stands is written before anything else is done to what it reads: after a death it has read a value or has
 *    not, and what others have yet to read is made anew.
 * 2. SENDERS and RECEIVERS are what the records and the line say: after a death they are made anew, without those of the dead.
 * 3. An end that is under way is its sender's thread's until it has come. If that has died meanwhile, it is one more: a receiver
 *    is told as missed what was let go.
 * 4. Who sends wakes after the value is there; who waits registers first and looks then.
 */
import type { SharedHost } from "@treadle/core";
import { load } from "@treadle/core/shared";
import { createGuarded, GUARDED_REST, Guarded, MEMBER_REST } from "./guarded.ts";
import { LINE_WORDS, Line, NODE_REST } from "./line.ts";
import { LONG_WORDS, readLong, writeLong } from "./long.ts";
import { release, retain } from "./refs.ts";
import { createRing, ringWords, ValueRing } from "./value-ring.ts";

const LINE = GUARDED_REST;
const SENDERS = LINE + LINE_WORDS;
const RECEIVERS = SENDERS + 1;
const TICKETS = SENDERS + 2;
const NEWS = SENDERS + 3;
const GONE = SENDERS + 4;
const RING = SENDERS + 5;

/** A record's word. */
const HAS_SENDERS = MEMBER_REST;

const MEMBER = NODE_REST;
const TICKET = NODE_REST + 1;
const POSITION = NODE_REST + 2;
const RECEIVER_WORDS = POSITION + LONG_WORDS;

/** Takes the memory of a channel for so many values, the next of which has that position. */
export function createBroadcast(host: SharedHost, size: number, end: number): number {
  const at = createGuarded(host, RING + ringWords(size));
  createRing(host.words, at + RING, size, end);
  return at;
}

/** A receiver that was sent. */
export interface SentPlace {
  /** Its words, and which receiver it is. */
  readonly place: number;
  readonly ticket: number;
  readonly position: number;
}

/** A broadcast channel, as one thread sees it. */
export class SharedBroadcast<T> extends Guarded {
  private readonly line: Line;
  private readonly ring: ValueRing;
  /** Ends here that are open. */
  private users: number;
  private attached: boolean;
  /** Where the values ended when this thread left. */
  private lastEnd: number;

  constructor(host: SharedHost, at: number) {
    super(host, at);
    this.line = new Line(host.words, at + LINE);
    this.ring = new ValueRing(host, at + RING);
    this.users = 0;
    this.attached = true;
    this.lastEnd = 0;
    this.join();
  }

  /** The words of waiters. */
  get newsAt(): number {
    return this.at + NEWS;
  }

  /** As {@link SharedBroadcast.newsAt}. */
  get goneAt(): number {
    return this.at + GONE;
  }

  /** Whether this thread has open ends; the words are touched no more when it has none. */
  get isAttached(): boolean {
    return this.attached;
  }

  // Values

  /** The position of the next value. */
  get end(): number {
    return this.attached ? this.ring.end : this.lastEnd;
  }

  /** Sends a value; answers how many will receive it: when there is nobody it was not sent. */
  push(value: T): number {
    const { host, words, at } = this;
    const node = host.writeCopies(value);
    words[node] = 1;
    this.enter();
    const receivers = words[at + RECEIVERS] as number;
    const old = receivers > 0 ? this.ring.push(node, receivers) : node;
    this.leave();
    if (old !== 0) this.ring.giveUse(old);
    if (receivers > 0) host.wakeAll(this.newsAt);
    return receivers;
  }

  /** Puts the values there that the channel had when it was of one thread, once its receivers are there. */
  fill(start: number, nodes: readonly number[]): void {
    this.enter();
    for (const [index, node] of nodes.entries())
      if (node !== 0) this.ring.fill(start + index, node);
    this.ring.recount(this.positions());
    this.leave();
  }

  /** A receiver reads on: answers where it stands then, and the value's node, 0 when it has only missed some. */
  read(place: number, position: number): [number, number] {
    this.enter();
    const first = this.ring.firstKept(position);
    const next = first === position ? position + 1 : first;
    writeLong(this.words, place + POSITION, next);
    const node = first === position ? this.ring.use(position) : 0;
    this.leave();
    return [next, node];
  }

  /** The value of a node that was read. */
  take(node: number): T {
    try {
      return this.host.peek(node) as T;
    } finally {
      this.ring.giveUse(node);
    }
  }

  /** How many values some receiver has yet to read. */
  countUnread(): number {
    if (!this.attached) return 0;
    this.enter();
    const count = this.ring.unreadFrom(this.positions());
    this.leave();
    return count;
  }

  /** Lock held: where the receivers stand. */
  private positions(): number[] {
    const all: number[] = [];
    const { line } = this;
    for (let place = line.first; place !== 0; place = line.next(place))
      all.push(readLong(this.words, place + POSITION));
    return all;
  }

  // Senders

  /** How many senders are open. */
  get senderCount(): number {
    return this.countAt(SENDERS);
  }

  /** How many receivers are open. */
  get receiverCount(): number {
    return this.countAt(RECEIVERS);
  }

  private countAt(word: number): number {
    if (!this.attached) return 0;
    if (load(this.words, this.at + word) > 0 && this.mayHaveDied()) {
      this.enter();
      this.leave();
    }
    return load(this.words, this.at + word);
  }

  /** So many more senders are here. */
  addSenders(count: number): void {
    this.users += count;
    this.enter();
    this.changeSenders(this.member, count);
    this.leave();
  }

  /** One more sender is here, if there is one anywhere; the words are touched no more when this thread has no open end. */
  tryAddSender(): boolean {
    if (!this.attached) return false;
    this.enter();
    const open = (this.words[this.at + SENDERS] as number) > 0;
    if (open) {
      this.users++;
      this.changeSenders(this.member, 1);
    }
    this.leave();
    return open;
  }

  /** A sender here is closed. */
  dropSender(): void {
    this.enter();
    this.changeSenders(this.member, -1);
    const last = this.words[this.at + SENDERS] === 0;
    this.leave();
    if (last) this.host.wakeAll(this.newsAt);
    this.endLeft();
  }

  /** A sender that another thread has sent is here now. */
  senderCame(from: number): void {
    const first = this.users === 0;
    this.users++;
    this.enter();
    this.changeSenders(this.member, 1);
    const member = this.memberOf(from);
    // It was given up for the dead: it is one more.
    if (member !== 0 && (this.words[member + HAS_SENDERS] as number) > 0)
      this.changeSenders(member, -1);
    this.leave();
    if (!first) release(this.host, this.at);
  }

  private changeSenders(member: number, count: number): void {
    (this.words[member + HAS_SENDERS] as number) += count;
    this.put(SENDERS, (this.words[this.at + SENDERS] as number) + count);
  }

  // Receivers

  /** One more receiver is here: answers its words. It stands at the end, or where it is said. */
  addReceiver(position = -1): number {
    const place = this.host.allocate(RECEIVER_WORDS);
    this.users++;
    this.enter();
    this.stand(place, position < 0 ? this.ring.end : position);
    this.leave();
    return place;
  }

  private stand(place: number, position: number): void {
    const { words, at } = this;
    words[at + TICKETS] = ((words[at + TICKETS] as number) + 1) | 0;
    words[place + TICKET] = words[at + TICKETS] as number;
    words[place + MEMBER] = this.member;
    writeLong(words, place + POSITION, position);
    this.line.push(place);
    this.put(RECEIVERS, (words[at + RECEIVERS] as number) + 1);
    if (position < this.ring.end) this.ring.recount(this.positions());
  }

  /** Where a receiver here stands. */
  positionOf(place: number): number {
    return readLong(this.words, place + POSITION);
  }

  /** A receiver here is closed. */
  dropReceiver(place: number, position: number): void {
    this.enter();
    this.line.remove(place);
    const left = (this.words[this.at + RECEIVERS] as number) - 1;
    this.put(RECEIVERS, left);
    this.ring.release(position);
    this.leave();
    this.host.free(place);
    if (left === 0) this.host.wakeAll(this.goneAt);
    this.endLeft();
  }

  /** What goes with a receiver that is sent. */
  describe(place: number, position: number): SentPlace {
    return { place, ticket: this.words[place + TICKET] as number, position };
  }

  /** A receiver that another thread has sent is here now: answers its words. */
  receiverCame(sent: SentPlace): number {
    const first = this.users === 0;
    const place = this.takeOver(sent) ? this.keep(sent.place) : this.addReceiver(sent.position);
    if (!first) release(this.host, this.at);
    return place;
  }

  private keep(place: number): number {
    this.users++;
    return place;
  }

  /** Whether it is still there: it may have been given up for the dead. */
  private takeOver(sent: SentPlace): boolean {
    const { words, line } = this;
    this.enter();
    let place = line.first;
    while (place !== 0 && (place !== sent.place || words[place + TICKET] !== sent.ticket))
      place = line.next(place);
    if (place !== 0) words[place + MEMBER] = this.member;
    this.leave();
    return place !== 0;
  }

  // Ends that leave

  /** One end here was sent to another thread. */
  endSent(): void {
    retain(this.host, this.at);
    this.endLeft();
  }

  private endLeft(): void {
    this.users--;
    if (this.users > 0) return;
    this.lastEnd = this.ring.end;
    this.attached = false;
    this.host.views.delete(this.at);
    this.detach();
  }

  // Deaths and the end

  protected override mend(): void {
    this.line.mend();
    // Somebody may not have been told.
    this.host.wakeAll(this.newsAt);
  }

  protected override bury(member: number): void {
    const { words, line } = this;
    words[member + HAS_SENDERS] = 0;
    for (let place = line.first; place !== 0; ) {
      const next = line.next(place);
      if (words[place + MEMBER] === member) {
        line.remove(place);
        this.host.free(place);
      }
      place = next;
    }
  }

  protected override buried(): void {
    const positions = this.positions();
    const senders = this.sum(HAS_SENDERS);
    this.put(SENDERS, senders);
    this.put(RECEIVERS, positions.length);
    this.ring.recount(positions);
    if (senders === 0) this.host.wakeAll(this.newsAt);
    if (positions.length === 0) this.host.wakeAll(this.goneAt);
  }

  protected override destroyed(): void {
    // No receiver is left, so no value is.
    this.host.wakeAll(this.newsAt);
    this.host.wakeAll(this.goneAt);
  }

  protected override look(): void {}
}
