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
  SEND,
  type SendKind,
  type SharedHost,
  sendKind,
} from "@treadle/core";
import { createBarrier, SharedBarrier } from "./shared/shared-barrier.ts";
import type { LineWait } from "./shared/shared-line.ts";
import { shareView, viewCame, viewSent } from "./shared/view.ts";
import { unlink, WaitLeaf, WaitList } from "./waiters.ts";

/** What {@link Barrier.wait} answers. */
export interface BarrierWaitResult {
  /** True for exactly one of the tasks of a round: the one that came last. */
  readonly isLeader: boolean;
}

const LEADER: BarrierWaitResult = Object.freeze({ isLeader: true });
const FOLLOWER: BarrierWaitResult = Object.freeze({ isLeader: false });

const WHAT = "a Barrier";

/**
 * Lets `n` tasks wait for one another, round after round.
 *
 * @remarks Can be sent to other threads of a multi-thread runtime: then tasks of all of them meet, and a round still has one
 * leader. What had come on a thread that dies is taken back.
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
  /** @internal What takes the place of the rest once it was sent to another thread. */
  shared: SharedBarrier | null;
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
    this.shared = null;
    this.n = Math.max(n, 1);
    this.arrived = 0;
    this.waits = new WaitList();
  }

  /** @internal The barrier of threads at `at`, on the thread to which it has come. */
  static came(at: number): Barrier {
    return viewCame(
      WHAT,
      at,
      (host) => new SharedBarrier(host, at),
      () => new Barrier(0),
    );
  }

  /** @internal Makes it one of several threads; answers its address. */
  share(): number {
    return shareView(WHAT, this, (host) => this.shareOn(host));
  }

  private shareOn(host: SharedHost): SharedBarrier {
    const shared = new SharedBarrier(host, createBarrier(host, this.n));
    for (let wait = this.waits.shift(); wait !== null; wait = this.waits.shift()) wait.move(shared);
    return shared;
  }

  /** @internal */
  get [SEND](): SendKind<Barrier, number> {
    return barrierKind;
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
    if (this.shared !== null) return wait.arriveAmongThreads(this.shared);
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

class BarrierWait extends WaitLeaf<BarrierWaitResult> implements LineWait {
  private readonly barrier: Barrier;
  private state: number;
  /** Its place in the line of threads, 0 if it has none. */
  private node: number;

  constructor(barrier: Barrier) {
    super();
    this.barrier = barrier;
    this.state = NEW;
    this.node = 0;
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
    this.leaveThreads();
    if (unlink(this)) this.barrier.leave();
    this.state = NEW;
    this.waker = null;
  }

  /** The round is complete. */
  pass(): void {
    this.state = PASSED;
    this.wakeUp();
  }

  /** Comes to the barrier of threads; true when the round is complete. */
  arriveAmongThreads(shared: SharedBarrier): boolean {
    this.node = shared.arrive(this);
    return this.node === 0;
  }

  /** It waits, and does so in the line of threads from now on. */
  move(shared: SharedBarrier): void {
    this.node = shared.arrive(this);
  }

  ended(): void {
    this.node = 0;
    this.state = PASSED;
  }

  private leaveThreads(): void {
    const { node } = this;
    if (node === 0) return;
    this.node = 0;
    this.barrier.shared?.giveUp(node);
  }

  private done(result: BarrierWaitResult): Poll<BarrierWaitResult> {
    this.state = NEW;
    return readyPoll(result);
  }
}

const barrierKind = sendKind<Barrier, number>({
  name: "@treadle/sync/Barrier",
  encode: (barrier) => barrier.share(),
  decode: (at) => Barrier.came(at),
  sent: (barrier) => viewSent(barrier.shared),
  discard: (at) => void Barrier.came(at),
});
