/** Making a function sendable. */
import { describe, invalidArg, LAZY } from "@treadle/core";
import { keyOf, register } from "./registry.ts";
import type { NotSend, NotSendArguments, Refusal, SendOutput } from "./send.ts";
import { newSendFuture, SendFunction, type SendFuture } from "./send-function.ts";

/** A function whose calls any thread can start; made by {@link sendable}. */
export interface Sendable<A extends unknown[], R> {
  (...args: A): SendFuture<SendOutput<R>>;
  /** The name by which threads find it. */
  readonly name: string;
}

/** Options of {@link sendable}. */
export interface SendableOptions {
  /** The name by which threads find it; that of the function by default. */
  readonly name: string;
}

/** The function given to {@link sendable}: what it takes and gives must be able to cross threads. */
export type SendBody<A extends unknown[], R> = ((...args: A) => R) &
  Refusal<NotSendArguments<A> | NotSend<SendOutput<R>, "the result">>;

/**
 * Makes a function whose calls any thread of a runtime can start: `sendable(import.meta.url, function* hash(path) {...})`.
 *
 * @remarks Calling it runs nothing and gives a {@link SendFuture}: spawn it on any worker, or `yield*` it right here.
 * Generator functions, async and plain functions are taken. Other threads find it by the URL of its module, which they
 * import once, and its name: so call it at the top level of the module. The name is the function's own, or the one that
 * you say, which bundlers and minifiers leave alone; it is unique in its module, after bundling in its file.
 *
 * @throws {@link RuntimeError} `ERR_SENDABLE_NAME` for a function without a name; `ERR_SENDABLE_DUPLICATE` when the
 * module has another of this name; `ERR_INVALID_ARG` for a URL that is none, or no function.
 * @example
 * ```ts
 * import { type Async, Builder, sendable, spawn } from "treadle";
 *
 * const add = sendable(import.meta.url, function* add(a: number, b: number): Async<number> {
 *   return a + b;
 * });
 * Builder.newCurrentThread().build().blockOn(add(1, 2)); // => 3
 * ```
 */
export function sendable<A extends unknown[], R>(
  moduleUrl: string,
  f: SendBody<A, R>,
): Sendable<A, R>;
export function sendable<A extends unknown[], R>(
  moduleUrl: string,
  name: string | SendableOptions,
  f: SendBody<A, R>,
): Sendable<A, R>;
export function sendable<A extends unknown[], R>(
  moduleUrl: string,
  first: string | SendableOptions | SendBody<A, R>,
  second?: SendBody<A, R>,
): Sendable<A, R> {
  const f = (second ?? first) as (...args: unknown[]) => unknown;
  if (typeof f !== "function") {
    throw invalidArg("the function given to sendable()", f, "must be a function");
  }
  if (typeof moduleUrl !== "string" || !URL.canParse(moduleUrl)) {
    throw invalidArg("moduleUrl", moduleUrl, "must be the module's own import.meta.url");
  }
  const name = second === undefined ? f.name : nameIn(first as string | SendableOptions);
  const source = new SendFunction(keyOf(moduleUrl, name, f), name, f);
  register(source);
  const made = (...args: unknown[]): SendFuture<SendOutput<R>> => newSendFuture(source, args);
  Object.defineProperties(made, {
    name: { value: name, configurable: true },
    length: { value: f.length, configurable: true },
    // Lazy, but no generator function that spawn could call in its place: that would lose the key.
    [LAZY]: { value: undefined },
  });
  return made as Sendable<A, R>;
}

function nameIn(given: string | SendableOptions): string {
  const name = typeof given === "string" ? given : (given as Partial<SendableOptions> | null)?.name;
  if (typeof name !== "string") {
    throw invalidArg(
      "the second argument of sendable()",
      describe(given),
      "must be a name or { name }",
    );
  }
  return name;
}
