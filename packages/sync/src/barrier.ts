/** The barrier: tasks wait until all of them have come. */
import {
  type Awaitable,
  cx,
  invalidArg,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import { unlink, WaitLeaf, WaitList } from "./waiters.ts";

/** What {@link Barrier.wait} answers. */
export interface BarrierWaitResult {
  /** True for exactly one of the tasks of a round: the one that came last. */
  readonly isLeader: boolean;
}

const LEADER: BarrierWaitResult = Object.freeze({ isLeader: true });
const FOLLOWER: BarrierWaitResult = Object.freeze({ isLeader: false });

/**
 * Lets `n` tasks wait for one another, round after round.
 *
 * @example
 * ```ts
 * import { Barrier, Builder, join } from "treadle";
 *
 * const barrier = new Barrier(2);
 * const both = Builder.newCurrentThread().build().blockOn(join(barrier.wait(), barrier.wait()));
 * both.filter((result) => result.isLeader).length; // => 1
 * ```
 */
export class Barrier {
  private readonly n: number;
  private arrived: number;
  private readonly waits: WaitList<BarrierWait>;

  /**
   * Makes a barrier for `n` tasks; 0 means 1.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
   */
  constructor(n: number) {
    if (!Number.isInteger(n) || n < 0) {
      throw invalidArg("n", n, "must be a whole number of tasks, at least 0");
    }
    this.n = Math.max(n, 1);
    this.arrived = 0;
    this.waits = new WaitList();
  }

  /**
   * Comes to the barrier and waits until `n` tasks have; the last one to come is the leader.
   *
   * @remarks A wait counts from its first poll. **Cancel safety**: a dropped wait takes its arrival back. Uses the
   * budget.
   */
  wait(): Awaitable<BarrierWaitResult> {
    return new BarrierWait(this);
  }

  /** @internal Counts one more; true when the round is complete, and then everybody was woken. */
  arrive(wait: BarrierWait): boolean {
    if (++this.arrived < this.n) {
      this.waits.push(wait);
      return false;
    }
    this.arrived = 0;
    const round = this.waits.takeAll();
    for (let other = round.shift(); other !== null; other = round.shift()) other.pass();
    return true;
  }

  /** @internal One that waited has gone. */
  leave(): void {
    this.arrived--;
  }
}

const NEW = 0;
const WAITING = 1;
const PASSED = 2;

class BarrierWait extends WaitLeaf<BarrierWaitResult> {
  private readonly barrier: Barrier;
  private state: number;

  constructor(barrier: Barrier) {
    super();
    this.barrier = barrier;
    this.state = NEW;
  }

  override next(): Poll<BarrierWaitResult> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, BarrierWait.prototype.next);
    if (!pollProceed()) return PENDING;
    if (this.state === PASSED) return this.done(FOLLOWER);
    if (this.state === NEW && this.barrier.arrive(this)) return this.done(LEADER);
    refundBudget();
    this.state = WAITING;
    this.waker = waker;
    return PENDING;
  }

  protected override drop(): void {
    if (unlink(this)) this.barrier.leave();
    this.state = NEW;
    this.waker = null;
  }

  /** The round is complete. */
  pass(): void {
    this.state = PASSED;
    this.wakeUp();
  }

  private done(result: BarrierWaitResult): Poll<BarrierWaitResult> {
    this.state = NEW;
    return readyPoll(result);
  }
}
