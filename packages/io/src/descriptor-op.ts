/**
 * The operations on a {@link Descriptor}: they try at once, and wait for readiness only after that would have blocked.
 *
 * An operation may be used again by its owner when the last use is over, so it holds nothing of a use that has ended. One that
 * was awaited by a promise is not, for that promise is remembered by the object.
 */

import { constants } from "node:os";
import { Leaf, PENDING, type Waker } from "@treadle/core";
import type { Descriptor } from "./descriptor.ts";
import { PRIORITY, READ_CLOSED, READABLE, WRITABLE, WRITE_CLOSED } from "./ready.ts";
import { type IoWaiter, MAYBE_READ, MAYBE_WRITE, type ScheduledIo } from "./scheduled-io.ts";

/** What a system call answers when it would have to wait, as the addon answers it. */
export const EAGAIN: number = -constants.errno.EAGAIN;
/** What a system call answers when a signal came. */
export const EINTR: number = -constants.errno.EINTR;

/** The readiness that ends a reader's wait. */
export const READ_WAIT: number = READABLE | READ_CLOSED;
/** The readiness at which a reader tries. */
export const READ_TRY: number = READ_WAIT | MAYBE_READ;
/** The readiness after which a short read does not say that nothing is left: the end, or a mark in the stream. */
export const READ_ON: number = READ_CLOSED | PRIORITY;
/** The readiness that ends a writer's wait. */
export const WRITE_WAIT: number = WRITABLE | WRITE_CLOSED;
/** The readiness at which a writer tries. */
export const WRITE_TRY: number = WRITE_WAIT | MAYBE_WRITE;

/** What a reader lets the system watch for. Urgent data too: a read stops at it, with more behind. */
const WATCH_READ = READABLE | PRIORITY;

/** Waits for a descriptor; in the list of its place in the driver exactly while a task waits. */
export abstract class DescriptorOp<T> extends Leaf<T> implements IoWaiter {
  /** @internal */
  before: IoWaiter | null;
  /** @internal */
  after: IoWaiter | null;
  /** @internal */
  readonly mask: number;
  /** @internal */
  readonly descriptor: Descriptor;
  /** @internal */
  readonly io: ScheduledIo;
  /** Keeps the owner from being collected while somebody waits. */
  protected readonly owner: object;
  protected waker: Waker | null;
  /** Whether it was given out and is not over. */
  busy: boolean;
  private awaited: boolean;

  constructor(owner: object, descriptor: Descriptor, mask: number) {
    super();
    this.before = null;
    this.after = null;
    this.mask = mask;
    this.descriptor = descriptor;
    this.io = descriptor.io;
    this.owner = owner;
    this.waker = null;
    this.busy = true;
    this.awaited = false;
  }

  /** @internal */
  fire(): void {
    const waker = this.waker as Waker;
    this.waker = null;
    waker.wake();
  }

  /** Keeps the waker until the descriptor is ready. */
  protected wait(waker: Waker): typeof PENDING {
    if (this.waker === null) {
      this.descriptor.watch(watchOf(this.mask));
      this.io.addWaiter(this);
    }
    this.waker = waker;
    return PENDING;
  }

  /** The use is over: leaves the list, and lets go of what it was given. */
  protected end(): void {
    if (this.waker !== null) {
      this.waker = null;
      this.io.removeWaiter(this);
    }
    this.busy = this.awaited;
  }

  protected override drop(): void {
    this.end();
  }

  override then<A = T, B = never>(
    onReady?: ((value: T) => A | PromiseLike<A>) | null,
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.awaited = true;
    return super.then(onReady, onFailed);
  }
}

/** What the system is to watch for, for somebody who waits for `mask`. */
function watchOf(mask: number): number {
  return ((mask & READ_WAIT) !== 0 ? WATCH_READ : 0) | (mask & (WRITABLE | PRIORITY));
}
