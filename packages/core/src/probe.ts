/**
 * Looks how a suspended generator is nested, without running any of its code.
 *
 * A generator that is suspended in `yield*` passes `next()` straight to its delegate. So while `cx.probing` is set and
 * `cx.waker` is null, a `next()` travels down to the leaf (or the `Call`) at the bottom, which answers `PROBE` and
 * keeps nothing; on the way up each level of delegation reads `PROBE.done` once. The number of reads is the number of
 * generators between the asker and the bottom; a stack trace taken at the bottom tells where each of them stands.
 *
 * A future at the bottom that knows nothing of this is polled once more by it: {@link currentWaker} gives it the waker of
 * the drop, and what its awaiter throws, should that run on, goes to the drop's sink.
 */
import { cx } from "./context.ts";
import { pushDropError } from "./drop.ts";
import { ERR_OUTSIDE_POLL, RuntimeError } from "./errors.ts";
import { Pending, type Poll } from "./poll.ts";

const KEY = Symbol.for("treadle.probe.v1");
const globals = globalThis as { [KEY]?: IteratorYieldResult<Pending> };

/** One for all copies of this package, as the context that it counts in. */
globals[KEY] ??= {
  get done(): false {
    cx.reads++;
    return false;
  },
  value: Pending,
};
const PROBE: IteratorYieldResult<Pending> = globals[KEY];

/**
 * What a future's `next()` does when nothing is being polled: answers a probe, else throws.
 *
 * @param next - the `next` method that was called, where a stack trace begins.
 * @throws {@link RuntimeError} `ERR_OUTSIDE_POLL`.
 */
export function outsidePoll<T>(future: object, next: (...args: never[]) => unknown): Poll<T> {
  if (cx.probing) {
    cx.trace?.(next);
    return PROBE;
  }
  throw new RuntimeError(
    ERR_OUTSIDE_POLL,
    `next() of ${future.constructor.name} was called outside a poll: ` +
      "use `yield*` in a task function, `await` in an async function, or give it to spawn() or run()",
  );
}

/** Counts how many generators are natively nested in `g`; -1 when the bottom is not one of this project's futures. */
export function probeDepth(g: Iterator<unknown, unknown, void>): number {
  const waker = cx.waker;
  const reads = cx.reads;
  cx.waker = null;
  cx.probed = waker;
  cx.probing = true;
  cx.reads = 0;
  try {
    const result = g.next();
    return (result as unknown) === PROBE ? cx.reads : -1;
  } catch (error) {
    pushDropError(error);
    return -1;
  } finally {
    cx.waker = waker;
    cx.probed = null;
    cx.probing = false;
    cx.reads = reads;
  }
}

/** Where the outermost of `depth` natively nested generators stands: equal texts mean the same `yield*`. */
export function probePosition(g: Iterator<unknown, unknown, void>, depth: number): string {
  let position = "";
  cx.trace = (bottom) => {
    position = outermostFrame(bottom, depth);
  };
  try {
    probeDepth(g);
  } finally {
    cx.trace = null;
  }
  return position;
}

/** The place of the `depth`-th user frame above `bottom`; "" when V8 gives no structured trace. */
function outermostFrame(bottom: (...args: never[]) => unknown, depth: number): string {
  const { prepareStackTrace, stackTraceLimit } = Error;
  let found = "";
  try {
    // Built-in frames (`next`, with no line) stand between two generators.
    Error.stackTraceLimit = 2 * depth + 8;
    Error.prepareStackTrace = (_error, sites) => {
      const user = sites.filter((site) => site.getLineNumber() !== null);
      const site = user[depth - 1];
      found = site ? `${site.getFileName()}:${site.getLineNumber()}:${site.getColumnNumber()}` : "";
      return "";
    };
    const holder: { stack?: string } = {};
    Error.captureStackTrace(holder, bottom);
    void holder.stack;
  } catch {
    found = "";
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
  return found;
}
