/** Waiting until a source is ready. */
import { cx, Leaf, outsidePoll, PENDING, type Poll, readyPoll, type Waker } from "@treadle/core";
import type { ReadyEvent } from "./event.ts";
import type { Registration } from "./registration.ts";
import type { IoWaiter, ScheduledIo } from "./scheduled-io.ts";

/** The parts of waits: in the list of a source exactly while a task waits. */
export abstract class IoWait<T> extends Leaf<T> implements IoWaiter {
  /** @internal */
  before: IoWaiter | null;
  /** @internal */
  after: IoWaiter | null;
  /** @internal */
  readonly mask: number;
  protected readonly registration: Registration;
  protected readonly io: ScheduledIo;
  private waker: Waker | null;

  constructor(registration: Registration, io: ScheduledIo, mask: number) {
    super();
    this.before = null;
    this.after = null;
    this.mask = mask;
    this.registration = registration;
    this.io = io;
    this.waker = null;
  }

  /** @internal */
  fire(): void {
    const waker = this.waker as Waker;
    this.waker = null;
    waker.wake();
  }

  /** Whether the source is ready; throws when it never will be. */
  protected isReady(): boolean {
    this.registration.check();
    return this.io.readyBits(this.mask) !== 0;
  }

  /** Keeps the waker until the source is ready. */
  protected wait(waker: Waker): typeof PENDING {
    if (this.waker === null) this.io.addWaiter(this);
    this.waker = waker;
    return PENDING;
  }

  protected override drop(): void {
    if (this.waker === null) return;
    this.waker = null;
    this.io.removeWaiter(this);
  }
}

/** The future of `Registration.readiness`. */
export class Readiness extends IoWait<ReadyEvent> {
  override next(): Poll<ReadyEvent> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, Readiness.prototype.next);
    if (!this.isReady()) return this.wait(waker);
    this.drop();
    return readyPoll(this.io.event(this.mask));
  }
}
