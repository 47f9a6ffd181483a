/** Typed arrays of a model: every plain access to an element is an operation of the running thread. */
import { currentExecution } from "./current.ts";
import { type Block, registerView, type View, viewOf } from "./memory.ts";
import type { ElementsConstructor, Value } from "./native.ts";
import { Op } from "./op.ts";

/** The array that the program gets for a block: the same object for the same elements. */
export function checkedArray(
  block: Block,
  kind: ElementsConstructor,
  offset: number,
  length: number | undefined,
): object {
  const view = block.view(kind, offset, length);
  if (view.proxy === view) registerView(view, new Proxy(view.elements, new CheckedView(view)));
  return view.proxy;
}

/** Stands between a program and its elements. */
class CheckedView implements ProxyHandler<object> {
  private readonly view: View;
  private readonly methods: Map<string | symbol, unknown>;

  constructor(view: View) {
    this.view = view;
    this.methods = new Map();
  }

  get(target: object, key: string | symbol): unknown {
    const index = indexOf(key);
    if (index >= 0) return this.read(index);
    const value: unknown = Reflect.get(target, key, target);
    return typeof value === "function" && key !== "constructor" ? this.method(key, value) : value;
  }

  set(_target: object, key: string | symbol, value: unknown): boolean {
    const index = indexOf(key);
    if (index < 0) return false;
    this.write(index, value as Value);
    return true;
  }

  private read(index: number): unknown {
    const { view } = this;
    if (index >= view.elements.length) return undefined;
    const execution = currentExecution();
    return execution === null
      ? view.elements[index]
      : execution.perform(Op.READ, view, index, 0, 0);
  }

  private write(index: number, value: Value): void {
    const { view } = this;
    if (index >= view.elements.length) return;
    const execution = currentExecution();
    if (execution === null) view.elements[index] = value;
    else execution.perform(Op.WRITE, view, index, value, 0);
  }

  /** A method that touches the elements one by one; arrays' own methods do that on anything with a length. */
  private method(key: string | symbol, native: object): unknown {
    let method = this.methods.get(key);
    if (method === undefined) {
      method = this.ownMethod(key) ?? Reflect.get(Array.prototype, key) ?? native;
      this.methods.set(key, method);
    }
    return method;
  }

  private ownMethod(key: string | symbol): unknown {
    const { view } = this;
    if (key === "subarray")
      return (from = 0, to = view.elements.length) => subarray(view, from, to);
    if (key === "set") return (source: ArrayLike<Value>, at = 0) => copyInto(view, source, at);
    return undefined;
  }
}

/** The element's index that a property key names, -1 for any other key. */
function indexOf(key: string | symbol): number {
  if (typeof key === "symbol") return -1;
  const first = key.charCodeAt(0);
  return first >= 48 && first <= 57 ? Number(key) : -1;
}

function subarray(view: View, from: number, to: number): object {
  const start = clamp(from, view.elements.length);
  const end = Math.max(clamp(to, view.elements.length), start);
  return checkedArray(view.block, view.kind, view.byte(start), end - start);
}

function clamp(index: number, length: number): number {
  return index < 0 ? Math.max(length + index, 0) : Math.min(index, length);
}

function copyInto(view: View, source: ArrayLike<Value>, at: number): void {
  if (at < 0 || at + source.length > view.elements.length) {
    throw new RangeError("offset is out of bounds");
  }
  const values = viewOf(source) === undefined ? source : Array.from(source);
  const to = view.proxy as Record<number, Value>;
  for (let i = 0; i < values.length; i += 1) to[at + i] = values[i]!;
}
