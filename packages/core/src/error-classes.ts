/** The classes of errors that threads know by name, so that an error comes back from another thread as what it was. */
import { RuntimeError } from "./errors.ts";

/** A class of errors. */
export interface ErrorClass {
  readonly name: string;
  readonly prototype: Error;
}

interface ErrorClasses {
  readonly prototypes: Map<string, Error>;
  /** The other way round; a minifier may have given one name to several classes. */
  readonly names: WeakMap<object, string>;
}

const KEY = Symbol.for("treadle.errors.v1");
const globals = globalThis as { [KEY]?: ErrorClasses };
globals[KEY] ??= { prototypes: new Map(), names: new WeakMap() };
/** One for all copies of this package. */
const classes: ErrorClasses = globals[KEY];

/**
 * Makes errors of a class come back from other threads as instances of it.
 *
 * @remarks Call it in the module of the class, so that both threads do. They find the class by `name`, that of the class
 * by default; say it where a minifier may change that. The constructor is not called: own properties are set one by one.
 * @example
 * ```ts
 * import { sendErrorClass } from "treadle";
 *
 * class TooLarge extends RangeError {
 *   readonly limit: number;
 *   constructor(limit: number) {
 *     super(`more than ${limit}`);
 *     this.limit = limit;
 *   }
 * }
 * sendErrorClass(TooLarge, "my-package/TooLarge");
 * new TooLarge(5).limit; // => 5
 * ```
 */
export function sendErrorClass(errorClass: ErrorClass, name: string = errorClass.name): void {
  classes.prototypes.set(name, errorClass.prototype);
  classes.names.set(errorClass.prototype, name);
}

/** The name of the nearest known class of an error. */
export function errorClassName(error: Error): string {
  let prototype: object | null = Object.getPrototypeOf(error);
  while (prototype !== null) {
    const name = classes.names.get(prototype);
    if (name !== undefined) return name;
    prototype = Object.getPrototypeOf(prototype);
  }
  // Of another realm.
  return classes.prototypes.has(error.name) ? error.name : "Error";
}

/** The prototype of the class of that name, or that of `Error`. */
export function errorPrototype(name: string): Error {
  return classes.prototypes.get(name) ?? Error.prototype;
}

for (const known of [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
  DOMException as unknown as ErrorClass,
]) {
  sendErrorClass(known);
}
sendErrorClass(RuntimeError, "@treadle/core.RuntimeError");
