/** How an operation says that it would have to wait. */

/** The type of {@link WOULD_BLOCK}. */
export interface WouldBlock {
  readonly wouldBlock: unique symbol;
}

const KEY = Symbol.for("treadle.io.wouldBlock.v1");
const globals = globalThis as { [KEY]?: WouldBlock };
globals[KEY] ??= Symbol("treadle.WOULD_BLOCK") as unknown as WouldBlock;

/**
 * What an operation returns when it would have to wait, and what `tryIo` then answers.
 *
 * @remarks An operation may also throw an error with the code "EAGAIN", as those of `node:fs` do; that costs a few
 * microseconds more each time.
 */
export const WOULD_BLOCK: WouldBlock = globals[KEY];

/** Runs an operation; an error that says "try again" becomes {@link WOULD_BLOCK}. */
export function attempt<T>(operation: () => T | WouldBlock): T | WouldBlock {
  try {
    return operation();
  } catch (error) {
    if (isWouldBlock(error)) return WOULD_BLOCK;
    throw error;
  }
}

/** Whether an error says "try again". */
export function isWouldBlock(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "EAGAIN" || code === "EWOULDBLOCK";
}
