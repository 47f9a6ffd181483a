/**
 * The parts of futures that are made of one operation of a stream after the other.
 *
 * Hot paths: one object for the whole future, and what the stream makes for each of its operations; a re-poll allocates
 * nothing.
 */
import { type Closing, DONE, type Future, Leaf, type Poll } from "@treadle/core";
import { badCount, streamBusy } from "./error.ts";

/** One step of dropping `future`; done when there is none. */
export function closeFuture(future: Future<unknown> | null): Closing {
  return future === null ? DONE : ((future.return?.() ?? DONE) as Closing);
}

/** A future that waits for one operation of a stream at a time. */
export abstract class StepLeaf<T, I = number> extends Leaf<T> {
  /** The operation under way. */
  protected inner: Future<I> | null = null;

  /** Polls it; done or failed, it is over, and must not be touched again: streams use their futures again. */
  protected pollInner(): Poll<I> {
    let answer: Poll<I>;
    try {
      answer = (this.inner as Future<I>).next();
    } catch (error) {
      this.inner = null;
      throw error;
    }
    if (answer.done) this.inner = null;
    return answer;
  }

  override return(): Closing {
    const answer = closeFuture(this.inner);
    if (answer.done) this.inner = null;
    return answer;
  }
}

/** Refuses what a source or sink cannot have counted. */
export function checkCount(what: string, count: number, most: number): void {
  if (!(count >= 0 && count <= most)) throw badCount(what, count, most);
}

/**
 * One direction of a stream with a state of its own: which future uses it now, and the operation below that it waits for.
 *
 * @remarks The operation belongs to the direction and not to its user, so that a user that comes while another still
 * waits can be refused instead of mixing up bytes.
 */
export class Lane {
  /** The operation of the stream below that is under way. */
  inner: Future<number | void> | null = null;
  private user: object | null = null;

  /** Begins or goes on with what `user` does. */
  enter(user: object, what: string): void {
    if (this.user === user) return;
    if (this.user !== null) throw streamBusy(what);
    this.user = user;
  }

  /** Polls the operation under way; done or failed, it is over. A failure ends what its user does, too. */
  poll(): Poll<number> {
    try {
      return this.pollOn();
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  /** As `poll`; after a failure, its user has still to leave. */
  pollOn(): Poll<number> {
    const inner = this.inner as Future<number | void>;
    this.inner = null;
    const answer = inner.next();
    if (!answer.done) this.inner = inner;
    return answer as Poll<number>;
  }

  /** `user` has what it came for, or has failed. */
  leave(): void {
    this.user = null;
    this.inner = null;
  }

  /** One step of dropping `user`. */
  close(user: object): Closing {
    if (this.user !== user) return DONE;
    const answer = closeFuture(this.inner);
    if (answer.done) this.leave();
    return answer;
  }
}
