/**
 * A oneshot channel whose ends are on two threads.
 *
 * **Layout.** Words REFS (one for each end), STATE, VALUE (the node of what was sent), SENDER and RECEIVER (which thread has that
 * end, or has sent it on its way), and two words of waiters: the receiver that waits for the value, the sender that waits for
 * the receiver to go.
 * **Who writes.** STATE: both ends, by compare-and-swap; VALUE: the sender, before; SENDER, RECEIVER: that end's thread.
 * **Transitions.** Those of `oneshot.ts`. OPEN becomes SENDER_GONE also by the receiver when it finds that the sender's thread is
 * gone, and RECEIVER_GONE likewise by the sender. The use of the dead end stays counted: it may be on its way.
 * **Invariants.**
 * 1. What was sent before the sender's thread died is received.
 * 2. Who waits registers first and looks then; who leaves OPEN wakes after.
 */
import type { SharedHost, SharedWaits } from "@treadle/core";
import { compareExchange, load, store } from "@treadle/core/shared";
import { release } from "./refs.ts";

const STATE = 1;
const VALUE = 2;
const SENDER = 3;
const RECEIVER = 4;
const VALUE_WAIT = 5;
const GONE_WAIT = 6;
const ONESHOT_WORDS = 7;

/** Where a oneshot channel stands. */
export const Phase = {
  OPEN: 0,
  SENT: 1,
  TAKEN: 2,
  SENDER_GONE: 3,
  RECEIVER_GONE: 4,
} as const;

/** Whether an end has nothing more to do in that phase. */
export function isOverForSender(phase: number): boolean {
  return phase !== Phase.OPEN && phase !== Phase.RECEIVER_GONE;
}
/** As {@link isOverForSender}. */
export function isOverForReceiver(phase: number): boolean {
  return phase === Phase.TAKEN || phase === Phase.RECEIVER_GONE;
}

/** Takes the memory of a channel in that phase; `node` is the value when it was sent already. */
export function createOneshot(host: SharedHost, phase: number, node: number): number {
  const at = host.allocate(ONESHOT_WORDS);
  const { words } = host;
  words[at] = (isOverForSender(phase) ? 0 : 1) + (isOverForReceiver(phase) ? 0 : 1);
  words[at + STATE] = phase;
  words[at + VALUE] = node;
  words[at + SENDER] = host.ref;
  words[at + RECEIVER] = host.ref;
  return at;
}

abstract class End implements SharedWaits {
  readonly host: SharedHost;
  readonly at: number;
  protected readonly words: Int32Array;
  private readonly wakes: () => void;
  private registered: boolean;
  /** What the phase was when the channel was over for this end; -1 while it is not. */
  private last: number;

  constructor(host: SharedHost, at: number, wakes: () => void) {
    this.host = host;
    this.at = at;
    this.words = host.words;
    this.wakes = wakes;
    this.registered = false;
    this.last = -1;
  }

  /** Whether the end is here, and the channel not over for it. */
  get isHere(): boolean {
    return this.last < 0;
  }

  /** The phase as it is now. */
  get phase(): number {
    return this.last < 0 ? load(this.words, this.at + STATE) : this.last;
  }

  /** The end has nothing more to do here, as it was used before or sent to another thread. */
  over(phase: number): void {
    this.last = phase;
  }

  woken(): void {
    this.registered = false;
    this.wakes();
  }

  died(): void {
    this.wakes();
  }

  protected register(word: number): void {
    if (this.registered) return;
    this.host.register(this.at + word, this);
    this.registered = true;
  }

  /** Leaves OPEN; false if it was left before. */
  protected move(phase: number): boolean {
    if (compareExchange(this.words, this.at + STATE, Phase.OPEN, phase) !== Phase.OPEN)
      return false;
    this.host.wakeAll(this.at + VALUE_WAIT);
    this.host.wakeAll(this.at + GONE_WAIT);
    return true;
  }

  /** Leaves OPEN in the place of the other end when its thread is gone. */
  protected lookAfter(other: number, phase: number): void {
    if (this.phase !== Phase.OPEN || this.host.isCurrent(load(this.words, this.at + other))) return;
    this.move(phase);
  }

  private giveUse(): void {
    const { host, at } = this;
    if (!release(host, at)) return;
    if (load(this.words, at + STATE) === Phase.SENT) host.discard(this.words[at + VALUE] as number);
    host.wakeAll(at + VALUE_WAIT);
    host.wakeAll(at + GONE_WAIT);
    host.free(at);
  }

  /** The channel is over for this end. */
  protected done(): void {
    this.last = this.phase;
    this.giveUse();
  }
}

/** The sending end, on its thread. */
export class SharedOneshotSender<T> extends End {
  /** The end has come here. */
  came(): void {
    store(this.words, this.at + SENDER, this.host.ref);
  }

  /** Sends the value; false when it is too late. The channel is over for this end then. */
  send(value: T): boolean {
    if (!this.isOpen()) {
      this.done();
      return false;
    }
    const node = this.host.write(value);
    // Plain: the swap shows it.
    this.words[this.at + VALUE] = node;
    const sent = this.move(Phase.SENT);
    if (!sent) this.host.discard(node);
    this.done();
    return sent;
  }

  /** Gives up sending. */
  close(): void {
    this.move(Phase.SENDER_GONE);
    this.done();
  }

  /** Whether the receiver still wants a value. */
  isOpen(): boolean {
    this.lookAfter(RECEIVER, Phase.RECEIVER_GONE);
    return this.phase === Phase.OPEN;
  }

  /** Waits for the receiver to go; the caller then looks once more. */
  awaitGone(): void {
    this.register(GONE_WAIT);
  }
}

/** The receiving end, on its thread. */
export class SharedOneshotReceiver<T> extends End {
  /** The end has come here. */
  came(): void {
    store(this.words, this.at + RECEIVER, this.host.ref);
  }

  /** The phase, once it is known whether the sender's thread lives. */
  look(): number {
    this.lookAfter(SENDER, Phase.SENDER_GONE);
    return this.phase;
  }

  /** Takes the value that was sent; the channel is over for this end then. */
  take(): T {
    store(this.words, this.at + STATE, Phase.TAKEN);
    const node = this.words[this.at + VALUE] as number;
    this.done();
    return this.host.read(node) as T;
  }

  /** Wants no value any more; one that was sent can still be taken. */
  close(): void {
    this.move(Phase.RECEIVER_GONE);
  }

  /** Neither a value nor news is wanted. */
  leave(): void {
    this.done();
  }

  /** Waits for the value; the caller then looks once more. */
  awaitValue(): void {
    this.register(VALUE_WAIT);
  }
}
