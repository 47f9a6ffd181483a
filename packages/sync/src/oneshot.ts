/**
 * The oneshot channel: one value, once.
 *
 * **Layout.** The receiver is the channel's cell: `state`, the value, the waker of whoever awaits it, and who waits for
 * it to close. The sender only points to it. Once an end was sent to another thread the cell stands for what is here of the
 * channel in shared memory: `ends`.
 * **Transitions.** OPEN -> SENT (`send`) -> TAKEN (received); OPEN -> SENDER_GONE (sender closed);
 * OPEN -> RECEIVER_GONE (receiver closed). A value that was sent before the receiver closed can still be received. An end is sent:
 * OPEN or SENT -> AMONG, until it is seen how the channel has ended.
 * **Invariants.**
 * 1. `value` is held in SENT only.
 * 2. `waker` and `closedWaits` are empty outside OPEN: who leaves OPEN wakes both.
 */
import {
  type Awaitable,
  cx,
  DONE,
  ERR_FUTURE_STATE,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  RuntimeError,
  readyPoll,
  refundBudget,
  SEND,
  type SendKind,
  sendKind,
  type Waker,
} from "@treadle/core";
import { recvClosed } from "./error.ts";
import { hostFor, hostHere } from "./shared/refs.ts";
import {
  createOneshot,
  isOverForReceiver,
  isOverForSender,
  SharedOneshotReceiver,
  SharedOneshotSender,
} from "./shared/shared-oneshot.ts";
import { unlink, WaitLeaf, WaitList, wakeAll } from "./waiters.ts";

const OPEN = 0;
const SENT = 1;
const TAKEN = 2;
const SENDER_GONE = 3;
const RECEIVER_GONE = 4;
/** Another thread has the sender, or may have it: what has become of it is seen when somebody looks. */
const AMONG = 5;

/** What is here of a channel between threads. */
interface Ends<T> {
  readonly there: SharedOneshotSender<T>;
  /** Null when the receiver is elsewhere, or has seen the end. */
  from: SharedOneshotReceiver<T> | null;
}

/**
 * Makes a channel for a single value.
 *
 * @example
 * ```ts
 * import { type Async, Builder, fn, oneshot } from "treadle";
 *
 * const main = fn(function* main(): Async<string> {
 *   const [tx, rx] = oneshot<string>();
 *   tx.send("hello");
 *   return yield* rx;
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => "hello"
 * ```
 */
export function oneshot<T>(): [OneshotSender<T>, OneshotReceiver<T>] {
  const receiver = new OneshotReceiver<T>();
  return [new OneshotSender(receiver), receiver];
}

/**
 * The receiving end of {@link oneshot}: itself the future of the value.
 *
 * @remarks **Errors**: {@link RecvError} (`ERR_CHANNEL_CLOSED`) when the sender was closed with nothing sent, or when
 * the receiver was closed before; {@link RuntimeError} (`ERR_FUTURE_STATE`) when the value was already taken.
 * **Cancel safety**: safe; dropping the wait leaves the channel open, so it can be awaited again; `close()` tells the
 * sender. Uses the budget.
 */
export class OneshotReceiver<T> extends Leaf<T> implements Disposable {
  private state: number;
  private value: T | undefined;
  private waker: Waker | null;
  private closedWaits: WaitList<WaitLeaf<unknown>> | null;
  private ends: Ends<T> | null;

  /** @internal */
  constructor() {
    super();
    this.state = OPEN;
    this.value = undefined;
    this.waker = null;
    this.closedWaits = null;
    this.ends = null;
  }

