/**
 * An mpsc channel whose ends are on several threads.
 *
 * **Layout.** A block of shared words: REFS (refs.ts), CLOSED (the receiver takes nothing new), FREE and BOUND (places; BOUND
 * is -1 when there is no bound), RECEIVER (which thread has the receiver), three words of waiters, the values
 * (message-stack.ts), the senders, and in a bounded channel the places that were taken and are not used yet (held.ts).
 * **Who writes.** FREE: who takes a place, by compare-and-swap, and who gives one back; CLOSED, RECEIVER: the receiver's
 * thread.
 * **Transitions.** As those of channel.ts; at the channel's end, or when the receiver is disposed of, the stack is sealed.
 * **Invariants.**
 * 1. Who waits registers first and looks then; who changes something wakes after.
 * 2. Whoever has taken a place, or waits for one, or has an open end, keeps this thread attached; one that is not attached
 *    touches the words no more.
 * 3. A sender pushes before it is given up; so the receiver that sees none, and then no value, has all.
 * 4. The channel ends by a swap of the count of senders, from none to none for ever, and who has found no value behind that has
 *    all. Who makes a sender of none of its own (`tryAddSender`) swaps that count too: so it never gets one of a channel that
 *    has ended, nor takes one into it.
 * 5. A place is counted as its thread's before it is taken and until after its value was pushed: those of a dead thread come
 *    back. It may have died in front of the one or behind the other; then the channel holds one value more from then on.
 */
import type { SharedHost } from "@treadle/core";
import { add, compareExchange, load, store } from "@treadle/core/shared";
import { sendClosed } from "../error.ts";
import type { WaitLeaf, WaitList } from "../waiters.ts";
import { Held, heldWords } from "./held.ts";
import { MessageStack, STACK_WORDS } from "./message-stack.ts";
import { release, retain } from "./refs.ts";
import { WaitPlace } from "./wait-place.ts";

const CLOSED = 1;
const FREE = 2;
const BOUND = 3;
const RECEIVER = 4;
const RECEIVES = 5;
const PLACES = 6;
const GONE = 7;
const STACK = 8;
const HELD = STACK + STACK_WORDS;
const MOST_PLACES = 2 ** 31 - 1;

/** Takes the memory of a channel with so many places of which so many are free; nobody else sees it yet. */
export function createChannel(host: SharedHost, bound: number, free: number): number {
  const counts = bound === Number.POSITIVE_INFINITY ? 1 : 2;
  const at = host.allocate(HELD + counts * heldWords(host.threads));
  const { words } = host;
  const places = Math.min(bound, MOST_PLACES);
  words[at + BOUND] = bound === Number.POSITIVE_INFINITY ? -1 : places;
  words[at + FREE] = places - Math.min(bound - free, places);
  words[at + RECEIVER] = host.ref;
  words[at] = 1;
  return at;
}

/** How many places a channel has; `Infinity` when there is no bound. */
export function boundOf(host: SharedHost, at: number): number {
  const bound = host.words[at + BOUND] as number;
  return bound < 0 ? Number.POSITIVE_INFINITY : bound;
}

/** What the ends on this thread use. */
export class SharedChannel<T> {
  readonly host: SharedHost;
  readonly at: number;
  readonly values: MessageStack;
  readonly senders: Held;
  /** The places that were taken and not used yet; null when there is no bound. */
  readonly taken: Held | null;
  /** Whether the receiver is here. */
  hasReceiver: boolean;
  private readonly words: Int32Array;
  private readonly receives: WaitPlace;
  private readonly placeWaits: WaitPlace;
  private readonly goneWaits: WaitPlace;
  private users: number;
  private attached: boolean;
  private deathsSeen: number;

