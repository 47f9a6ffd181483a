/** Entering a runtime: the context in which `spawn`, `sleep` and the like find it. */
import { cx, type RuntimeContext, RuntimeError } from "@treadle/core";
import { ERR_GUARD_ORDER } from "./error.ts";

const entered: EnterGuard[] = [];

/**
 * Keeps a runtime current until it is released: `using guard = runtime.enter()`.
 *
 * @remarks Guards are released in the reverse order of their making. It does not drive the runtime.
 */
export class EnterGuard implements Disposable {
  private readonly former: RuntimeContext | null;
  private released = false;

  /** @internal */
  constructor(runtime: RuntimeContext) {
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
    cx.runtime = this.former;
  }
}
