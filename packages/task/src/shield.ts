/** Work that must not be cut in the middle. */
import {
  type Awaitable,
  type Call,
  CLOSING,
  type Closing,
  cx,
  DONE,
  type IntoFuture,
  intoFuture,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  pushDropError,
} from "@treadle/core";

const INIT = 0;
const STARTED = 1;
const OVER = 2;

class Shield<T> extends Leaf<T> {
  private readonly call: Call<T>;
  private state = INIT;

  constructor(call: Call<T>) {
    super();
    this.call = call;
  }

  override next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, Shield.prototype.next);
    this.state = STARTED;
    try {
      const answer = this.call.next();
      if (answer !== PENDING) this.state = OVER;
      return answer;
    } catch (error) {
      this.state = OVER;
      throw error;
    }
  }

  override return(): Closing {
    if (this.state === INIT) return this.call.return();
    if (this.state === OVER) return DONE;
    const { sink } = cx;
    // Inside, this is no drop: what runs there polls as always.
    cx.sink = null;
    try {
      if (this.call.next() === PENDING) return CLOSING;
    } catch (error) {
      cx.sink = sink;
      pushDropError(error);
    } finally {
      cx.sink = sink;
    }
    this.state = OVER;
    return DONE;
  }
}

/**
 * Runs a future to its end even if it is dropped meanwhile: the drop waits for it.
 *
 * @remarks For clean-up that must finish: `finally { yield* shield(save()) }`. A shield that was never polled is dropped
 * unpolled. After a drop its result is lost; an error goes where the errors of clean-up go.
 * @example
 * ```ts
 * import { Builder, ready, shield } from "treadle";
 *
 * Builder.newCurrentThread().build().blockOn(shield(ready("saved"))); // => "saved"
 * ```
 */
export function shield<T>(f: IntoFuture<T>): Awaitable<T> {
  return new Shield(intoFuture(f));
}