  /** Polls: ready once the value has come. */
  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, OneshotReceiver.prototype.next);
    if (!pollProceed()) return PENDING;
    if (this.state === SENT) return readyPoll(this.take());
    if (this.state !== OPEN && !this.staysOpen()) return readyPoll(this.take());
    refundBudget();
    this.waker = waker;
    return PENDING;
  }

  /** Off the usual way: whether the value may still come from another thread. */
  private staysOpen(): boolean {
    if (this.look() === AMONG) {
      // Registered first: what comes after the next look is told.
      this.ends?.from?.awaitValue();
      this.look();
    }
    if (this.state === AMONG) return true;
    if (this.state !== SENT) throw this.nothing();
    return false;
  }

  /** The state, once it is seen what another thread has done. */
  private look(): number {
    if (this.state === AMONG) this.pull(this.ends as Ends<T>);
    return this.state;
  }

  private pull(ends: Ends<T>): void {
    const from = ends.from as SharedOneshotReceiver<T>;
    const phase = from.look();
    if (phase === OPEN) return;
    ends.from = null;
    // If the value cannot be read it is gone all the same.
    this.state = phase === SENT ? TAKEN : phase;
    if (phase !== SENT) {
      from.leave();
      return;
    }
    this.value = from.take();
    this.state = SENT;
  }

  protected override drop(): void {
    this.waker = null;
  }

  /**
   * The value if it has come; undefined if it may still come.
   *
   * @throws as awaiting the receiver does.
   */
  tryRecv(): T | undefined {
    const state = this.look();
    if (state === SENT) return this.take();
    if (state !== OPEN && state !== AMONG) throw this.nothing();
    return undefined;
  }

  /** Tells the sender that nobody wants the value; one that was already sent can still be received. */
  close(): void {
    if (this.state === OPEN) this.leaveOpen(RECEIVER_GONE);
    if (this.state !== AMONG) return;
    this.ends?.from?.close();
    this.look();
  }

  /** Closes the channel and lets go of a value that was sent. */
  [Symbol.dispose](): void {
    if (this.state === AMONG) this.leaveThreads();
    this.close();
    if (this.state === SENT) this.take();
  }

  private leaveThreads(): void {
    const { from } = this.ends as Ends<T>;
    from?.close();
    from?.leave();
    this.receiverSent();
  }

  /** Whether no value is there to be taken now. */
  get isEmpty(): boolean {
    return this.look() !== SENT;
  }

  /** Whether the channel is over: the value was taken, or none can come. */
  get isTerminated(): boolean {
    const state = this.look();
    return state !== OPEN && state !== SENT && state !== AMONG;
  }

  /** @internal Stores the sender's value; false when it is too late. */
  deliver(value: T): boolean {
    if (this.state !== OPEN) return this.sendThere(value);
    this.value = value;
    this.leaveOpen(SENT);
    return true;
  }

  private sendThere(value: T): boolean {
    const there = this.ends?.there;
    return there?.isHere === true && there.send(value);
  }

  /** @internal The sender is gone. */
  abandon(): void {
    const there = this.ends?.there;
    if (this.state === OPEN) this.leaveOpen(SENDER_GONE);
    else if (there?.isHere) there.close();
  }

  /** @internal Whether a value can no longer be delivered because nobody wants it. */
  isGone(): boolean {
    const { ends } = this;
    if (ends !== null) return !ends.there.isOpen() && ends.there.phase === RECEIVER_GONE;
    return this.state === RECEIVER_GONE;
  }

  /** @internal Whether waiting for the receiver to close has come to an end. */
  isOpen(): boolean {
    return this.ends === null ? this.state === OPEN : this.ends.there.isOpen();
  }

  /** @internal Enrols a leaf that waits for the receiver to close. */
  awaitClose(leaf: WaitLeaf<unknown>): void {
    this.closedWaits ??= new WaitList();
    if (leaf.after === null) this.closedWaits.push(leaf);
    this.ends?.there.awaitGone();
  }

  // Ends on two threads

  /** @internal */
  get [SEND](): SendKind<OneshotReceiver<T>, number> {
    return receiverKind as SendKind<OneshotReceiver<T>, number>;
  }

  /** @internal Makes the channel one of two threads, to send the receiver; answers its address. */
  shareReceiver(): number {
    if (this.waker !== null) {
      throw new RuntimeError(
        ERR_FUTURE_STATE,
        "the receiver of a oneshot channel cannot be sent to another thread while it is awaited on this one: drop that first",
      );
    }
    if (isOverForReceiver(this.look())) throw this.nothing();
    return this.share();
  }

  /** @internal As `shareReceiver`, to send the sender. */
  shareSender(): number {
    const there = this.ends?.there;
    if (there === undefined ? isOverForSender(this.state) : !there.isHere) {
      throw new RuntimeError(
        ERR_FUTURE_STATE,
        "the sender of this oneshot channel has sent already, or was closed or given away: it cannot be sent to another thread",
      );
    }
    return this.share();
  }

  private share(): number {
    const { ends, state } = this;
    // What was seen of it is here; only a channel that has not ended can be in shared memory still.
    const known = ends !== null && (ends.from !== null || ends.there.isHere) ? ends.there : null;
    const host = hostFor("an end of a oneshot channel", ends?.there.host ?? null);
    if (known !== null) return known.at;
    const at = createOneshot(host, state, state === SENT ? host.write(this.value) : 0);
    const there = new SharedOneshotSender<T>(host, at, () => this.wakeClosed());
    if (isOverForSender(state)) there.over(state);
    this.ends = { there, from: null };
    if (isOverForReceiver(state)) return at;
    this.ends.from = new SharedOneshotReceiver<T>(host, at, () => this.wakeReceiver());
    this.value = undefined;
    this.state = AMONG;
    this.wakeClosed();
    this.wakeReceiver();
    return at;
  }

  /** @internal The receiver was sent. */
  receiverSent(): void {
    const { ends } = this;
    ends?.from?.over(RECEIVER_GONE);
    if (ends !== null) ends.from = null;
    this.state = RECEIVER_GONE;
  }

  /** @internal The sender was sent. */
  senderSent(): void {
    this.ends?.there.over(SENDER_GONE);
    this.wakeClosed();
  }

  /** @internal The receiver has come; there is no sender here. */
  static receiverCame<T>(at: number): OneshotReceiver<T> {
    const receiver = new OneshotReceiver<T>();
    const host = hostHere("an end of a oneshot channel");
    const from = new SharedOneshotReceiver<T>(host, at, () => receiver.wakeReceiver());
    const there = new SharedOneshotSender<T>(host, at, () => undefined);
    there.over(SENDER_GONE);
    receiver.ends = { there, from };
    receiver.state = AMONG;
    from.came();
    return receiver;
  }

  /** @internal The sender has come; what it points to has no receiver here. */
  static senderCame<T>(at: number): OneshotReceiver<T> {
    const cell = new OneshotReceiver<T>();
    const host = hostHere("an end of a oneshot channel");
    const there = new SharedOneshotSender<T>(host, at, () => cell.wakeClosed());
    cell.ends = { there, from: null };
    cell.state = RECEIVER_GONE;
    there.came();
    return cell;
  }

  private wakeClosed(): void {
    if (this.closedWaits !== null) wakeAll(this.closedWaits);
  }

  private wakeReceiver(): void {
    const waker = this.waker;
    this.waker = null;
    if (waker !== null) waker.wake();
  }

  private take(): T {
    const value = this.value as T;
    this.value = undefined;
    this.state = TAKEN;
    return value;
  }

  private leaveOpen(state: number): void {
    this.state = state;
    const waker = this.waker;
    this.waker = null;
    if (this.closedWaits !== null) wakeAll(this.closedWaits);
    if (waker !== null) waker.wake();
  }

  private nothing(): Error {
    if (this.state !== TAKEN) return recvClosed();
    return new RuntimeError(
      ERR_FUTURE_STATE,
      "the value of this oneshot channel was already taken: it can be received once",
    );
  }
}

