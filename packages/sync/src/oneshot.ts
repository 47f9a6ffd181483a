/**
 * The oneshot channel: one value, once.
 *
 * **Layout.** The receiver is the channel's cell: `state`, the value, the waker of whoever awaits it, and who waits for
 * it to close. The sender only points to it.
 * **Transitions.** OPEN -> SENT (`send`) -> TAKEN (received); OPEN -> SENDER_GONE (sender closed);
 * OPEN -> RECEIVER_GONE (receiver closed). A value that was sent before the receiver closed can still be received.
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
  type Waker,
} from "@treadle/core";
import { recvClosed } from "./error.ts";
import { unlink, WaitLeaf, WaitList, wakeAll } from "./waiters.ts";

const OPEN = 0;
const SENT = 1;
const TAKEN = 2;
const SENDER_GONE = 3;
const RECEIVER_GONE = 4;

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

  /** @internal */
  constructor() {
    super();
    this.state = OPEN;
    this.value = undefined;
    this.waker = null;
    this.closedWaits = null;
  }

  /** Polls: ready once the value has come. */
  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, OneshotReceiver.prototype.next);
    if (!pollProceed()) return PENDING;
    if (this.state === SENT) return readyPoll(this.take());
    if (this.state !== OPEN) throw this.nothing();
    refundBudget();
    this.waker = waker;
    return PENDING;
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
    if (this.state === SENT) return this.take();
    if (this.state !== OPEN) throw this.nothing();
    return undefined;
  }

  /** Tells the sender that nobody wants the value; one that was already sent can still be received. */
  close(): void {
    if (this.state === OPEN) this.leaveOpen(RECEIVER_GONE);
  }

  /** Closes the channel and lets go of a value that was sent. */
  [Symbol.dispose](): void {
    this.close();
    if (this.state === SENT) this.take();
  }

  /** Whether no value is there to be taken now. */
  get isEmpty(): boolean {
    return this.state !== SENT;
  }

  /** Whether the channel is over: the value was taken, or none can come. */
  get isTerminated(): boolean {
    return this.state !== OPEN && this.state !== SENT;
  }

  /** @internal Stores the sender's value; false when it is too late. */
  deliver(value: T): boolean {
    if (this.state !== OPEN) return false;
    this.value = value;
    this.leaveOpen(SENT);
    return true;
  }

  /** @internal The sender is gone. */
  abandon(): void {
    if (this.state === OPEN) this.leaveOpen(SENDER_GONE);
  }

  /** @internal Whether a value can no longer be delivered because nobody wants it. */
  isGone(): boolean {
    return this.state === RECEIVER_GONE;
  }

  /** @internal Whether waiting for the receiver to close has come to an end. */
  isOpen(): boolean {
    return this.state === OPEN;
  }

  /** @internal Enrols a leaf that waits for the receiver to close. */
  awaitClose(leaf: WaitLeaf<unknown>): void {
    this.closedWaits ??= new WaitList();
    this.closedWaits.push(leaf);
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
  private readonly receiver: OneshotReceiver<T>;

  /** @internal */
  constructor(receiver: OneshotReceiver<T>) {
    this.receiver = receiver;
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
    refundBudget();
    this.waker = waker;
    if (this.after === null) this.receiver.awaitClose(this);
    return PENDING;
  }

  protected override drop(): void {
    unlink(this);
    this.waker = null;
  }
}
