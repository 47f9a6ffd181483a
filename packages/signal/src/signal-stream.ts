/** Streams of signals. */
import {
  type Awaitable,
  cx,
  DONE,
  invalidArg,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  refundBudget,
  type Waker,
} from "@treadle/core";
import { currentSignalDriver } from "./driver.ts";
import { ERR_SIGNAL_CLOSED } from "./error.ts";
import type { Listener, SignalWait } from "./listener.ts";
import { checkAllowed, type SignalOptions } from "./refusal.ts";
import { kindOf, type SignalKind } from "./signal-kind.ts";

/** A stream that was collected can have nobody any more who waits for it. */
const collected = new FinalizationRegistry<Listener>((listener) => listener.close());

/**
 * The signals of one kind since {@link signal} was called.
 *
 * @remarks Signals are told, not counted: any number of them between two `recv()` are one. Every stream has its own copy.
 * While any stream of a kind is open in the process, the system's usual answer to the signal (SIGINT ends the process) is
 * off; when the last is closed, it is on again. A stream that is garbage-collected is closed.
 */
export class SignalStream implements Disposable, AsyncIterable<void> {
  /** What it listens to. */
  readonly kind: SignalKind;
  private readonly listener: Listener;

  /** @internal */
  constructor(listener: Listener) {
    this.kind = listener.kind;
    this.listener = listener;
    collected.register(this, listener, listener);
  }

  /**
   * Waits for the next signal; ready at once when one has come since the last.
   *
   * @remarks **Cancel safety**: safe, a signal that came stays for the next `recv()`. **Errors**: `ERR_SIGNAL_CLOSED` once the
   * stream is closed, `ERR_SIGNAL_SHUTDOWN` once its runtime is shut down. Uses the budget.
   */
  recv(): Awaitable<void> {
    return new Recv(this, this.listener);
  }

  /** One turn for each `recv()` until the stream is closed; leaving the loop closes it. */
  [Symbol.asyncIterator](): AsyncIterator<void, undefined> {
    return {
      next: () => this.nextTurn(),
      return: async () => {
        this.close();
        return { done: true, value: undefined };
      },
    };
  }

  private async nextTurn(): Promise<IteratorResult<void, undefined>> {
    if (this.listener.isClosed()) return { done: true, value: undefined };
    try {
      await this.recv();
      return { done: false, value: undefined };
    } catch (error) {
      if ((error as { code?: unknown }).code !== ERR_SIGNAL_CLOSED) throw error;
      return { done: true, value: undefined };
    }
  }

  /** Hears of nothing any more, a second call does nothing; whoever waits fails with `ERR_SIGNAL_CLOSED`. */
  close(): void {
    collected.unregister(this.listener);
    this.listener.close();
  }

  /** As {@link SignalStream.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** The future of {@link SignalStream.recv}. */
class Recv extends Leaf<void> implements SignalWait {
  before: SignalWait | null;
  after: SignalWait | null;
  waker: Waker | null;
  /** Keeps the stream from being collected while somebody waits. */
  readonly stream: SignalStream;
  private readonly listener: Listener;

  constructor(stream: SignalStream, listener: Listener) {
    super();
    this.before = null;
    this.after = null;
    this.waker = null;
    this.stream = stream;
    this.listener = listener;
  }

  override next(): Poll<void> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, Recv.prototype.next);
    if (!pollProceed()) return PENDING;
    if (this.listener.take()) {
      this.listener.leave(this);
      return DONE;
    }
    refundBudget();
    this.listener.wait(this, waker);
    return PENDING;
  }

  protected override drop(): void {
    this.listener.leave(this);
  }
}

/**
 * Listens to a signal, from this call on.
 *
 * @remarks Other listeners (`process.on`, other runtimes, other threads) go on to be told as well. In a worker thread it
 * works as on the main thread.
 *
 * @throws {@link RuntimeError} `ERR_SIGNAL_REFUSED` for what cannot be caught (SIGKILL, SIGSTOP), for faults (SIGSEGV, SIGBUS,
 * SIGFPE, SIGILL), for SIGUSR1 without `replaceInspector`, and for numbers that are no signals; `ERR_INVALID_ARG`;
 * `ERR_NO_RUNTIME`; `ERR_SIGNAL_DISABLED`; `ERR_SIGNAL_SHUTDOWN`; `ERR_IO_UNAVAILABLE`.
 * @example
 * ```ts
 * import { Builder, signal } from "treadle";
 *
 * const runtime = Builder.newCurrentThread().enableSignal().build();
 * runtime.blockOn(function* () {
 *   using reload = signal("SIGHUP");
 *   process.kill(process.pid, "SIGHUP");
 *   yield* reload.recv();
 *   return "reloaded";
 * }); // => "reloaded"
 * ```
 */
export function signal(
  kind: SignalKind | NodeJS.Signals | number,
  options: SignalOptions = {},
): SignalStream {
  const which = kindOf(kind);
  if (typeof options !== "object" || options === null) {
    throw invalidArg("options of signal()", options, "must be an object");
  }
  checkAllowed(which, options);
  return new SignalStream(currentSignalDriver("signal()").listen(which));
}
