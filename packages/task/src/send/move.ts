/** Giving something to another thread instead of copying it. */
import { types } from "node:util";
import * as threads from "node:worker_threads";
import { invalidArg } from "@treadle/core";

const KEY = Symbol.for("treadle.moved.v1");
const globals = globalThis as { [KEY]?: WeakSet<object> };
globals[KEY] ??= new WeakSet();
/** What was marked, for all copies of this package. */
const moved: WeakSet<object> = globals[KEY];

/**
 * Marks a value so that it is given to the other thread instead of being copied, and answers it.
 *
 * @remarks For ArrayBuffers, typed arrays (their whole buffer goes), MessagePorts, web streams and whatever else Node
 * transfers. It is gone here once the call is spawned on another thread; a call that runs on this thread passes it on
 * as it is. What is moved travels by message to a worker chosen at once, so it pays from some 100 KiB on.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` for what cannot be moved: a copy is then the way.
 * @example
 * ```ts
 * import { move } from "treadle";
 *
 * move(new Uint8Array(1024)).length; // => 1024
 * ```
 */
export function move<T extends object>(value: T): T {
  const target = transferableOf(value);
  if (target === null) {
    throw invalidArg(
      "the argument of move()",
      value,
      "must be an ArrayBuffer, a typed array, a MessagePort, a web stream or another transferable of Node's",
    );
  }
  if (isUntransferable(target)) {
    throw invalidArg(
      "the argument of move()",
      value,
      "must own its memory; this one lies in memory that others use too (a small Buffer in Node's pool?): " +
        "move(Uint8Array.from(it)), or do not move it",
    );
  }
  moved.add(target);
  return value;
}

/** Whether a value was marked by {@link move}. */
export function isMoved(value: object): boolean {
  return moved.has(value);
}

/** Whether a buffer was given away already. Node 20 has no `detached`, but lets nobody make a view of such a buffer. */
export function isDetached(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength > 0) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** The object that a transfer would name: a view's buffer, or the value itself. */
function transferableOf(value: unknown): object | null {
  if (ArrayBuffer.isView(value)) return types.isArrayBuffer(value.buffer) ? value.buffer : null;
  return isTransferable(value) ? (value as object) : null;
}

/** Node's transferables that have a class of their own, and those that carry its private mark (FileHandle). */
export function isTransferable(value: unknown): boolean {
  return (
    types.isArrayBuffer(value) ||
    value instanceof threads.MessagePort ||
    value instanceof ReadableStream ||
    value instanceof WritableStream ||
    value instanceof TransformStream ||
    (value as { constructor?: { name?: unknown } } | null)?.constructor?.name === "FileHandle"
  );
}

function isUntransferable(target: object): boolean {
  const ask = (threads as { isMarkedAsUntransferable?: (object: object) => boolean })
    .isMarkedAsUntransferable;
  if (ask?.(target) === true) return true;
  return target === Buffer.from("pool").buffer;
}