/** The sending end of {@link oneshot}. */
export class OneshotSender<T> implements Disposable {
  private receiver: OneshotReceiver<T>;

  /** @internal */
  constructor(receiver: OneshotReceiver<T>) {
    this.receiver = receiver;
  }

  /** @internal */
  get [SEND](): SendKind<OneshotSender<T>, number> {
    return senderKind as SendKind<OneshotSender<T>, number>;
  }

  /** @internal */
  shownReceiver(): OneshotReceiver<T> {
    return this.receiver;
  }

  /** @internal Another end has taken over: this one is as closed. */
  giveUp(): void {
    this.receiver.senderSent();
    this.receiver = new OneshotReceiver<T>();
    this.close();
  }

  /** Sends the value; false when the receiver is closed, or something was sent before: then nothing happens. */
  send(value: T): boolean {
    return this.receiver.deliver(value);
  }

  /** Gives up sending: the receiver fails. Does nothing once a value was sent. */
  close(): void {
    this.receiver.abandon();
  }

  /** As `close()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Whether the receiver was closed without having got a value. */
  get isClosed(): boolean {
    return this.receiver.isGone();
  }

  /**
   * Ready when the receiver is closed: nobody wants the value any more.
   *
   * @remarks Also ready once this sender has sent or was closed. **Cancel safety**: safe. Uses the budget.
   */
  closed(): Awaitable<void> {
    return new ReceiverClosed(this.receiver as OneshotReceiver<unknown>);
  }
}

class ReceiverClosed extends WaitLeaf<void> {
  private readonly receiver: OneshotReceiver<unknown>;

  constructor(receiver: OneshotReceiver<unknown>) {
    super();
    this.receiver = receiver;
  }

  override next(): Poll<void> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, ReceiverClosed.prototype.next);
    if (!pollProceed()) return PENDING;
    if (!this.receiver.isOpen()) return DONE;
    this.receiver.awaitClose(this);
    // Registered first, where another thread has the receiver.
    if (!this.receiver.isOpen()) {
      this.drop();
      return DONE;
    }
    refundBudget();
    this.waker = waker;
    return PENDING;
  }

  protected override drop(): void {
    unlink(this);
    this.waker = null;
  }
}

const senderKind = sendKind<OneshotSender<unknown>, number>({
  name: "@treadle/sync/OneshotSender",
  encode: (sender) => sender.shownReceiver().shareSender(),
  decode: (at) => new OneshotSender(OneshotReceiver.senderCame(at)),
  sent: (sender) => sender.giveUp(),
  discard: (at) => OneshotReceiver.senderCame(at).abandon(),
});

const receiverKind = sendKind<OneshotReceiver<unknown>, number>({
  name: "@treadle/sync/OneshotReceiver",
  encode: (receiver) => receiver.shareReceiver(),
  decode: (at) => OneshotReceiver.receiverCame(at),
  sent: (receiver) => receiver.receiverSent(),
  discard: (at) => OneshotReceiver.receiverCame(at)[Symbol.dispose](),
});