  /** The channel at `at`, which `users` ends here keep attached. */
  constructor(
    host: SharedHost,
    at: number,
    receives: WaitList<WaitLeaf<unknown>>,
    gone: WaitList<WaitLeaf<unknown>>,
    users: number,
  ) {
    this.host = host;
    this.at = at;
    this.words = host.words;
    this.values = new MessageStack(host.words, at + STACK);
    this.senders = new Held(host, at + HELD);
    const bounded = (host.words[at + BOUND] as number) >= 0;
    this.taken = bounded ? new Held(host, at + HELD + heldWords(host.threads)) : null;
    this.hasReceiver = false;
    this.receives = new WaitPlace(host, at + RECEIVES, receives);
    this.placeWaits = new WaitPlace(host, at + PLACES);
    this.goneWaits = new WaitPlace(host, at + GONE, gone);
    this.users = users;
    this.attached = true;
    // None: those that have died before are swept too.
    this.deathsSeen = 0;
  }

  // Who keeps it

  /** One more here uses it. */
  use(): void {
    this.users++;
  }

  /** So many less do. */
  unuse(count: number): void {
    this.users -= count;
    if (this.users > 0 || !this.attached) return;
    this.attached = false;
    this.host.views.delete(this.at);
    if (release(this.host, this.at)) this.destroy();
  }

  private destroy(): void {
    const { host, at } = this;
    this.values.seal((node) => host.discard(node));
    for (const word of [RECEIVES, PLACES, GONE]) host.wakeAll(at + word);
    host.free(at);
  }

  /** An end was sent to another thread. */
  endSent(): void {
    retain(this.host, this.at);
    this.unuse(1);
  }

  /** An end has come from another thread, to one that was attached already. */
  endCame(): void {
    this.users++;
    release(this.host, this.at);
  }

  // The senders' side

  /** Whether the receiver takes nothing new, or is gone with its thread. */
  isAbandoned(): boolean {
    const { words, at } = this;
    if (!this.attached || load(words, at + CLOSED) !== 0) return true;
    return !this.host.isCurrent(load(words, at + RECEIVER));
  }

  /** Queues a value whose place, if places are counted, was taken here before. */
  push(value: T): void {
    const { host, at, taken } = this;
    const node = this.write(value);
    const pushed = this.values.push(node);
    if (pushed) host.wakeAll(at + RECEIVES);
    else host.discard(node);
    if (taken !== null) {
      taken.dropHere();
      this.unuse(1);
    }
    if (!pushed) throw sendClosed(value);
  }

  /** Writes a value that is to be queued; one that cannot be sent gives its place back. */
  private write(value: T): number {
    try {
      return this.host.write(value);
    } catch (error) {
      if (this.taken !== null) this.releasePlaces(1);
      throw error;
    }
  }

  /** Takes places if so many are free. */
  tryTakePlaces(count: number): boolean {
    if (load(this.words, this.at + FREE) < count && !this.lookForPlaces(count)) return false;
    const taken = this.taken as Held;
    taken.addHere(count);
    if (this.takeFree(count)) {
      this.users += count;
      return true;
    }
    taken.dropHere(count);
    return false;
  }

  private takeFree(count: number): boolean {
    const { words, at } = this;
    let free = load(words, at + FREE);
    while (free >= count) {
      const found = compareExchange(words, at + FREE, free, free - count);
      if (found === free) return true;
      free = found;
    }
    return false;
  }

  /** Whether enough places are free with those of threads that have died. */
  private lookForPlaces(count: number): boolean {
    this.lookForDeaths();
    return load(this.words, this.at + FREE) >= count;
  }

  /** Gives places back that were taken here and not used. */
  releasePlaces(count: number): void {
    this.freePlaces(count);
    this.taken?.dropHere(count);
    this.wakeReceiveAtEnd();
    this.unuse(count);
  }

  private freePlaces(count: number): void {
    if (count === 0) return;
    add(this.words, this.at + FREE, count);
    this.host.wakeAll(this.at + PLACES);
  }

  private wakeReceiveAtEnd(): void {
    if (this.senders.total <= 0 || load(this.words, this.at + CLOSED) !== 0)
      this.host.wakeAll(this.at + RECEIVES);
  }

