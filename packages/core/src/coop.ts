/**
 * The cooperative budget: a task that never has to wait still lets the others run.
 *
 * **Layout.** `cx.budget`: what is left of this poll; negative means unconstrained.
 * **Transitions.** A scheduler sets {@link BUDGET} before each poll of a task. A leaf takes one unit by
 * {@link pollProceed}, and gives it back by {@link refundBudget} if it then has to wait. At zero the leaf answers
 * pending, and the task's waker is deferred until the drivers have been polled.
 */
import { cx } from "./context.ts";
import { type IntoFuture, intoFuture } from "./into-future.ts";
import { Leaf, outsidePoll } from "./leaf.ts";
import { type Awaitable, type Closing, DONE, type Future, PENDING, type Poll } from "./poll.ts";
import type { Waker } from "./waker.ts";

/** How many leaf operations one poll of a task may finish. */
export const BUDGET = 128;

/**
 * Takes one unit of the current poll's budget; false when it is spent, and then the caller answers pending.
 *
 * @remarks The waker has been deferred when this answers false: nothing else to do. Outside a task it is always true.
 */
export function pollProceed(): boolean {
  const left = cx.budget;
  if (left > 1) {
    cx.budget = left - 1;
    return true;
  }
  return left < 0 || (left === 1 ? takeLast() : forceYield());
}

/** Gives the unit back that {@link pollProceed} took, because the operation has to wait after all. */
export function refundBudget(): void {
  if (cx.budget >= 0) cx.budget++;
}

/** Counted here and not where a leaf has to answer pending, which several joined futures may do in one poll. */
function takeLast(): boolean {
  cx.budget = 0;
  cx.runtime?.countForcedYield();
  return true;
}

function forceYield(): boolean {
  const waker = cx.waker;
  if (waker === null) return true;
  deferWake(waker);
  return false;
}

/** Wakes `waker` after the drivers have been polled; at once where no runtime is entered. */
export function deferWake(waker: Waker): void {
  if (cx.runtime === null) waker.wake();
  else cx.runtime.defer(waker);
}

/** Whether the current poll may still finish a leaf operation; true outside a task. */
export function hasBudgetRemaining(): boolean {
  return cx.budget !== 0;
}

class ConsumeBudget extends Leaf<void> {
  override next(): Poll<void> {
    if (cx.waker === null) return outsidePoll(this, ConsumeBudget.prototype.next);
    return pollProceed() ? DONE : PENDING;
  }
}

/**
 * Uses one unit of the budget: put it into a long loop that otherwise never waits.
 *
 * @remarks **Cancel safety**: safe, it holds nothing.
 */
export function consumeBudget(): Awaitable<void> {
  return new ConsumeBudget();
}

class WithBudget<T> extends Leaf<T> {
  private readonly inner: Future<T>;
  private readonly enter: number;

  constructor(inner: Future<T>, enter: number) {
    super();
    this.inner = inner;
    this.enter = enter;
  }

  override next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, WithBudget.prototype.next);
    if (this.enter >= 0 && !pollProceed()) return PENDING;
    const saved = cx.budget;
    if (this.enter < 0) cx.budget = -1;
    try {
      const result = this.inner.next();
      if (!result.done && this.enter >= 0) refundBudget();
      return result;
    } finally {
      if (this.enter < 0) cx.budget = saved;
    }
  }

  override return(): Closing {
    const saved = cx.budget;
    if (this.enter < 0) cx.budget = -1;
    try {
      return (this.inner.return?.() ?? DONE) as Closing;
    } finally {
      if (this.enter < 0) cx.budget = saved;
    }
  }
}

/** Polls a future without a budget: it may keep the thread for as long as it is ready. */
export function unconstrained<T>(f: IntoFuture<T>): Awaitable<T> {
  return new WithBudget(intoFuture(f), -1);
}

/** Makes any future take part in the budget: each time it finishes costs one unit. */
export function cooperative<T>(f: IntoFuture<T>): Awaitable<T> {
  return new WithBudget(intoFuture(f), 0);
}
