/** Runs the operations of a stream for code that knows promises and callbacks only. */
import { type Adopted, currentRuntime, type Future, type RuntimeContext } from "@treadle/core";

/** Under this name a stream tells the runtime it belongs to. */
export const RUNTIME: unique symbol = Symbol.for("treadle.net.runtime") as never;

/** What can tell the runtime it belongs to. */
export interface Hosted {
  readonly [RUNTIME]?: RuntimeContext | null;
}

/** The runtime that a stream belongs to, and what is run there. */
export class Host {
  private readonly runtime: RuntimeContext;

  /** @throws {@link RuntimeError} `ERR_NO_RUNTIME`, naming `what` was called, where neither the stream nor the caller has one. */
  constructor(what: string, stream: Hosted) {
    this.runtime = stream[RUNTIME] ?? currentRuntime(what);
  }

  /** Runs a future as a task. */
  run<T>(future: Future<T>): Adopted<T> {
    return this.runtime.adopt(future);
  }
}

/** Stops an operation that is under way; settled when its clean-up is done, whatever comes of it. */
export function stop(running: Adopted<unknown> | null): Promise<void> {
  if (running === null) return Promise.resolve();
  running.abort();
  return new Promise((resolve) => {
    const done = () => resolve();
    running.then(done, done);
  });
}

/** Closes what can be closed. */
export function closeStream(stream: object): void {
  const closable = stream as Partial<Disposable> & { close?(): unknown };
  if (typeof closable[Symbol.dispose] === "function") closable[Symbol.dispose]?.();
  else if (typeof closable.close === "function") closable.close();
}
