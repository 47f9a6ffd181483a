/** What there is to say of an execution in which no thread can go on. */
import { ERR_MODEL_DEADLOCK, ERR_MODEL_LOST_WAKEUP, type Failure } from "./error.ts";
import type { Event } from "./event.ts";
import { type ModelThread, Status } from "./model-thread.ts";
import { Op } from "./op.ts";

/** What is wrong with an execution in which no thread can go on; null when all have finished. */
export function standstill(
  threads: readonly ModelThread[],
  trace: readonly Event[],
): Failure | null {
  if (threads.every((thread) => thread.status === Status.FINISHED)) return null;
  const who = describeWaits(threads);
  return hasLostWakeup(threads, trace)
    ? { code: ERR_MODEL_LOST_WAKEUP, message: `a wake-up was lost: ${who}` }
    : { code: ERR_MODEL_DEADLOCK, message: `deadlock: ${who}` };
}

/** Who waits for what. */
function describeWaits(threads: readonly ModelThread[]): string {
  const lines: string[] = [];
  for (const thread of threads) {
    if (thread.status === Status.JOINING) {
      lines.push(`${thread.name} waits for the end of ${thread.joining!.name}`);
    } else if (thread.status === Status.WAITING) lines.push(describeWait(thread));
  }
  return lines.join("; ");
}

/** Whether a thread sleeps although the word it sleeps on has changed, or was notified too early. */
function hasLostWakeup(threads: readonly ModelThread[], trace: readonly Event[]): boolean {
  return threads.some((thread) => {
    if (thread.status !== Status.WAITING) return false;
    const { view, index, before } = thread.waiting!;
    if (view!.elements[index] !== before) return true;
    return trace.some(
      (event) =>
        event.op === Op.NOTIFY &&
        event.result === 0 &&
        event.view!.block === view!.block &&
        event.view!.byte(event.index) === view!.byte(index),
    );
  });
}

function describeWait(thread: ModelThread): string {
  const { view, index, before } = thread.waiting!;
  const now = view!.elements[index];
  const since = now === before ? "" : `, which has become ${now} since`;
  return `${thread.name} sleeps on ${view!.describe(index)} while ${before}${since}`;
}
