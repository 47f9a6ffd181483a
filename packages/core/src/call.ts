/**
 * `fn` and `Call`: the async function of this project, and the exact drop of one call of it.
 *
 * JavaScript's own `return()` on nested generators loses the return completion as soon as a `finally` block suspends:
 * the inner generator then ends normally and the outer one goes on after the cancelled call. A `Call` stands between
 * two generators, and drops are polled through it, level by level.
 *
 * **States.** INIT (never polled) -> SUSPENDED <-> BUSY (its code runs) -> CLOSED. A drop takes SUSPENDED through
 * CLOSING steps to CLOSED. `next()` outside INIT and SUSPENDED is an error.
 *
 * **One step of a drop** resumes the generator `g` either by `return` or by `next`, depending on what the step before
 * answered:
 * - done: CLOSED.
 * - `CLOSING`: a delegate below is closing; the next step is `g.return()` again.
 * - `PENDING`: `g` waits in a `finally` block of its own; the next step is `g.next()`.
 * Each step answers `CLOSING` upwards until it is done; then the return completion of the parent goes on by itself.
 *
 * **Plain nested generators.** `PENDING` after `g.return()` is only then `g`'s own when no plain generator stands
 * between `g` and what it waits for. So a drop begins with a probe (`probe.ts`) that counts them. One: exact. More:
 * if `g` still stands at the same `yield*` as before the drop, a plain generator's clean-up has suspended; resuming it
 * would run code after the cancelled call, so it is cut there by a second `return`, and the drop's sink is told.
 *
 * **Invariants.**
 * 1. `return()` never throws; what clean-up throws goes to the drop's sink.
 * 2. After `return()` was called no statement of `g` outside `finally` blocks runs.
 * 3. A `Call` answers no other not-done object than `PENDING`, `CLOSING` and the probe's.
 */
import { cx } from "./context.ts";
import { pushDropError } from "./drop.ts";
import {
  ERR_BARE_YIELD,
  ERR_CLEANUP_CUT,
  ERR_FUTURE_STATE,
  invalidArg,
  RuntimeError,
} from "./errors.ts";
import {
  type Async,
  CLOSING,
  type Closing,
  DONE,
  type Future,
  PENDING,
  type Pending,
  type Poll,
} from "./poll.ts";
import { outsidePoll, probeDepth, probePosition } from "./probe.ts";
import { promiseOf } from "./promise-of.ts";

/** The state of a call that was never polled. */
export const INIT = 0;
const SUSPENDED = 1;
const BUSY = 2;
const CLOSING_RETURN = 3;
const CLOSING_NEXT = 4;
const CLOSED = 5;

/** How often a generator may answer its own bare-yield error with another bare yield before it is given up. */
const MAX_BARE_YIELDS = 100;

/** How often one step of a drop cuts a generator whose `finally` blocks go on with a loop, before it is given up. */
const MAX_CUTS = 100;

type Generator_ = Iterator<unknown, unknown, void>;

/** What a call is named after, usually its function; asked only when the name is needed. */
export interface Named {
  readonly name: string;
}

interface Nesting {
  /** Where the outermost generator stood when the drop began; "" when that cannot be told. */
  readonly position: string;
}

/** What a new call holds; who makes one without its constructor writes these fields as {@link Call}'s constructor does. */
export interface CallFields {
  state: number;
  g: Iterator<unknown, unknown, void> | null;
  source: Named;
  nesting: object | null;
}

/** One call of a task function: lazy, polled, dropped exactly, awaitable. Made by {@link fn}. */
export class Call<T> implements Future<T>, PromiseLike<T> {
  private state: number;
  /** The generator; null once it is gone, and in a subclass that makes it at the first poll. */
  protected g: Iterator<unknown, unknown, void> | null;
  private readonly source: Named;
  /** How the generator was nested when its drop began; null when nothing was nested natively. */
  private nesting: Nesting | null;

