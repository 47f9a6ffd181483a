/** The engine's own globals, taken before any model runs and replaces them. */

/** What an element of a typed array can be. */
export type Value = number | bigint;

/** A typed array seen as a plain list of elements, whatever their type. */
export interface Elements {
  [index: number]: Value;
  readonly length: number;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly buffer: ArrayBufferLike;
}

/** A constructor of typed arrays. */
export interface ElementsConstructor {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): Elements;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): Elements;
}

/** `Atomics` with one signature for all element types. */
export interface AnyAtomics {
  load(elements: object, index: number): Value;
  store(elements: object, index: number, value: Value): Value;
  exchange(elements: object, index: number, value: Value): Value;
  compareExchange(elements: object, index: number, expected: Value, value: Value): Value;
  add(elements: object, index: number, value: Value): Value;
  sub(elements: object, index: number, value: Value): Value;
  and(elements: object, index: number, value: Value): Value;
  or(elements: object, index: number, value: Value): Value;
  xor(elements: object, index: number, value: Value): Value;
  wait(elements: object, index: number, expected: Value, timeout?: number): string;
  notify(elements: object, index: number, count?: number): number;
}

/** The functions of `Atomics` as the engine has them. */
export const nativeAtomics: AnyAtomics = { ...read("Atomics") } as unknown as AnyAtomics;
/** The engine's `SharedArrayBuffer`. */
export const NativeSharedArrayBuffer: SharedArrayBufferConstructor = SharedArrayBuffer;
/** The engine's `DataView`. */
export const NativeDataView: DataViewConstructor = DataView;

/** All kinds of typed array, by name. */
export const ELEMENT_KINDS: readonly string[] = [
  "Int32Array",
  "Uint32Array",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
];

/** The functions of `Atomics`, which are not enumerable, as a plain record. */
function read(name: "Atomics"): Record<string, unknown> {
  const from: object = Reflect.get(globalThis, name);
  const found: Record<string, unknown> = {};
  for (const key of Object.getOwnPropertyNames(from)) found[key] = Reflect.get(from, key);
  return found;
}
