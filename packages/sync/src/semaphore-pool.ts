/**
 * The permits of a semaphore, of this thread or of several.
 *
 * **Transitions.** Of this thread -> of several, when the semaphore is first sent: who waits keeps the order, and the permits
 * that are out are held by this thread.
 * **Invariant.** A pool of several threads is `closed` to those of this one who know of no other: it costs them no look.
 */
import { ERR_INVALID_ARG, RuntimeError, type SharedHost } from "@treadle/core";
import { MAX_PERMITS, PermitPool, type PermitWait } from "./permit-pool.ts";
import { createSemaphore, MOST_SHARED, SharedSemaphore } from "./shared/shared-semaphore.ts";
import { shareView, type Viewed, viewCame } from "./shared/view.ts";

const WHAT = "a Semaphore";

/** Who waits for permits of a semaphore, and can move to another line. */
interface Movable {
  move(shared: SharedSemaphore): void;
}

/** Permits of a semaphore. */
export class SemaphorePool extends PermitPool implements Viewed<SharedSemaphore> {
  shared: SharedSemaphore | null;
  /** All permits there are, while it is of this thread. */
  private total: number;

  constructor(permits: number) {
    super(permits);
    this.shared = null;
    this.total = permits;
  }

  /** The pool of threads at `at`. */
  static came(at: number): SemaphorePool {
    return viewCame(
      WHAT,
      at,
      (host) => new SharedSemaphore(host, at),
      () => SemaphorePool.ofThreads(),
    );
  }

  private static ofThreads(): SemaphorePool {
    const pool = new SemaphorePool(0);
    pool.closed = true;
    return pool;
  }

  /** Makes it one of several threads; answers its address. */
  share(): number {
    return shareView(WHAT, this, (host) => this.shareOn(host));
  }

  private shareOn(host: SharedHost): SharedSemaphore {
    if (this.total > MOST_SHARED) {
      throw new RuntimeError(
        ERR_INVALID_ARG,
        `a Semaphore with ${this.total} permits cannot be sent to another thread: it may have at most ${MOST_SHARED}`,
      );
    }
    const waits: (PermitWait<unknown> & Movable)[] = [];
    for (let wait = this.waiters.head(); wait !== null; wait = this.waiters.head()) {
      this.free += wait.expel();
      waits.push(wait as PermitWait<unknown> & Movable);
    }
    const at = createSemaphore(host, this.total, this.free);
    const shared = new SharedSemaphore(host, at);
    shared.adopt(this.total - this.free);
    if (this.closed) shared.close();
    this.closed = true;
    for (const wait of waits) wait.move(shared);
    return shared;
  }

  /** Whether nobody gets permits any more. */
  isClosed(): boolean {
    return this.closed && (this.shared === null || this.shared.isClosed);
  }

  override tryTake(count: number): boolean {
    if (!this.closed) return super.tryTake(count);
    return this.shared?.tryTake(count) === true;
  }

  override release(count: number): void {
    if (this.shared === null) super.release(count);
    else this.shared.release(count);
  }

  /** Adds new permits; answers how many there may be if that are too many, else infinity. */
  add(count: number): number {
    if (this.shared !== null)
      return this.shared.addPermits(count) ? Number.POSITIVE_INFINITY : MOST_SHARED;
    if (this.free + count > MAX_PERMITS) return MAX_PERMITS;
    this.total += count;
    super.release(count);
    return Number.POSITIVE_INFINITY;
  }

  override forget(count: number): number {
    if (this.shared !== null) return this.shared.forget(count);
    const gone = super.forget(count);
    this.total -= gone;
    return gone;
  }

  /** Permits that were handed out are never given back. */
  forgetHeld(count: number): void {
    if (this.shared === null) this.total -= count;
    else this.shared.forgetHeld(count);
  }

  override close(): void {
    if (this.shared === null) super.close();
    else this.shared.close();
  }
}