  /** Wraps a generator object (or any future) so that it is polled once at a time and dropped exactly. */
  constructor(g: Async<T> | Future<T> | null, source: Named) {
    this.state = INIT;
    this.g = g as Generator_ | null;
    this.source = source;
    this.nesting = null;
  }

  /** Wraps a generator that somebody else has polled, and that is suspended now, to drop it exactly. */
  static resume<T>(g: Async<T> | Future<T>, source: Named): Call<T> {
    const call = new Call<T>(g, source);
    call.state = SUSPENDED;
    return call;
  }

  /** The function's name, for dumps and errors. */
  get name(): string {
    return this.source.name || "anonymous";
  }

  /** Takes the generator out of a call that was never polled, and closes the call; null when it was polled. */
  unwrap(): Async<T> | null {
    if (this.state !== INIT) return null;
    const g = this.g as Async<T>;
    this.finish();
    return g;
  }

  next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, Call.prototype.next);
    if (this.state > SUSPENDED) throw this.misuse("polled");
    const g = this.g as Generator_;
    this.state = BUSY;
    let result: IteratorResult<unknown, unknown>;
    try {
      result = g.next();
    } catch (error) {
      this.finish();
      throw error;
    }
    if ((result as unknown) === PENDING) {
      this.state = SUSPENDED;
      return PENDING;
    }
    if (!result.done) result = this.refuseYield(g, result);
    if ((result as unknown) === PENDING) this.state = SUSPENDED;
    else this.finish();
    return result as Poll<T>;
  }

  return(): Closing {
    if (this.state === SUSPENDED) return this.beginDrop();
    if (this.state === CLOSING_RETURN || this.state === CLOSING_NEXT) return this.stepDrop();
    if (this.state === BUSY) pushDropError(this.misuse("dropped"));
    else if (this.state === INIT) this.dropUnpolled();
    return DONE;
  }

  [Symbol.iterator](): Iterator<Pending, T, void> {
    return this;
  }

  then<A = T, B = never>(
    onReady?: ((value: T) => A | PromiseLike<A>) | null,
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return promiseOf(this).then(onReady, onFailed);
  }

  private finish(): void {
    this.state = CLOSED;
    this.g = null;
  }

  private dropUnpolled(): void {
    const { g } = this;
    this.finish();
    try {
      g?.return?.();
    } catch (error) {
      pushDropError(error);
    }
  }

  private beginDrop(): Closing {
    const g = this.g as Generator_;
    const depth = probeDepth(g);
    if (depth > 1) this.nesting = { position: probePosition(g, depth) };
    this.state = CLOSING_RETURN;
    return this.stepDrop();
  }

  private stepDrop(): Closing {
    const g = this.g as Generator_;
    let byNext = this.state === CLOSING_NEXT;
    this.state = BUSY;
    for (let cuts = 0; cuts < MAX_CUTS; cuts++) {
      const result = this.advance(g, byNext);
      if (result.done) break;
      if ((result as unknown) === CLOSING) {
        this.state = CLOSING_RETURN;
        return CLOSING;
      }
      if (byNext || this.isOwnCleanup(g)) {
        this.state = CLOSING_NEXT;
        return CLOSING;
      }
      pushDropError(cleanupCut(this.name));
      byNext = false;
    }
    this.finish();
    return DONE;
  }

  /** Resumes `g` during a drop; what it throws goes to the sink. */
  private advance(g: Generator_, byNext: boolean): IteratorResult<unknown, unknown> {
    try {
      const result = byNext ? g.next() : (g.return?.() ?? DONE);
      return result.done || isAnswer(result) ? result : this.refuseYield(g, result);
    } catch (error) {
      pushDropError(error);
      return DONE;
    }
  }

  /** Whether `g`, which answered `PENDING` to `return`, waits in a `finally` block of its own. */
  private isOwnCleanup(g: Generator_): boolean {
    if (this.nesting === null) return true;
    const { position } = this.nesting;
    const depth = probeDepth(g);
    return depth > 0 && position !== "" && probePosition(g, depth) !== position;
  }

  /** Raises the error of a bare `yield` where it stands; answers what the generator then does. @internal */
  refuseYield(
    g: Generator_,
    first: IteratorResult<unknown, unknown>,
  ): IteratorResult<unknown, unknown> {
    let result = first;
    try {
      if (Symbol.asyncIterator in g) throw asyncGenerator(this.name, g, first);
      for (let i = 0; i < MAX_BARE_YIELDS; i++) {
        const error = bareYield(this.name, result.value);
        if (g.throw === undefined) throw error;
        result = g.throw(error);
        if (result.done || isAnswer(result)) return result;
      }
      throw bareYield(this.name, result.value);
    } catch (error) {
      this.finish();
      throw error;
    }
  }

  private misuse(what: string): RuntimeError {
    const why =
      this.state === CLOSED
        ? "after it was finished"
        : this.state === BUSY
          ? "while it was running"
          : "while it was being dropped";
    return new RuntimeError(
      ERR_FUTURE_STATE,
      `${this.name}() was ${what} ${why}: a future has one awaiter; ` +
        "to await a result in several places, spawn() it and share the JoinHandle",
    );
  }
}

