/** Futures that need addresses before they can do anything. */
import { type Awaitable, Leaf, PENDING, type Poll, readyPoll } from "@treadle/core";
import { type Purpose, Resolve, type ToSocketAddrs } from "./resolve.ts";
import type { SocketAddr } from "./socket-addr.ts";

/** Finds addresses, then does something with them at once. */
export class Resolved<T> extends Leaf<T> {
  private readonly addresses: Awaitable<SocketAddr[]>;
  private readonly act: (addresses: SocketAddr[]) => T;

  constructor(given: ToSocketAddrs, purpose: Purpose, act: (addresses: SocketAddr[]) => T) {
    super();
    this.addresses = new Resolve(given, purpose);
    this.act = act;
  }

  protected override poll(): Poll<T> {
    const answer = this.addresses.next();
    return answer.done ? readyPoll(this.act(answer.value)) : PENDING;
  }

  protected override drop(): void {
    this.addresses.return?.();
  }
}

/** Finds addresses, then polls the future that is made of them. */
export class ResolvedThen<T> extends Leaf<T> {
  private readonly addresses: Awaitable<SocketAddr[]>;
  private readonly make: (addresses: SocketAddr[]) => Awaitable<T>;
  private made: Awaitable<T> | null;

  constructor(
    given: ToSocketAddrs,
    purpose: Purpose,
    make: (addresses: SocketAddr[]) => Awaitable<T>,
  ) {
    super();
    this.addresses = new Resolve(given, purpose);
    this.make = make;
    this.made = null;
  }

  protected override poll(): Poll<T> {
    if (this.made === null) {
      const answer = this.addresses.next();
      if (!answer.done) return PENDING;
      this.made = this.make(answer.value);
    }
    return this.made.next();
  }

  protected override drop(): void {
    if (this.made === null) this.addresses.return?.();
    else this.made.return?.();
  }
}
