/**
 * The state word of a task: every transition, once, as pure functions.
 *
 * A transition is a pair of functions of the old word: one gives the next word, one says what the caller must do now.
 * Tasks that stay on one thread keep the word in a plain field (`task.ts`); tasks that other threads can see keep it in
 * a cell of shared memory ({@link transition}, which repeats the pair until its compare-and-swap succeeds).
 *
 * **Layout.** bit 0 RUNNING, 1 COMPLETE, 2 NOTIFIED, 3 JOIN_INTEREST, 4 JOIN_WAKER, 5 CANCELLED, 6 CLEANING; the
 * reference count from bit 7 on. "Idle" means neither RUNNING nor COMPLETE.
 *
 * **Who holds references.** The owned list, the run queue while NOTIFIED, the JoinHandle: three at the start.
 *
 * **Who writes.** Whoever wakes or aborts sets NOTIFIED and CANCELLED; only the scheduler that runs the task sets and
 * clears RUNNING and sets COMPLETE and CLEANING; only the JoinHandle clears JOIN_INTEREST and sets JOIN_WAKER.
 *
 * **Invariants.**
 * 1. A task is in at most one run queue, and exactly while it is NOTIFIED and not RUNNING.
 * 2. Whoever takes an idle task to RUNNING is the only one to touch its future until it is idle again.
 * 3. After COMPLETE nothing but the reference count, JOIN_INTEREST and JOIN_WAKER changes.
 * 4. CANCELLED is never cleared, so a second abort changes nothing; CLEANING says that the drop has begun.
 */
import { compareExchange, load } from "@treadle/core/shared";

/** The task's future is being polled or dropped now. */
export const RUNNING: number = 1 << 0;
/** The task has ended and its output is there. */
export const COMPLETE: number = 1 << 1;
/** A wake has come since the last poll began; the task is in a run queue or will be put back into one. */
export const NOTIFIED: number = 1 << 2;
/** A JoinHandle still wants the output. */
export const JOIN_INTEREST: number = 1 << 3;
/** A joiner has left its waker. */
export const JOIN_WAKER: number = 1 << 4;
/** The task was aborted. */
export const CANCELLED: number = 1 << 5;
/** The drop of the future has begun; its clean-up may still be waiting. */
export const CLEANING: number = 1 << 6;
/** One reference. */
export const REF_ONE: number = 1 << 7;
/** A new task: three references, wanted by its JoinHandle, and notified. */
export const INITIAL: number = (3 * REF_ONE) | JOIN_INTEREST | NOTIFIED;
/** A task whose future is in another thread: held by its owned list and its JoinHandle, and never notified. */
export const ELSEWHERE: number = (2 * REF_ONE) | JOIN_INTEREST;

const LIFECYCLE = RUNNING | COMPLETE;

/** Whether the task is neither running nor complete. */
export function isIdle(word: number): boolean {
  return (word & LIFECYCLE) === 0;
}

/** How many references the word counts. */
export function refCount(word: number): number {
  return word >>> 7;
}

/** What to do next; each transition answers some of these. */
export const Outcome = {
  /** Poll the future. */
  POLL: 0,
  /** Begin or continue the drop of the future. */
  CLOSE: 1,
  /** Somebody else has the task: forget this notification. */
  IGNORE: 2,
  /** Put the task into a run queue. */
  SUBMIT: 3,
  /** Nothing to do. */
  NOTHING: 4,
  /** The last reference is gone: free the task. */
  DEALLOC: 5,
} as const;
/** One of {@link Outcome}. */
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** A run queue gives the task to a scheduler: the next word. */
export function toRunning(word: number): number {
  return isIdle(word) ? (word & ~NOTIFIED) | RUNNING : word - REF_ONE;
}

/** A run queue gives the task to a scheduler: POLL, CLOSE, IGNORE or DEALLOC. */
export function toRunningOutcome(word: number): Outcome {
  if (isIdle(word)) return (word & CANCELLED) === 0 ? Outcome.POLL : Outcome.CLOSE;
  return refCount(word) === 1 ? Outcome.DEALLOC : Outcome.IGNORE;
}

/** The poll, or a step of the drop, answered pending: the next word. */
export function toIdle(word: number): number {
  if (mustBeginDrop(word)) return word | CLEANING;
  // Notified meanwhile: the reference of this run becomes that of the new place in the queue.
  return (word & NOTIFIED) !== 0 ? word & ~RUNNING : (word & ~RUNNING) - REF_ONE;
}

/** The poll, or a step of the drop, answered pending: CLOSE (aborted meanwhile), SUBMIT, NOTHING or DEALLOC. */
export function toIdleOutcome(word: number): Outcome {
  if (mustBeginDrop(word)) return Outcome.CLOSE;
  if ((word & NOTIFIED) !== 0) return Outcome.SUBMIT;
  return refCount(word) === 1 ? Outcome.DEALLOC : Outcome.NOTHING;
}

