/** The connections of a listener as an async iterator. */
import { type Awaitable, RuntimeError } from "@treadle/core";
import { ERR_IO_CLOSED } from "@treadle/io";

/** The connections of a listener until it is closed. */
export function acceptedOf<T>(listener: {
  accept(): Awaitable<T>;
  readonly closed: boolean;
}): AsyncIterator<T, void, void> {
  return {
    async next(): Promise<IteratorResult<T, void>> {
      if (listener.closed) return { done: true, value: undefined };
      try {
        return { done: false, value: await listener.accept() };
      } catch (error) {
        if (!(error instanceof RuntimeError) || error.code !== ERR_IO_CLOSED) throw error;
        return { done: true, value: undefined };
      }
    },
    async return(): Promise<IteratorResult<T, void>> {
      return { done: true, value: undefined };
    },
  };
}
