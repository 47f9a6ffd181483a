/** Making watch channels. */
import { Cell } from "./cell.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";

/**
 * Makes a channel that holds `initial`, which its receiver has seen already.
 *
 * @example
 * ```ts
 * import { type Async, Builder, fn, watch } from "treadle";
 *
 * const main = fn(function* main(): Async<string> {
 *   const [tx, rx] = watch.channel("starting");
 *   tx.send("running");
 *   yield* rx.changed();
 *   return rx.value;
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => "running"
 * ```
 */
export function channel<T>(initial: T): [Sender<T>, Receiver<T>] {
  const cell = new Cell<T>(initial);
  return [new Sender(cell), new Receiver(cell)];
}
