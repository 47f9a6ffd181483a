/** The future given to `blockOn` or `run`: polled by the scheduler before its tasks, and only when it was woken. */
import { BUDGET, type Call, closeStep, cx, DropSink, PENDING, type Waker } from "@treadle/core";

const WAITING = 0;
const OK = 1;
const FAILED = 2;

/** What a root asks of its scheduler. */
export interface RootOwner {
  rootWoken(root: Root<unknown>): void;
}

/** One root future, its own waker. */
export class Root<T> implements Waker {
  private readonly owner: RootOwner;
  /** What it was made of; asked for its name even when it is over. */
  private readonly source: Call<T>;
  private call: Call<T> | null;
  private woken = false;
  private status = WAITING;
  private result: unknown = undefined;
  private sink: DropSink | null = null;
  /** Why the root is being dropped; what it fails with then. */
  private reason: unknown = undefined;
  /** Called when it settles; used by hosted roots. */
  onSettled: (() => void) | null = null;

  constructor(call: Call<T>, owner: RootOwner) {
    this.owner = owner;
    this.call = call;
    this.source = call;
  }

  /** The name of its function, for reports. */
  get name(): string {
    return this.source.name;
  }

  wake(): void {
    if (this.woken || this.status !== WAITING) return;
    this.woken = true;
    this.owner.rootWoken(this as Root<unknown>);
  }

  isSettled(): boolean {
    return this.status !== WAITING;
  }

  isDropping(): boolean {
    return this.sink !== null;
  }

  /** Polls it once, or makes one step of its drop; the context is set for it. */
  poll(): void {
    this.woken = false;
    if (this.status !== WAITING) return;
    cx.waker = this;
    cx.budget = BUDGET;
    if (this.sink !== null) {
      this.close(this.sink);
      return;
    }
    try {
      const answer = (this.call as Call<T>).next();
      if (answer !== PENDING) this.settle(OK, answer.value);
    } catch (error) {
      this.settle(FAILED, error);
    }
  }

  /** Begins its drop; it fails with `reason` when its clean-up is done. */
  drop(reason: unknown): void {
    if (this.status !== WAITING || this.sink !== null) return;
    this.sink = new DropSink();
    this.reason = reason;
    this.wake();
  }

  /** Fails it at once, clean-up or not. */
  forsake(reason: unknown): void {
    if (this.status === WAITING) this.settle(FAILED, this.sink === null ? reason : this.reason);
  }

  private close(sink: DropSink): void {
    if (!closeStep(this.call as Call<T>, sink).done) return;
    this.settle(FAILED, sink.errors === null ? this.reason : sink.errors[0]);
  }

  private settle(status: number, result: unknown): void {
    this.status = status;
    this.result = result;
    this.call = null;
    this.onSettled?.();
  }

  /** The value, or throws; it must be settled. */
  take(): T {
    if (this.status === FAILED) throw this.result;
    return this.result as T;
  }
}
