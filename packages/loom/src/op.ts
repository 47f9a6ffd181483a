/** What a thread of a model can do, as small numbers, and how each reads in a trace. */

/** Operations and the events that are none. */
export const Op = {
  LOAD: 0,
  STORE: 1,
  EXCHANGE: 2,
  COMPARE_EXCHANGE: 3,
  ADD: 4,
  SUB: 5,
  AND: 6,
  OR: 7,
  XOR: 8,
  WAIT: 9,
  NOTIFY: 10,
  /** A plain access. */
  READ: 11,
  WRITE: 12,
  YIELD: 13,
  SPAWN: 14,
  JOIN: 15,
  ALLOCATE: 16,
  /** From here on: what happens to a thread without a call of its own; never in a thread's log. */
  FINISH: 17,
  BLOCK: 18,
  TIMEOUT: 19,
  HOLD: 20,
} as const;
/** One of {@link Op}. */
export type Op = (typeof Op)[keyof typeof Op];

/** The operations on one element through `Atomics`, without wait and notify. */
export type AtomicOp = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const NAMES = [
  "load",
  "store",
  "exchange",
  "compareExchange",
  "add",
  "sub",
  "and",
  "or",
  "xor",
  "wait",
  "notify",
  "plain read",
  "plain write",
  "yield",
  "spawn",
  "join",
  "allocate",
  "finish",
  "block",
  "timeout",
  "hold",
];

/** The operation's name in a trace. */
export function opName(op: Op): string {
  return NAMES[op]!;
}

/** Whether the operation is of a thread's own program, so that running the program again meets it again. */
export function isOwn(op: Op): boolean {
  return op < Op.FINISH;
}

/** Whether a schedule has an entry for it. */
export function isScheduled(op: Op): boolean {
  return op < Op.FINISH || op === Op.TIMEOUT;
}
