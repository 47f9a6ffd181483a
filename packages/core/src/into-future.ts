/** Everything that can be run as a future, and how it becomes one. */
import { AsyncRun, type AsyncTaskContext } from "./async-run.ts";
import { Call, LAZY, type Named } from "./call.ts";
import { describe, ERR_INVALID_ARG, RuntimeError } from "./errors.ts";
import type { Async, Future } from "./poll.ts";

/**
 * What `spawn`, `run`, `select`, `timeout` and the other combinators accept: a future or generator object, a function
 * that makes one, or an async function, which is given `{ signal }`.
 */
export type IntoFuture<T> =
  | Future<T>
  | Async<T>
  | (() => Future<T> | Async<T>)
  | ((context: AsyncTaskContext) => PromiseLike<T>);

/** Turns anything runnable into a {@link Call}; functions that are not generator functions are called at the first poll. */
export function intoFuture<T>(f: IntoFuture<T>): Call<T> {
  if (f instanceof Call) return f;
  if (typeof f === "function") {
    return isGeneratorFunction(f)
      ? new Call<T>((f as () => Async<T>)(), f)
      : callOf<[], T>(f as never, []);
  }
  if (isFuture(f)) return new Call(f as Future<T>, nameOf(f));
  throw notRunnable(f);
}

/** As {@link intoFuture}, for a function and its arguments. */
export function callOf<A extends unknown[], T>(
  f: (...args: A) => Future<T> | Async<T> | PromiseLike<T>,
  args: A,
): Call<T> {
  if (typeof f !== "function") throw notRunnable(f);
  if (!isLazy(f)) return new Call<T>(new AsyncRun<T>(f as never, args), f);
  const made = f(...args);
  return made instanceof Call ? made : new Call<T>(made as Async<T>, f);
}

const generatorFunction: unknown = function* () {}.constructor;

/** Whether `f` is a plain generator function: calling it only makes a generator object. */
export function isGeneratorFunction(f: object): boolean {
  // V8 inlines this, unlike Object.getPrototypeOf(), a twentieth of a spawn.
  return f.constructor === generatorFunction;
}

/** What makes the generator object of a call of `f`: `f` itself, or what `fn` was given; undefined for other functions. */
export function generatorFunctionOf<T>(f: object): ((...args: never[]) => Async<T>) | undefined {
  return (isGeneratorFunction(f) ? f : (f as { [LAZY]?: unknown })[LAZY]) as never;
}

/** Whether calling `f` only makes a future and runs none of its code. */
function isLazy(f: object): boolean {
  return isGeneratorFunction(f) || LAZY in f;
}

/** Whether a value can be polled. */
export function isFuture(value: unknown): value is Future<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<Future<unknown>>).next === "function"
  );
}

/** A future is named after its class; the name itself is looked up only when it is asked for. */
function nameOf(future: object): Named {
  return (future.constructor as Named | undefined) ?? { name: "" };
}

function notRunnable(given: unknown): RuntimeError {
  const hint =
    typeof (given as Partial<PromiseLike<unknown>> | null)?.then === "function"
      ? "a promise is already running: wrap it in fromPromise(promise), or give the async function itself"
      : "give it a future, a generator object, a generator function or an async function";
  return new RuntimeError(ERR_INVALID_ARG, `${describe(given)} cannot be run as a future: ${hint}`);
}
