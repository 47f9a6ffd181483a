/** What each operation of `Atomics`, and a plain access, does to its element. */
import type { Event } from "./event.ts";
import { nativeAtomics, type Value } from "./native.ts";
import { Op } from "./op.ts";

/** Carries an operation out on the element. */
export function access(event: Event): Value {
  const { op, view, index, a, b } = event;
  const { elements } = view!;
  if (op === Op.READ) return elements[index]!;
  if (op === Op.WRITE) {
    elements[index] = a;
    return elements[index]!;
  }
  if (op === Op.LOAD) return nativeAtomics.load(elements, index);
  if (op === Op.STORE) return nativeAtomics.store(elements, index, a);
  if (op === Op.EXCHANGE) return nativeAtomics.exchange(elements, index, a);
  if (op === Op.COMPARE_EXCHANGE) return nativeAtomics.compareExchange(elements, index, a, b);
  if (op === Op.ADD) return nativeAtomics.add(elements, index, a);
  if (op === Op.SUB) return nativeAtomics.sub(elements, index, a);
  if (op === Op.AND) return nativeAtomics.and(elements, index, a);
  if (op === Op.OR) return nativeAtomics.or(elements, index, a);
  return nativeAtomics.xor(elements, index, a);
}

/** Whether an operation that has been carried out wrote to its element, be it the same value. */
export function writes(event: Event): boolean {
  const { op, view, a, before } = event;
  if (op === Op.LOAD || op === Op.READ) return false;
  if (op !== Op.COMPARE_EXCHANGE) return true;
  view!.scratch[0] = a;
  return view!.scratch[0] === before;
}
