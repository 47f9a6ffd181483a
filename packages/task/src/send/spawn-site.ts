/**
 * Where a sendable was spawned, for the stack of an error that comes back from another thread.
 *
 * Taking a stack trace costs as much as the spawn itself. So each function remembers the sites of its first spawns, and
 * of some more each time one of its calls has failed: programs see where a failing task came from, and a function that
 * is spawned a million times and never fails does not pay for it.
 */
import type { SendFunction } from "./send-function.ts";

/** How many spawns a function may remember at most before one of them fails. */
const SITES = 64;
/** How many more after a failure. */
const AFTER_FAILURE = 8;

/** A place in the program; its `stack` is made when it is looked at. */
export interface SpawnSite {
  readonly stack: string;
}

/** Where the call to `below` was made, or null when the function has remembered enough of them. */
export function spawnSite(
  source: SendFunction,
  below: (...args: never[]) => unknown,
): SpawnSite | null {
  if (source.sites === 0) return null;
  source.sites--;
  const site = { stack: "" };
  Error.captureStackTrace(site, below);
  return site;
}

/** One of its calls has failed: the next spawns are remembered again. @internal */
export function expectFailures(source: SendFunction): void {
  source.sites = Math.min(SITES, source.sites + AFTER_FAILURE);
}