function isAnswer(result: unknown): boolean {
  return result === PENDING || result === CLOSING;
}

function cleanupCut(name: string): RuntimeError {
  return new RuntimeError(
    ERR_CLEANUP_CUT,
    `a finally block waited inside a plain generator called by ${name}(); its clean-up was cut there. ` +
      "Define that generator function with fn(function* ...) to have its clean-up run to the end",
  );
}

function bareYield(name: string, value: unknown): RuntimeError {
  const isFuture = typeof (value as Partial<Future<unknown>> | null)?.next === "function";
  return new RuntimeError(
    ERR_BARE_YIELD,
    isFuture
      ? `${name}() yielded a future: write \`yield* future\` (the * is missing)`
      : `${name}() used a plain \`yield\`: a task function waits with \`yield* future\`, ` +
          "and lets other tasks run with `yield* yieldNow()`",
  );
}

/** Makes the error for an async generator, whose answers are promises, and lets go of it. */
function asyncGenerator(name: string, g: object, first: unknown): RuntimeError {
  const ended = (g as AsyncGenerator).return(undefined);
  for (const answer of [first as Promise<unknown>, ended]) answer.catch(() => {});
  return new RuntimeError(
    ERR_BARE_YIELD,
    `${name}() is an async generator function: a task function is a generator function, ` +
      "which waits with `yield* future`, or an async function, which waits with `await`",
  );
}

/** Where the functions that `fn` made keep what it was given; callers know by it that calling them runs nothing yet. */
export const LAZY: unique symbol = Symbol.for("treadle.lazy") as never;

/**
 * Makes an "async fn" of a generator function: calling it gives a lazy future that is dropped exactly.
 *
 * @remarks Nothing runs before the first poll. A dropped call runs the `finally` blocks it is in, those that `yield*`
 * too, to their end, before its parent's; no statement after the cancelled point runs and no `catch` block sees it.
 *
 * **Errors**: what the function throws, thrown as it is from `yield*`. **Cancel safety**: the function's own.
 * @example
 * ```ts
 * import { type Async, fn, ready } from "@treadle/core";
 *
 * const twice = fn(function* twice(n: number): Async<number> {
 *   const one = yield* ready(n);
 *   return one * 2;
 * });
 * twice(4).name; // => "twice"
 * ```
 */
export function fn<A extends unknown[], T>(f: (...args: A) => Async<T>): (...args: A) => Call<T> {
  if (typeof f !== "function")
    throw invalidArg("the argument of fn()", f, "must be a generator function");
  const made = (...args: A): Call<T> => new Call<T>(f(...args), f);
  Object.defineProperties(made, {
    name: { value: f.name || "anonymous", configurable: true },
    length: { value: f.length, configurable: true },
    [LAZY]: { value: f },
  });
  return made;
}
