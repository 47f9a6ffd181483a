/** The readiness that an `AsyncFd` found, and the duty to say when it is used up. */
import type { AsyncFd, HasFd } from "./async-fd.ts";
import type { ReadyEvent } from "./event.ts";
import { Ready } from "./ready.ts";
import type { Registration } from "./registration.ts";
import { attempt, WOULD_BLOCK, type WouldBlock } from "./would-block.ts";

/**
 * What {@link AsyncFd.readable} and its like found.
 *
 * @remarks Readiness is edge-triggered: after an operation would have blocked, clear it, or the next wait is over at once.
 * {@link ReadyGuard.tryIo} does so by itself. A guard that is let go keeps the readiness.
 */
export class ReadyGuard<T extends HasFd = number> {
  private readonly owner: AsyncFd<T>;
  private readonly registration: Registration;
  private event: ReadyEvent | null;

  /** @internal */
  constructor(owner: AsyncFd<T>, registration: Registration, event: ReadyEvent) {
    this.owner = owner;
    this.registration = registration;
    this.event = event;
  }

  /** What it is ready for; empty once cleared. */
  ready(): Ready {
    return this.event === null ? Ready.EMPTY : this.event.ready;
  }

  /** Forgets the readiness, unless newer has come. */
  clearReady(): void {
    if (this.event === null) return;
    this.registration.clearReadiness(this.event);
    this.event = null;
  }

  /** Forgets part of the readiness. */
  clearReadyMatching(ready: Ready): void {
    const { event } = this;
    if (event === null) return;
    this.registration.clearReadiness(event.withReady(ready));
    const left = event.withReady(Ready.ALL.without(ready));
    this.event = left.ready.isEmpty() ? null : left;
  }

  /** Keeps the readiness: what happens anyway, said aloud. */
  retainReady(): void {
    this.event = null;
  }

  /** Runs an operation; {@link WOULD_BLOCK} clears the readiness and is answered. */
  tryIo<R>(operation: (owner: AsyncFd<T>) => R | WouldBlock): R | WouldBlock {
    const result = attempt(() => operation(this.owner));
    if (result === WOULD_BLOCK) this.clearReady();
    return result;
  }

  /** The AsyncFd. */
  getRef(): AsyncFd<T> {
    return this.owner;
  }

  /** What was given to the AsyncFd. */
  getInner(): T {
    return this.owner.getRef();
  }
}
