/**
 * What nothing can wake any more ends when the event loop runs dry, instead of never settling: a hosted root fails with an
 * error, a shutdown gives up the clean-up that it waits for.
 */
import { deadlock } from "./error.ts";
import type { Root } from "./root.ts";

/** A scheduler that shuts down. */
interface Closing {
  /** Nothing can wake its clean-up any more. */
  giveUpShutdown(): void;
}

const waiting = new Set<Root<unknown>>();
const closing = new Set<Closing>();
let hooked = false;

function onBeforeExit(): void {
  for (const root of waiting) {
    const why = deadlock("run", root.name, 0);
    // A root whose drop has not ended at the second call hangs in its clean-up.
    if (root.isDropping()) root.forsake(why);
    else root.drop(why);
  }
  for (const shutdown of closing) shutdown.giveUpShutdown();
}

function hook(): void {
  if (hooked) return;
  hooked = true;
  process.on("beforeExit", onBeforeExit);
}

/** Begins to watch a root of `run`. */
export function watchForDeadlock(root: Root<unknown>): void {
  waiting.add(root);
  hook();
}

/** Stops watching a root. */
export function unwatchForDeadlock(root: Root<unknown>): void {
  waiting.delete(root);
}

/** Begins to watch a shutdown that waits for clean-up. */
export function watchShutdown(shutdown: Closing): void {
  closing.add(shutdown);
  hook();
}

/** Stops watching a shutdown. */
export function unwatchShutdown(shutdown: Closing): void {
  closing.delete(shutdown);
}
