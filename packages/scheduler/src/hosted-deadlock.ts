/** A hosted root that nothing can wake any more fails with an error when the event loop runs dry, instead of never settling. */
import { deadlock } from "./error.ts";
import type { Root } from "./root.ts";

const waiting = new Set<Root<unknown>>();
let hooked = false;

function onBeforeExit(): void {
  for (const root of waiting) {
    const why = deadlock("run", root.name, 0);
    // A root whose drop has not ended at the second call hangs in its clean-up.
    if (root.isDropping()) root.forsake(why);
    else root.drop(why);
  }
}

/** Begins to watch a root of `run`. */
export function watchForDeadlock(root: Root<unknown>): void {
  waiting.add(root);
  if (hooked) return;
  hooked = true;
  process.on("beforeExit", onBeforeExit);
}

/** Stops watching a root. */
export function unwatchForDeadlock(root: Root<unknown>): void {
  waiting.delete(root);
}
