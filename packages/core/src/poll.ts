/**
 * What a poll answers, for every package: a future is an iterator, `next()` polls it, `return()` drops it.
 *
 * **Answers.** A future that is not done answers one of these objects; they are told apart by identity, never by
 * their fields, and live behind `globalThis` so that two copies of this package agree on them:
 * - `PENDING`: a poll found nothing yet and has kept the current waker;
 * - `CLOSING`: a drop has begun, and the clean-up of the future is itself waiting.
 */

/** The answer of a poll: `{done: false}` is pending, `{done: true, value}` is ready; a failure is thrown. */
export type Poll<T> = IteratorResult<Pending, T>;

/** The answer of one step of a drop: `{done: false}` while the clean-up still runs, `{done: true}` when all is gone. */
export type Closing = IteratorResult<Pending, never>;

/**
 * A value that will be there later: polled by `next()`, dropped by `return()`, awaited by `yield*`.
 *
 * @remarks Every generator object is one already. `return()` is polled like `next()` until it answers done and never
 * throws. A future has one awaiter and is not polled again once it is done. Futures of your own extend {@link Leaf}
 * or are made by {@link pollFn}.
 */
export interface Future<T> {
  next(): Poll<T>;
  return?(value?: never): IteratorResult<Pending, T>;
  [Symbol.iterator](): Iterator<Pending, T, void>;
}

/** A future that can also be awaited in an async function: what this project's own functions return. */
export interface Awaitable<T> extends Future<T>, PromiseLike<T> {}

/**
 * The return type of a task function: `function* work(): Async<number> { ... }`.
 *
 * @remarks Not iterable on purpose: a plain generator function with this type cannot be `yield*`ed without {@link fn},
 * so its clean-up is exact at every level.
 */
export type Async<T> = Iterator<Pending, T, void>;

/** The type of the value {@link Pending}, which a pending answer carries. */
export interface Pending {
  readonly pending: unique symbol;
}

interface Answers {
  readonly Pending: Pending;
  readonly PENDING: IteratorYieldResult<Pending>;
  readonly CLOSING: IteratorYieldResult<Pending>;
}

const KEY = Symbol.for("treadle.answers.v1");
const globals = globalThis as { [KEY]?: Answers };

function create(): Answers {
  const value = Symbol("treadle.Pending") as unknown as Pending;
  return { Pending: value, PENDING: { done: false, value }, CLOSING: { done: false, value } };
}

globals[KEY] ??= create();
const answers: Answers = globals[KEY];

/** The value that a pending answer carries, and that a function given to {@link pollFn} returns for "not yet". */
export const Pending: Pending = answers.Pending;

/** The shared answer of a poll that has to wait. */
export const PENDING: IteratorYieldResult<Pending> = answers.PENDING;

/** The shared answer of a drop whose clean-up has to wait. */
export const CLOSING: IteratorYieldResult<Pending> = answers.CLOSING;

/** The shared answer of a future that is ready with nothing, and of a drop that is finished. */
export const DONE: IteratorReturnResult<never> = { done: true, value: undefined as never };

/** Makes the answer of a poll that is ready with `value`. */
export function readyPoll<T>(value: T): IteratorReturnResult<T> {
  return { done: true, value };
}
