/** Letting the others run. */
import {
  type Awaitable,
  cx,
  DONE,
  deferWake,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
} from "@treadle/core";

class YieldNow extends Leaf<void> {
  private yielded = false;

  override next(): Poll<void> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, YieldNow.prototype.next);
    if (this.yielded) return DONE;
    this.yielded = true;
    deferWake(waker);
    return PENDING;
  }
}

/**
 * Lets the other tasks and the drivers have their turn, then goes on.
 *
 * @remarks The waker is kept until the drivers have been polled, so a task that only yields does not starve timers and
 * I/O. No order among yielding tasks is promised. **Cancel safety**: safe.
 */
export function yieldNow(): Awaitable<void> {
  return new YieldNow();
}
