/**
 * Puts the model's shared memory in the place of the engine's while a model runs.
 *
 * The code under test is not changed and has no seam for this: it calls `Atomics.load` or makes a `new SharedArrayBuffer`, and
 * these globals are others meanwhile. Outside of a model they are the engine's own, so production code pays nothing.
 */
import { currentExecution } from "./current.ts";
import { ERR_MODEL_UNSUPPORTED } from "./error.ts";
import { blockOf, type View, viewOf } from "./memory.ts";
import {
  ELEMENT_KINDS,
  type ElementsConstructor,
  NativeDataView,
  NativeSharedArrayBuffer,
  nativeAtomics,
  type Value,
} from "./native.ts";
import { Op } from "./op.ts";

type Restore = () => void;

/** Replaces the globals; answers what puts them back. */
export function installGlobals(): Restore {
  const restores: Restore[] = [];
  const atomics: object = Reflect.get(globalThis, "Atomics");
  for (const [name, value] of Object.entries(modelAtomics))
    restores.push(put(atomics, name, value));
  restores.push(put(globalThis, "SharedArrayBuffer", ModelSharedArrayBuffer));
  restores.push(put(globalThis, "DataView", ModelDataView));
  for (const kind of ELEMENT_KINDS) {
    restores.push(put(globalThis, kind, modelKind(Reflect.get(globalThis, kind))));
  }
  return () => {
    for (const restore of restores) restore();
  };
}

function put(on: object, name: string, value: unknown): Restore {
  const before = Object.getOwnPropertyDescriptor(on, name);
  Object.defineProperty(on, name, { value, writable: true, configurable: true, enumerable: false });
  return () => {
    if (before === undefined) Reflect.deleteProperty(on, name);
    else Object.defineProperty(on, name, before);
  };
}

/** One operation through `Atomics`: the model's if the array is, else the engine's. */
function atomic(
  op: Op,
  array: object,
  index: number,
  a: Value,
  b: Value,
  native: () => Value,
): Value {
  const view = viewOf(array);
  const execution = currentExecution();
  if (execution === null) return native();
  if (view === undefined) {
    refuseForeign(array);
    return native();
  }
  checkIndex(view, index);
  return execution.perform(op, view, index, a, b) as Value;
}

function checkIndex(view: View, index: number): void {
  if (Number.isInteger(index) && index >= 0 && index < view.elements.length) return;
  throw new RangeError("Invalid atomic access index");
}

function refuseForeign(array: object): void {
  const { buffer } = array as { readonly buffer?: unknown };
  if (!(buffer instanceof NativeSharedArrayBuffer)) return;
  throw unsupported("shared memory that was allocated outside of the model's closure");
}

function unsupported(what: string): object {
  return currentExecution()!.fail(
    ERR_MODEL_UNSUPPORTED,
    `${what} cannot be modelled, for executions could not be undone`,
  );
}

/** What a value that is stored comes to: `Atomics` converts its arguments first. */
function toValue(array: object, value: Value): Value {
  return typeof value === "bigint" || viewOf(array) === undefined ? value : Math.trunc(value) || 0;
}

const modelAtomics = {
  load: (array: object, index: number): Value =>
    atomic(Op.LOAD, array, index, 0, 0, () => nativeAtomics.load(array, index)),
  store: (array: object, index: number, value: Value): Value =>
    atomic(Op.STORE, array, index, toValue(array, value), 0, () =>
      nativeAtomics.store(array, index, value),
    ),
  exchange: (array: object, index: number, value: Value): Value =>
    atomic(Op.EXCHANGE, array, index, toValue(array, value), 0, () =>
      nativeAtomics.exchange(array, index, value),
    ),
  compareExchange: (array: object, index: number, expected: Value, value: Value): Value =>
    atomic(Op.COMPARE_EXCHANGE, array, index, toValue(array, expected), toValue(array, value), () =>
      nativeAtomics.compareExchange(array, index, expected, value),
    ),
  add: (array: object, index: number, value: Value): Value =>
    atomic(Op.ADD, array, index, toValue(array, value), 0, () =>
      nativeAtomics.add(array, index, value),
    ),
  sub: (array: object, index: number, value: Value): Value =>
    atomic(Op.SUB, array, index, toValue(array, value), 0, () =>
      nativeAtomics.sub(array, index, value),
    ),
  and: (array: object, index: number, value: Value): Value =>
    atomic(Op.AND, array, index, toValue(array, value), 0, () =>
      nativeAtomics.and(array, index, value),
    ),
  or: (array: object, index: number, value: Value): Value =>
    atomic(Op.OR, array, index, toValue(array, value), 0, () =>
      nativeAtomics.or(array, index, value),
    ),
  xor: (array: object, index: number, value: Value): Value =>
    atomic(Op.XOR, array, index, toValue(array, value), 0, () =>
      nativeAtomics.xor(array, index, value),
    ),
  wait,
  notify,
  waitAsync,
  pause,
};

function wait(array: object, index: number, expected: Value, timeout: number = Infinity): string {
  const execution = currentExecution();
  const view = viewOf(array);
  if (execution === null || view === undefined) {
    if (execution !== null) refuseForeign(array);
    return nativeAtomics.wait(array, index, expected, timeout);
  }
  checkIndex(view, index);
  const limit = Number.isNaN(timeout) ? Infinity : timeout;
  return execution.perform(Op.WAIT, view, index, toValue(array, expected), limit) as string;
}

function notify(array: object, index: number, count: number = Infinity): number {
  const execution = currentExecution();
  const view = viewOf(array);
  if (execution === null || view === undefined) {
    if (execution !== null) refuseForeign(array);
    return nativeAtomics.notify(array, index, count);
  }
  checkIndex(view, index);
  return execution.perform(Op.NOTIFY, view, index, Math.max(count, 0), 0) as number;
}

function waitAsync(): never {
  throw unsupported("Atomics.waitAsync");
}

/** A hint of newer engines that the thread spins. */
function pause(): void {
  currentExecution()?.perform(Op.YIELD, null, 0, 0, 0);
}

/** Allocates from the model while a program of it runs. */
const ModelSharedArrayBuffer: SharedArrayBufferConstructor = new Proxy(NativeSharedArrayBuffer, {
  construct(target, args: [number, object?], newTarget): object {
    const execution = currentExecution();
    if (execution === null) return Reflect.construct(target, args, newTarget) as object;
    if (args[1] !== undefined) throw unsupported("a growable SharedArrayBuffer");
    return execution.allocate(Number(args[0] ?? 0));
  },
});

const ModelDataView: DataViewConstructor = new Proxy(NativeDataView, {
  construct(target, args: [ArrayBuffer], newTarget): object {
    if (currentExecution() !== null && blockOf(args[0]) !== undefined) {
      throw unsupported("a DataView of shared memory");
    }
    return Reflect.construct(target, args, newTarget) as object;
  },
});

/** A kind of typed array that is checked where it is on a model's memory. */
function modelKind(kind: ElementsConstructor): ElementsConstructor {
  return new Proxy(kind, {
    construct(target, args: unknown[], newTarget): object {
      const [buffer, offset, length] = args;
      const block = typeof buffer === "object" && buffer !== null ? blockOf(buffer) : undefined;
      const execution = currentExecution();
      if (block === undefined || execution === null) {
        return Reflect.construct(target, args, newTarget) as object;
      }
      return execution.view(block, kind, Number(offset ?? 0), length as number | undefined);
    },
  });
}
