/**
 * Who still uses a shared thing: the threads that have ends of it, and the ends that are under way.
 *
 * **Layout.** Word REFS of the thing. **Who writes.** Anybody, by addition; whoever makes it 0 frees the thing.
 */
import { ERR_INVALID_ARG, RuntimeError, type SharedHost, sharing } from "@treadle/core";
import { add } from "@treadle/core/shared";

/** One more uses the thing. */
export function retain(host: SharedHost, at: number): void {
  add(host.words, at, 1);
}

/** One less does; true if it was the last. */
export function release(host: SharedHost, at: number): boolean {
  return add(host.words, at, -1) === 1;
}

/**
 * The memory that the message being written lies in.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` outside of a runtime with threads, and when `had` is another one's.
 */
export function hostFor(what: string, had: SharedHost | null): SharedHost {
  const { host } = sharing;
  if (host !== null && (had === null || had === host)) return host;
  throw new RuntimeError(
    ERR_INVALID_ARG,
    host === null
      ? `${what} can be sent to threads of a multi-thread runtime only`
      : `${what} was sent to threads of another runtime before: it stays with the threads of one runtime`,
  );
}

/** The memory that the message being read lies in. */
export function hostHere(what: string): SharedHost {
  return hostFor(what, null);
}
