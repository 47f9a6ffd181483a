/**
 * Task ids that no two threads of the process give twice.
 *
 * **Layout.** One word: how many blocks of ids were taken. Block `n` holds the ids from `n * BLOCK` to `(n + 1) * BLOCK - 1`.
 * **Who writes.** Any thread whose block is used up, by one `add`; ids inside a block are the thread's own.
 * **Invariants.** 1. The thread that made the counter began it beyond all ids that it had given. 2. The counter is made once per
 * process, by the first thread that needs others, and handed to every thread that a runtime starts.
 */
import { cx } from "@treadle/core";
import { add } from "@treadle/core/shared";

const BLOCK = 1024;
const KEY = Symbol.for("treadle.task-ids.v1");
type Global = { [KEY]?: Int32Array };

/** The counter that this thread takes its ids from, made now if there is none; to be handed to other threads. */
export function sharedTaskIds(): Int32Array {
  const globals = globalThis as Global;
  if (globals[KEY] === undefined) {
    const words = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    words[0] = Math.ceil(cx.nextTaskId / BLOCK);
    // What is left of the block that this thread is in stays its own.
    install(words, (words[0] as number) * BLOCK);
  }
  return globals[KEY] as Int32Array;
}

/** Makes this thread, which has given no ids yet, take them from the counter of the process. */
export function attachTaskIds(words: Int32Array): void {
  install(words, cx.nextTaskId);
}

function install(words: Int32Array, end: number): void {
  (globalThis as Global)[KEY] = words;
  cx.taskIdsEnd = end;
  cx.moreTaskIds = () => {
    cx.nextTaskId = add(words, 0, 1) * BLOCK;
    cx.taskIdsEnd = cx.nextTaskId + BLOCK;
  };
}
