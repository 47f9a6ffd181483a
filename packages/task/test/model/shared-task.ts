/** A task on shared memory as a runtime of many threads would have it, around the transitions of `state.ts`. */
import * as state from "../../src/state.ts";

const STATE = 0;
/** Places in the run queue that hold the task; `OVER` is added when it has been freed. */
const QUEUE = 1;
const OVER = 1024;
/** Whether the event has happened that the future waits for. */
const EVENT = 2;
/** How often the task was completed, and freed. */
const COMPLETED = 3;
const FREED = 4;
/** What the joiner sleeps on. */
const JOINER = 5;

// Plain, so that accesses which nothing orders are reported as races.
const FUTURE = 0;
const OUTPUT = 1;
const JOIN_SLOT = 2;

/** What the joiner gets. */
export const VALUE = 1;
/** What the joiner gets of an aborted task. */
export const ABORTED = 2;

/** The task; each thread of a model has its own copy of this object, the words are shared. */
export class SharedTask {
  private readonly words: Int32Array = new Int32Array(new SharedArrayBuffer(24));
  private readonly plain: Int32Array = new Int32Array(new SharedArrayBuffer(12));

  constructor() {
    Atomics.store(this.words, STATE, state.INITIAL);
    Atomics.store(this.words, QUEUE, 1);
    this.plain[FUTURE] = 1;
  }

  /** A worker of the scheduler: runs the task whenever it is queued, until it is freed. */
  work(): void {
    for (;;) {
      const queue = Atomics.load(this.words, QUEUE);
      if (queue === OVER) return;
      if (queue % OVER === 0) Atomics.wait(this.words, QUEUE, queue);
      else if (Atomics.compareExchange(this.words, QUEUE, queue, queue - 1) === queue) this.run();
    }
  }

  /** The event happens, and its waker fires. */
  fire(): void {
    Atomics.store(this.words, EVENT, 1);
    this.wake();
  }

  wake(): void {
    const word = this.transition(state.toNotified);
    if (state.toNotifiedOutcome(word) === state.Outcome.SUBMIT) this.submit();
  }

  abort(): void {
    const word = this.transition(state.toAborted);
    if (state.toAbortedOutcome(word) === state.Outcome.SUBMIT) this.submit();
  }

  /** The runtime shuts down: the reference of this run is taken in the same step. */
  shutdown(): void {
    const word = this.transition((old) =>
      state.isIdle(old) ? state.toShutdown(old) + state.REF_ONE : state.toShutdown(old),
    );
    if (state.toShutdownOutcome(word) === state.Outcome.CLOSE) this.close();
  }

  /** Sleeps until the task is complete, takes the output and drops the handle. */
  join(): number {
    let word = Atomics.load(this.words, STATE);
    if ((word & state.COMPLETE) === 0) {
      this.plain[JOIN_SLOT] = 1;
      word = this.transition(state.toJoinWaker);
      while ((word & state.COMPLETE) === 0) {
        Atomics.wait(this.words, JOINER, 0);
        word = Atomics.load(this.words, STATE);
      }
    }
    const output = this.plain[OUTPUT]!;
    this.detach();
    return output;
  }

  /** Leaves a waker, then gives up before the task is complete or not. */
  joinAndGiveUp(): void {
    if ((Atomics.load(this.words, STATE) & state.COMPLETE) === 0) {
      this.plain[JOIN_SLOT] = 1;
      const word = this.transition(state.toJoinWaker);
      // Taken back: from here on the slot is the joiner's own again.
      if ((word & state.COMPLETE) === 0) {
        const before = this.transition(state.toNoJoinWaker);
        if ((before & state.COMPLETE) === 0) this.plain[JOIN_SLOT] = 0;
      }
    }
    this.detach();
  }

  /** Drops the handle; the output too if it is there and nobody else will. */
  detach(): void {
    const word = this.transition(state.toDetached);
    if ((word & state.COMPLETE) !== 0) this.plain[OUTPUT] = 0;
    if (state.toDetachedOutcome(word) === state.Outcome.DEALLOC) this.free();
  }

  /** After all threads: completed and freed once, nothing left in the queue, no reference left. */
  check(): void {
    const now = [COMPLETED, FREED, QUEUE].map((at) => Atomics.load(this.words, at));
    if (`${now}` !== `1,1,${OVER}`) throw new Error(`completed, freed, queued: ${now}`);
    const word = Atomics.load(this.words, STATE);
    if (state.refCount(word) !== 0) throw new Error(`${state.refCount(word)} references left`);
    if (this.plain[FUTURE] !== 0) throw new Error("the future was not dropped");
    if (this.plain[OUTPUT] !== 0) throw new Error("the output was not dropped");
  }

  private run(): void {
    const word = this.transition(state.toRunning);
    const outcome = state.toRunningOutcome(word);
    if (outcome === state.Outcome.POLL) this.poll();
    else if (outcome === state.Outcome.CLOSE) this.close();
    else if (outcome === state.Outcome.DEALLOC) this.free();
  }

  private poll(): void {
    this.useFuture();
    if (Atomics.load(this.words, EVENT) === 1) this.finish(VALUE);
    else this.idle();
  }

  private idle(): void {
    const word = this.transition(state.toIdle);
    const outcome = state.toIdleOutcome(word);
    if (outcome === state.Outcome.SUBMIT) this.submit();
    else if (outcome === state.Outcome.CLOSE) this.close();
    else if (outcome === state.Outcome.DEALLOC) this.free();
  }

  private close(): void {
    this.transition(state.toCleaning);
    this.useFuture();
    this.finish(ABORTED);
  }

  private finish(output: number): void {
    this.plain[FUTURE] = 0;
    this.plain[OUTPUT] = output;
    const word = this.transition(state.toComplete);
    Atomics.add(this.words, COMPLETED, 1);
    if ((word & state.JOIN_INTEREST) === 0) this.plain[OUTPUT] = 0;
    else if ((word & state.JOIN_WAKER) !== 0) this.wakeJoiner();
    const before = this.transition((old) => state.toTerminal(old, 2));
    if (state.refCount(before) === 2) this.free();
  }

  private wakeJoiner(): void {
    if (this.plain[JOIN_SLOT] !== 1) throw new Error("the joiner's waker is not there");
    Atomics.store(this.words, JOINER, 1);
    Atomics.notify(this.words, JOINER, 1);
  }

  private useFuture(): void {
    if (this.plain[FUTURE] !== 1) throw new Error("a dropped future is used");
    this.plain[FUTURE] = 1;
  }

  private submit(): void {
    Atomics.add(this.words, QUEUE, 1);
    Atomics.notify(this.words, QUEUE, 1);
  }

  private free(): void {
    Atomics.add(this.words, FREED, 1);
    Atomics.add(this.words, QUEUE, OVER);
    Atomics.notify(this.words, QUEUE);
  }

  private transition(next: (word: number) => number): number {
    return state.transition(this.words, STATE, next);
  }
}
