/** Which class an object is of, also when it comes from another realm (a `vm` context). */
import { types } from "node:util";
import * as f from "./format.ts";
import { isTransferable } from "./move.ts";
import { refuse } from "./offence.ts";

/** Whether an object is an ArrayBuffer, not a shared one. */
export function isArrayBuffer(object: object): object is ArrayBuffer {
  return object instanceof ArrayBuffer || types.isArrayBuffer(object);
}

/** Whether a prototype is the built-in one of that class in another realm (a `vm` context). */
export function isForeign(prototype: unknown, name: string): boolean {
  if (typeof prototype !== "object" || prototype === null) return false;
  const above: unknown = Object.getPrototypeOf(prototype);
  if (name !== "Object" && (above === null || Object.getPrototypeOf(above) !== null)) return false;
  if (name === "Object" && above !== null) return false;
  const make: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof make === "function" && make.name === name && prototype !== Object.prototype;
}

function isWasmModule(object: object): boolean {
  return Object.prototype.toString.call(object) === "[object WebAssembly.Module]";
}

/** What Node passes by message port and this format does not know. */
export function travelsBeside(object: object): boolean {
  return (
    types.isSharedArrayBuffer(object) ||
    isWasmModule(object) ||
    object instanceof Blob ||
    types.isKeyObject(object) ||
    types.isCryptoKey(object) ||
    isTransferable(object)
  );
}

/** The number of a view's class; classes that extend one of them are refused. */
export function viewKind(view: ArrayBufferView): number {
  const prototype: object = Object.getPrototypeOf(view);
  for (let i = 0; i < f.VIEWS.length; i++) if (f.VIEWS[i]?.prototype === prototype) return i;
  // Of another realm?
  const { name } = (Object.getOwnPropertyDescriptor(prototype, "constructor")?.value ?? {}) as {
    name?: unknown;
  };
  const kind = f.VIEWS.findIndex((known) => known.name === name);
  if (kind < 1) throw refuse(view);
  return kind;
}

/** A view's length, in elements; that of a DataView is in bytes. */
export function elements(view: ArrayBufferView): number {
  return (view as { length?: number }).length ?? view.byteLength;
}
