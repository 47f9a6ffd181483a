/** Finds where in a value that stands which cannot cross threads, and says what it is and what to do. */
import { types } from "node:util";
import { NotSendError } from "./errors.ts";
import { isDetached, isTransferable } from "./move.ts";

/** Thrown by the encoder at the offending value itself; the way to it is looked for only then. */
export class Offence {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** Makes what the encoder throws for a value that cannot cross. */
export function refuse(value: unknown): Offence {
  return new Offence(value);
}

/** What to throw when writing `root`, which is called `name` ("argument 2", "the result"), threw `error`. */
export function refusal(error: unknown, root: unknown, name: string): unknown {
  if (error instanceof Offence) return notSend(error, root, name);
  return isOverflow(error) ? new NotSendError(name, TOO_DEEP, FLATTEN) : error;
}

const TOO_DEEP = "nested too deeply for this thread's stack";
const FLATTEN =
  "each level takes some of it. Send it flat, as a list whose items name their parents, or as text";

function isOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message === "Maximum call stack size exceeded";
}

function notSend(offence: Offence, root: unknown, name: string): NotSendError {
  const { value } = offence;
  const path = pathTo(value, root, new Set()) ?? "";
  return new NotSendError(path === "" ? name : `${name} ${path}`, what(value), wayOut(value));
}

/** The way from `at` to `value`, "" for itself; null when it is not there. */
function pathTo(value: unknown, at: unknown, seen: Set<object>): string | null {
  if (Object.is(at, value)) return "";
  if (typeof at !== "object" || at === null || seen.has(at)) return null;
  seen.add(at);
  for (const [step, inner] of partsOf(at)) {
    const rest = pathTo(value, inner, seen);
    if (rest !== null) return step + rest;
  }
  return null;
}

function* partsOf(object: object): Generator<[string, unknown]> {
  if (types.isMap(object)) {
    for (const [key, inner] of object) {
      yield [".keys()", key];
      yield [`.get(${shown(key)})`, inner];
    }
  } else if (types.isSet(object)) {
    for (const inner of object) yield [".values()", inner];
  } else if (ArrayBuffer.isView(object)) {
    yield [".buffer", object.buffer];
  } else {
    const names = Object.keys(object);
    if (types.isNativeError(object)) names.push("cause", "errors");
    for (const name of names) yield [step(object, name), read(object, name)];
  }
}

function read(object: object, name: string): unknown {
  try {
    return (object as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

function step(object: object, name: string): string {
  if (Array.isArray(object)) return `[${name}]`;
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? `.${name}` : `[${shown(name)}]`;
}

function shown(key: unknown): string {
  if (typeof key === "string") return JSON.stringify(key);
  return typeof key === "object" ? "{…}" : String(key);
}

function what(value: unknown): string {
  if (typeof value === "function") return `a function (${value.name || "anonymous"})`;
  if (typeof value === "symbol") return `a symbol (${String(value)})`;
  if (value instanceof ArrayBuffer) {
    return isDetached(value as ArrayBuffer)
      ? "an ArrayBuffer that was moved away already"
      : "a resizable ArrayBuffer";
  }
  if (endsFar(value)) return "a view that ends beyond 4 GiB of its buffer";
  const name = className(value as object);
  if (types.isPromise(value)) return "a promise";
  if (types.isProxy(value)) return "a Proxy";
  return name === "" ? "an object of a class" : `an instance of class ${name}`;
}

/** Whether it is a view whose place in its buffer takes more than 32 bits. */
export function endsFar(value: unknown): boolean {
  return ArrayBuffer.isView(value) && value.byteOffset + value.byteLength > 0xffff_ffff;
}

function className(object: object): string {
  const make: unknown = (object as { constructor?: unknown }).constructor;
  return typeof make === "function" ? make.name : "";
}

function wayOut(value: unknown): string {
  if (typeof value === "function") {
    return "functions stay on their thread. Send what it needs as plain data; a sendable is spawned by its own module";
  }
  if (typeof value === "symbol") return "symbols stay on their thread. Send a string";
  if (value instanceof ArrayBuffer) {
    return isDetached(value)
      ? "what it held is with whoever got it: to keep it too, make a copy before, buffer.slice()"
      : "send a copy of what it holds, buffer.slice()";
  }
  if (endsFar(value)) return "send a copy of what it shows: view.slice()";
  if (isTransferable(value)) return "it cannot be copied, only given away: move(it)";
  if (types.isPromise(value)) return "await it first, and send its value";
  return "class instances stay on their thread. Send a plain object, { ...it }, or give the class a kind by sendKind()";
}
