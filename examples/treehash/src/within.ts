/** A time limit that may be none. */
import { type Future, timeout } from "treadle";

/** `future`, given up with `Elapsed` after `limit` ms; without a limit `future` itself. */
export function within<T>(limit: number | undefined, future: Future<T>): Future<T> {
  return limit === undefined ? future : timeout(limit, future);
}
