/** A reference to a channel's sending side that does not hold the channel open. */

/** A channel that counts its senders. */
export interface CountsSenders {
  /** Counts one sender more while something can still be sent: a sender is open, or a permit is outstanding. */
  tryAddSender(): boolean;
}

/**
 * Made by `downgrade()` of a sender: sends nothing itself, but gives a sender while there is one.
 *
 * @remarks For those who may want to send to a channel, themselves among its receivers, but must not keep it from ending: an
 * actor that has its own address. It holds nothing, so there is nothing to close. Of a channel that was sent to other threads
 * it gives a sender as long as its own thread has an end of it, or a permit: only those keep the channel's memory.
 * @example
 * ```ts
 * import { mpsc } from "@treadle/sync";
 *
 * const [tx, rx] = mpsc.channel<string>(1);
 * const weak = tx.downgrade();
 * weak.upgrade()?.close();
 * tx.close();
 * weak.upgrade(); // => undefined
 * rx.isClosed; // => true
 * ```
 */
export class WeakSender<S> {
  private readonly channel: CountsSenders;
  private readonly make: () => S;

  /** @internal */
  constructor(channel: CountsSenders, make: () => S) {
    this.channel = channel;
    this.make = make;
  }

  /** A sender of the channel, to be closed by itself; undefined when all senders are closed and no permit is left. */
  upgrade(): S | undefined {
    return this.channel.tryAddSender() ? this.make() : undefined;
  }
}
