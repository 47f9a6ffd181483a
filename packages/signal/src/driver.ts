/**
 * The signal driver of one thread: its listeners, and the ear through which the process's hub tells it of signals.
 *
 * **Layout.** The ear is opened by the first listener, so a runtime that never listens has neither the native addon loaded
 * nor a thread started. The hub sets a bit for a signal and unparks the reactor; the bits are taken after each sleep.
 *
 * **Invariants.**
 * 1. The hub tells the ear of a signal exactly while it has a listener here.
 * 2. Waits are counted in the I/O driver, for the thread sleeps in its reactor: Node's event loop stays alive for them, and
 *    not for a listener for which nobody waits.
 */
import { currentRuntime, type Driver, type RuntimeContext, Slot } from "@treadle/core";
import { binding, IoError, type NativeSignals, type WaitCounter } from "@treadle/io";
import { signalDisabled, signalShutdown } from "./error.ts";
import { Listener, type ListenerOwner } from "./listener.ts";
import { checkExists } from "./refusal.ts";
import type { SignalKind } from "./signal-kind.ts";

/** What the driver asks of the I/O driver in which its thread sleeps. */
export interface SignalReactor extends WaitCounter {
  /** The number of its reactor, opened now if it was not. */
  readonly id: number;
}

/** Bits in each word of the ear. */
const WORD_BITS = 32;

/** Tells the listeners of one thread. */
export class SignalDriver implements Driver, ListenerOwner {
  private readonly reactor: SignalReactor;
  private readonly listeners = new Map<number, Set<Listener>>();
  private ear: NativeSignals | null = null;
  private closed = false;

  constructor(reactor: SignalReactor) {
    this.reactor = reactor;
  }

  /** How many wait, here and for sources of I/O. */
  get waiting(): number {
    return this.reactor.waiting;
  }

  set waiting(count: number) {
    this.reactor.waiting = count;
  }

  /**
   * A new listener, which hears of every signal from now on and of none from before.
   *
   * @throws {@link RuntimeError} `ERR_SIGNAL_REFUSED`, `ERR_SIGNAL_SHUTDOWN`, `ERR_IO_UNAVAILABLE`; {@link IoError} when the
   * system has no descriptors or threads left.
   */
  listen(kind: SignalKind): Listener {
    if (this.closed) throw signalShutdown();
    checkExists(kind);
    const ear = this.ear ?? this.open();
    const signum = kind.asRawValue();
    const result = ear.listen(signum);
    if (result < 0) throw new IoError(result, "uv_signal_start");
    // What was sent before is for those who were there.
    this.collect(ear);
    const listener = new Listener(kind, this);
    const group = this.listeners.get(signum);
    if (group === undefined) this.listeners.set(signum, new Set([listener]));
    else group.add(listener);
    return listener;
  }

  private open(): NativeSignals {
    const opened = binding().openSignals(this.reactor.id);
    if (typeof opened === "number") throw new IoError(opened, "openSignals");
    this.ear = opened;
    return opened;
  }

  forget(listener: Listener): void {
    const signum = listener.kind.asRawValue();
    const group = this.listeners.get(signum);
    if (group === undefined || !group.delete(listener) || group.size > 0) return;
    this.listeners.delete(signum);
    this.ear?.ignore(signum);
  }

  private collect(ear: NativeSignals): void {
    if (ear.take() === 0) return;
    const [low, high] = ear.words as unknown as [number, number];
    this.deliverAll(low, 1);
    this.deliverAll(high, 1 + WORD_BITS);
  }

  private deliverAll(word: number, first: number): void {
    for (let bits = word; bits !== 0; bits &= bits - 1) {
      const group = this.listeners.get(first + WORD_BITS - 1 - Math.clz32(bits & -bits));
      if (group !== undefined) for (const listener of group) listener.deliver();
    }
  }

  // Driver

  beforePark(_mayIdle: boolean): number {
    return Number.POSITIVE_INFINITY;
  }

  afterPark(_woken: boolean): void {
    if (this.listeners.size > 0) this.collect(this.ear as NativeSignals);
  }

  /** The I/O driver counts the waits and says it for both. */
  hasPending(): boolean {
    return false;
  }

  shutdown(): void {
    this.closed = true;
    this.ear?.close();
    this.ear = null;
    for (const group of this.listeners.values()) {
      for (const listener of group) listener.shutdown();
    }
    this.listeners.clear();
  }
}

/** Where a runtime keeps the signal driver of this thread. */
export const signalSlot: Slot<SignalDriver> = new Slot<SignalDriver>("signal");

/** The signal driver of a runtime. */
export function signalDriverOf(runtime: RuntimeContext): SignalDriver {
  const driver = signalSlot.of(runtime);
  if (driver === undefined) throw signalDisabled();
  return driver;
}

/**
 * The signal driver of the current runtime.
 *
 * @throws {@link RuntimeError} `ERR_NO_RUNTIME`, `ERR_SIGNAL_DISABLED`.
 */
export function currentSignalDriver(what: string): SignalDriver {
  return signalDriverOf(currentRuntime(what));
}
