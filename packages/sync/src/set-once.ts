/**
 * A value that is set once and waited for.
 *
 * **Transitions.** EMPTY -> SET (`set`), for good; it wakes all that wait.
 */
import {
  type Awaitable,
  cx,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  RuntimeError,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import { ERR_ALREADY_SET } from "./error.ts";
import { unlink, WaitLeaf, WaitList, wakeAll } from "./waiters.ts";

/**
 * A value that one task sets and any number of tasks wait for.
 *
 * @example
 * ```ts
 * import { type Async, Builder, fn, SetOnce, spawn } from "treadle";
 *
 * const main = fn(function* main(): Async<number> {
 *   const port = new SetOnce<number>();
 *   spawn(function* () { port.set(8080); });
 *   return yield* port.wait();
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => 8080
 * ```
 */
export class SetOnce<T> {
  private value: T | undefined;
  private full: boolean;
  private readonly waits: WaitList<WaitLeaf<unknown>>;

  constructor() {
    this.value = undefined;
    this.full = false;
    this.waits = new WaitList();
  }

  /** The value, or undefined while there is none. */
  get(): T | undefined {
    return this.value;
  }

  /** Whether it has its value. */
  get isInitialized(): boolean {
    return this.full;
  }

  /**
   * Gives it its value and wakes all that wait.
   *
   * @throws {@link RuntimeError} `ERR_ALREADY_SET` when it has one.
   */
  set(value: T): void {
    if (this.full) {
      throw new RuntimeError(
        ERR_ALREADY_SET,
        "the SetOnce already has its value: it can be set once",
      );
    }
    this.value = value;
    this.full = true;
    wakeAll(this.waits);
  }

  /**
   * Waits for the value.
   *
   * @remarks **Cancel safety**: safe. Uses the budget.
   */
  wait(): Awaitable<T> {
    return new ValueWait(this);
  }

  /** @internal */
  enrol(wait: ValueWait<T>): void {
    this.waits.push(wait as WaitLeaf<unknown>);
  }
}

class ValueWait<T> extends WaitLeaf<T> {
  private readonly cell: SetOnce<T>;

  constructor(cell: SetOnce<T>) {
    super();
    this.cell = cell;
  }

  override next(): Poll<T> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, ValueWait.prototype.next);
    if (!pollProceed()) return PENDING;
    if (this.cell.isInitialized) return readyPoll(this.cell.get() as T);
    refundBudget();
    this.waker = waker;
    if (this.after === null) this.cell.enrol(this);
    return PENDING;
  }

  protected override drop(): void {
    unlink(this);
    this.waker = null;
  }
}
