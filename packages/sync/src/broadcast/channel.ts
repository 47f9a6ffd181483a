/** Making broadcast channels. */
import { invalidArg } from "@treadle/core";
import { Receiver } from "./receiver.ts";
import { Ring } from "./ring.ts";
import { Sender } from "./sender.ts";

const MAX_CAPACITY = 2 ** 26;

/**
 * Makes a channel that keeps at least `capacity` values for slow receivers.
 *
 * @remarks The capacity is rounded up to a power of two. A receiver that falls further behind misses the oldest values
 * and is told how many.
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` for a capacity outside 1 to 2^26.
 * @example
 * ```ts
 * import { type Async, broadcast, Builder, fn } from "treadle";
 *
 * const main = fn(function* main(): Async<number> {
 *   const [tx, first] = broadcast.channel<number>(16);
 *   const second = tx.subscribe();
 *   tx.send(10);
 *   return (yield* first.recv()) + (yield* second.recv());
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => 20
 * ```
 */
export function channel<T>(capacity: number): [Sender<T>, Receiver<T>] {
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
    throw invalidArg(
      "capacity",
      capacity,
      `of a broadcast channel must be a whole number from 1 to ${MAX_CAPACITY}`,
    );
  }
  const ring = new Ring<T>(capacity);
  return [new Sender(ring), new Receiver(ring)];
}