function mustBeginDrop(word: number): boolean {
  return (word & (CANCELLED | CLEANING)) === CANCELLED;
}

/** The scheduler begins the drop of a task that it runs: the next word. */
export function toCleaning(word: number): number {
  return word | CLEANING;
}

/** The output is stored: the next word. */
export function toComplete(word: number): number {
  return word ^ LIFECYCLE;
}

/** The scheduler lets `references` go at the end: the next word. */
export function toTerminal(word: number, references: number): number {
  return word - references * REF_ONE;
}

/** A waker fires: the next word. */
export function toNotified(word: number): number {
  if ((word & (COMPLETE | NOTIFIED)) !== 0) return word;
  return (word & RUNNING) !== 0 ? word | NOTIFIED : (word | NOTIFIED) + REF_ONE;
}

/** A waker fires: SUBMIT or NOTHING. */
export function toNotifiedOutcome(word: number): Outcome {
  return (word & (COMPLETE | NOTIFIED | RUNNING)) === 0 ? Outcome.SUBMIT : Outcome.NOTHING;
}

/** Somebody aborts: the next word. */
export function toAborted(word: number): number {
  if ((word & (CANCELLED | COMPLETE)) !== 0) return word;
  return toNotified(word | CANCELLED);
}

/** Somebody aborts: SUBMIT (the scheduler will carry it out) or NOTHING. */
export function toAbortedOutcome(word: number): Outcome {
  return (word & (CANCELLED | COMPLETE)) !== 0 ? Outcome.NOTHING : toNotifiedOutcome(word);
}

/** The runtime shuts down: the next word; the caller runs the task itself if it was idle. */
export function toShutdown(word: number): number {
  return isIdle(word) ? word | RUNNING | CANCELLED : word | CANCELLED;
}

/** The runtime shuts down: CLOSE when the caller has taken the task, NOTHING when somebody else runs it or it is over. */
export function toShutdownOutcome(word: number): Outcome {
  return isIdle(word) ? Outcome.CLOSE : Outcome.NOTHING;
}

/** The JoinHandle gives up its interest: the next word. */
export function toDetached(word: number): number {
  const kept = (word & COMPLETE) !== 0 ? word : word & ~JOIN_WAKER;
  return (kept & ~JOIN_INTEREST) - REF_ONE;
}

/** The JoinHandle gives up its interest: DEALLOC (drop the output, it is the last), or NOTHING. */
export function toDetachedOutcome(word: number): Outcome {
  return refCount(word) === 1 ? Outcome.DEALLOC : Outcome.NOTHING;
}

/** A joiner leaves its waker: the next word, unchanged when the task is complete. */
export function toJoinWaker(word: number): number {
  return (word & COMPLETE) !== 0 ? word : word | JOIN_WAKER;
}

/** A joiner takes its waker back: the next word, unchanged when the task is complete. */
export function toNoJoinWaker(word: number): number {
  return (word & COMPLETE) !== 0 ? word : word & ~JOIN_WAKER;
}

// The three transitions that every poll makes, for the words that nearly every poll meets: what the general functions
// answer there, decided by one test. `test/state.test.ts` checks them against the general ones on every word.

/** Whether a wake finds the task asleep: not running, not complete, not yet notified. */
export function isRested(word: number): boolean {
  return (word & (LIFECYCLE | NOTIFIED)) === 0;
}

/** {@link toNotified} of a word that {@link isRested}; the outcome is SUBMIT. */
export function restedToNotified(word: number): number {
  return (word | NOTIFIED) + REF_ONE;
}

/** Whether a run finds the task idle and not aborted. */
export function isReadyToPoll(word: number): boolean {
  return (word & (LIFECYCLE | CANCELLED)) === 0;
}

/** {@link toRunning} of a word that {@link isReadyToPoll}; the outcome is POLL. */
export function readyToRunning(word: number): number {
  return (word & ~NOTIFIED) | RUNNING;
}

/** Whether nothing happened to the task while it was polled, and somebody still holds it. */
export function isPolledOnly(word: number): boolean {
  return (word & (NOTIFIED | CANCELLED)) === 0 && word >= 2 * REF_ONE;
}

/** {@link toIdle} of a running word that {@link isPolledOnly}; the outcome is NOTHING. */
export function polledToIdle(word: number): number {
  return (word & ~RUNNING) - REF_ONE;
}

/** Carries a transition out on a shared cell; answers the old word, from which the outcome follows. */
export function transition(words: Int32Array, at: number, next: (word: number) => number): number {
  let word = load(words, at);
  for (;;) {
    // Somebody changed the word meanwhile: decide again on what is there now.
    const found = compareExchange(words, at, word, next(word));
    if (found === word) return word;
    word = found;
  }
}