  /** Waits until places may be free, or the receiver gone. */
  awaitPlaces(leaf: WaitLeaf<unknown>): void {
    this.placeWaits.enrol(leaf);
  }

  /** Sees to it that those that wait for the receiver to go are told; they look once more then. */
  armGone(): void {
    if (this.attached) this.goneWaits.arm();
  }

  get senderCount(): number {
    return this.attached ? Math.max(this.senders.total, 0) : 0;
  }

  addSender(): void {
    this.users++;
    this.senders.addHere(1);
  }

  /** As `addSender` if there is one, or a place that was taken and not used yet. */
  tryAddSender(): boolean {
    if (!this.attached) return false;
    this.lookForDeaths();
    const hasPermits = this.taken !== null && this.taken.total > 0;
    if (!this.senders.tryAddHere(hasPermits ? 0 : 1)) return false;
    this.users++;
    return true;
  }

  dropSender(): void {
    if (this.senders.dropHere() <= 0) this.host.wakeAll(this.at + RECEIVES);
    this.unuse(1);
  }

  get free(): number {
    return this.attached ? load(this.words, this.at + FREE) : 0;
  }

  /** Whether there are senders, or places that are not free. */
  maySend(): boolean {
    return this.attached && (this.senders.total > 0 || !this.isIdle());
  }

  // The receiver's side

  /** The receiver is here from now on. */
  receiverCame(): void {
    this.hasReceiver = true;
    store(this.words, this.at + RECEIVER, this.host.ref);
  }

  /** Whether a value is there. */
  hasValue(): boolean {
    return this.attached && this.hasReceiver && this.values.hasAny();
  }

  /** Takes the oldest value, which is there, and frees its place. */
  take(): T {
    const node = this.values.take();
    if ((this.words[this.at + BOUND] as number) >= 0) this.freePlaces(1);
    return this.host.read(node) as T;
  }

  /** How many values are there. */
  count(): number {
    return this.attached && this.hasReceiver ? this.values.count() : 0;
  }

  /** Waits until there may be a value, or the end. */
  awaitValue(leaf: WaitLeaf<unknown>): void {
    this.receives.enrol(leaf);
  }

  /** Whether nothing is there and nothing can come any more; that is then final. */
  isFinished(): boolean {
    if (!this.attached || !this.hasReceiver) return true;
    if (!this.isDraining() || !this.isIdle()) return false;
    if (!this.senders.end() && load(this.words, this.at + CLOSED) === 0) return false;
    // After the end of the senders: until then somebody could come, send and go.
    if (this.values.hasAny() || !this.isIdle()) return false;
    this.receiverGone();
    return true;
  }

  /** Whether nothing new can begin to be sent. */
  isDraining(): boolean {
    if (!this.attached || load(this.words, this.at + CLOSED) !== 0) return true;
    this.lookForDeaths();
    return this.senders.total <= 0;
  }

  private lookForDeaths(): void {
    const deaths = this.host.deaths();
    if (deaths === this.deathsSeen) return;
    this.deathsSeen = deaths;
    this.senders.sweep();
    if (this.taken !== null) this.freePlaces(this.taken.sweep());
  }

  /** Whether every place is free. */
  private isIdle(): boolean {
    const { words, at } = this;
    const bound = words[at + BOUND] as number;
    return bound < 0 || load(words, at + FREE) >= bound || this.lookForPlaces(bound);
  }

  /** The receiver takes nothing new. */
  closeReceiver(): void {
    if (!this.attached || !this.hasReceiver) return;
    const { host, at } = this;
    store(host.words, at + CLOSED, 1);
    for (const word of [RECEIVES, PLACES, GONE]) host.wakeAll(at + word);
  }

  /** The receiver takes nothing at all any more. */
  receiverGone(): void {
    if (!this.attached || !this.hasReceiver) return;
    const { host } = this;
    this.closeReceiver();
    this.values.seal((node) => host.discard(node));
    this.hasReceiver = false;
    this.unuse(1);
  }
}
