/** Entering a runtime: the context in which `spawn`, `sleep` and the like find it. */
import { cx, type RuntimeContext, RuntimeError } from "@treadle/core";
import { ERR_GUARD_ORDER } from "./error.ts";

const entered: EnterGuard[] = [];

/**
 * Keeps a runtime current until it is released: `using guard = runtime.enter()`.
 *
 * @remarks Guards are released in the reverse order of their making, and never held over an `await` or `yield*`: other
 * code runs meanwhile. It does not drive the runtime.
 */
export class EnterGuard implements Disposable {
  private readonly runtime: RuntimeContext;
  private readonly former: RuntimeContext | null;
  private released = false;

  /** @internal */
  constructor(runtime: RuntimeContext) {
    this.runtime = runtime;
    this.former = cx.runtime;
    cx.runtime = runtime;
    entered.push(this);
  }

  /**
   * Makes the former runtime current again; a second call does nothing.
   *
   * @throws {@link RuntimeError} `ERR_GUARD_ORDER` when a guard made later is still held.
   */
  [Symbol.dispose](): void {
    if (this.released) return;
    if (entered[entered.length - 1] !== this) {
      throw new RuntimeError(
        ERR_GUARD_ORDER,
        "`EnterGuard` values dropped out of order. Guards returned by `enter()` must be dropped in the reverse " +
          "order as they were acquired.",
      );
    }
    this.released = true;
    entered.pop();
    // A guard that outlived the poll in which it was made has nothing to put back.
    if (cx.runtime === this.runtime) cx.runtime = this.former;
  }
}
