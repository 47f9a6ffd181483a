/**
 * What this thread knows by name: sendable functions and kinds of objects; and finding a function.
 *
 * It lies behind `globalThis[Symbol.for("treadle.sendables.v1")]`, so that copies of this package (a bundled and an
 * installed one) find each other's functions.
 *
 * **Invariant.** Within one evaluation of its module a name is defined once. An evaluation is told by time: it is over
 * when the event loop turns. What is registered later under the same key is the same module evaluated again (hot
 * reload, isolated tests) and takes the place of the former.
 */
import { setImmediate } from "node:timers";
import { type SendKind, sendKinds } from "@treadle/core";
import {
  badSendableName,
  duplicateSendable,
  moduleFailed,
  namelessSendable,
  notFound,
} from "./errors.ts";
import { prepareToImport } from "./loader.ts";
import type { SendFunction } from "./send-function.ts";

/** The names of one thread. */
export interface Sendables {
  readonly functions: Map<string, SendFunction>;
  readonly kinds: Map<string, SendKind>;
  /** Keys that were registered since the event loop last turned. */
  readonly fresh: Set<string>;
}

const KEY = Symbol.for("treadle.sendables.v1");
const globals = globalThis as { [KEY]?: Sendables };
globals[KEY] ??= {
  functions: new Map(),
  kinds: sendKinds,
  fresh: new Set(),
};

/** The names of this thread. */
export const sendables: Sendables = globals[KEY];

/** The key of a function: its module's URL and its name. */
export function keyOf(url: string, name: string, f: object): string {
  if (name === "") throw namelessSendable(f);
  if (typeof name !== "string" || name.includes("#")) throw badSendableName(name);
  return `${url}#${name}`;
}

/** The parts of a key; the URL may have a "#" of its own, the name has none. */
export function partsOf(key: string): { readonly url: string; readonly name: string } {
  const at = key.lastIndexOf("#");
  return { url: key.slice(0, at), name: key.slice(at + 1) };
}

/** Makes a function known on this thread. */
export function register(source: SendFunction): void {
  const { key } = source;
  const { fresh, functions } = sendables;
  if (fresh.has(key)) {
    const { url, name } = partsOf(key);
    throw duplicateSendable(url, name);
  }
  if (fresh.size === 0) setImmediate(() => fresh.clear()).unref();
  fresh.add(key);
  functions.set(key, source);
}

/**
 * The function with this key: at once when its module was loaded on this thread, otherwise once it is.
 *
 * @remarks A module is imported once, however many look for it. **Errors** (of the promise): `ERR_SENDABLE_MODULE` when
 * it cannot be imported, with the `cause`; `ERR_SENDABLE_NOT_FOUND` when it has no such function.
 */
export function findSendable(key: string): SendFunction | Promise<SendFunction> {
  return sendables.functions.get(key) ?? importSendable(key);
}

async function importSendable(key: string): Promise<SendFunction> {
  const { url, name } = partsOf(key);
  try {
    await importModule(url);
  } catch (cause) {
    throw moduleFailed(url, name, cause);
  }
  const found = sendables.functions.get(key);
  if (found === undefined) throw notFound(url, name, namesOf(url));
  return found;
}

async function importModule(url: string): Promise<void> {
  await prepareToImport(url);
  await import(/* @vite-ignore */ /* webpackIgnore: true */ url);
}

/** The names of the sendables that a module has defined here. */
function namesOf(url: string): string[] {
  const names: string[] = [];
  for (const key of sendables.functions.keys()) {
    const parts = partsOf(key);
    if (parts.url === url) names.push(parts.name);
  }
  return names;
}
