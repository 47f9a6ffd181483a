/**
 * Errors on their way between threads: class, name, message, stack, cause, errors, and what further properties can cross.
 *
 * An error comes back as an instance of the nearest class in its line that both threads know: the language's own, this
 * project's, and those given to {@link sendErrorClass}. Any other keeps its `name` and is an instance of what it extends.
 */
import { errorClassName, errorPrototype } from "@treadle/core";
import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import { END } from "./format.ts";

/** Properties that are written apart, or belong to their class. */
const OWN = new Set(["name", "message", "stack"]);

/** Those that are there without being enumerable. */
const HIDDEN = ["cause", "errors", "code", "errno", "syscall"] as const;

/** Writes an error; what of it cannot cross stays behind. */
export function writeError(encoder: Encoder, error: Error): void {
  encoder.text(errorClassName(error));
  encoder.text(String(read(error, "name") ?? "Error"));
  encoder.text(String(read(error, "message") ?? ""));
  encoder.text(String(read(error, "stack") ?? ""));
  const names = Object.keys(error).filter((name) => !OWN.has(name));
  for (const name of HIDDEN)
    if (Object.hasOwn(error, name) && !names.includes(name)) names.push(name);
  for (const name of names) {
    if (encoder.attempt(read(error, name))) encoder.text(name);
  }
  encoder.tag(END);
}

function read(error: Error, name: string): unknown {
  try {
    return (error as unknown as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** Makes the error whose properties come next: of the right class, with nothing set yet. */
export function beginError(decoder: Decoder): Error {
  const known = errorPrototype(decoder.string());
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    if (known === (DOMException.prototype as Error)) {
      const name = decoder.string();
      return new DOMException(decoder.string(), name);
    }
    const error = new Error();
    if (known !== Error.prototype) Object.setPrototypeOf(error, known);
    const name = decoder.string();
    hide(error, "message", decoder.string());
    if (error.name !== name) hide(error, "name", name);
    return error;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Reads the rest of an error. */
export function readError(decoder: Decoder, error: Error): void {
  hide(error, "stack", decoder.string());
  while (!decoder.ends()) {
    const value = decoder.value();
    const name = decoder.string();
    if (name === "cause" || name === "errors") hide(error, name, value);
    else define(error, name, value, true);
  }
}

function hide(error: Error, name: string, value: unknown): void {
  define(error, name, value, false);
}

/** Sets an own property, also where the class has a getter of that name. */
function define(error: Error, name: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, name, { value, enumerable, writable: true, configurable: true });
}
